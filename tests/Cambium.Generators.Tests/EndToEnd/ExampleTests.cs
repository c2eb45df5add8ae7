using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>The example's architecture computes what its text says: one key head, a distance penalty, capped logits.</summary>
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
    public void Larch_computes_what_the_interpreter_computes()
    {
        using var larch = BuiltModel.Build([File.ReadAllText(Path.Combine(Repository.Root, "examples", "YourModel", "Larch.cs"))], Config);
        int[][] sequences = [[.. Enumerable.Range(0, 83).Select(static i => (i * 31 + 7) % 61)], [5], [7, 38, 8, 39, 60]];

        // Never zero: single precision would have to be exact, or nothing was compared.
        Assert.InRange(larch.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, MaxRowsPerStep = 19, PoolTokens = 2048 }, sequences), 1e-9, 1);
    }
}
