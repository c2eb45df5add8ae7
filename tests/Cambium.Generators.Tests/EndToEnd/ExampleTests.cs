using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>The architecture of the example: one KV head, a distance penalty, capped logits.</summary>
public sealed class ExampleTests
{
    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "LarchForCausalLM" },
        ["vocab_size"] = 61,
        ["width"] = 28,
        ["depth"] = 3,
        ["heads"] = 5,
        ["head_size"] = 6,
        ["mlp_width"] = 45,
        ["logit_cap"] = 7.5,
        ["max_position_embeddings"] = 256,
    };

    [Fact]
    public void Larch_gives_the_interpreters_result()
    {
        using var larch = BuiltModel.Build([File.ReadAllText(Path.Combine(Repository.Root, "examples", "YourModel", "Larch.cs"))], Config);
        int[][] sequences = [[.. Enumerable.Range(0, 83).Select(static i => (i * 31 + 7) % 61)], [5], [7, 38, 8, 39, 60]];

        // An error of zero would mean that nothing was compared: single precision is not exact.
        Assert.InRange(
            larch.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, MaxRowsPerStep = 19, PoolTokens = 2048 }, sequences),
            1e-9,
            1);
    }
}
