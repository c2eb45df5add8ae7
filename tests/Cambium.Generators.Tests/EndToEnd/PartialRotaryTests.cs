using System.Reflection;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Rotation of the first part of each head.</summary>
public sealed class PartialRotaryTests
{
    // Truncated, not rounded: half of 9 is 4, half of 13 is 6.
    [Theory]
    [InlineData(9, "partial_rotary_factor", 0.5, "HeadDim", false)]
    [InlineData(9, "partial_rotary_factor", 0.5, "HeadDim", true)]
    [InlineData(13, "rotary_pct", 0.5, "HeadDim", false)]
    [InlineData(40, "rotary_pct", 0.25, "HeadDim", true)]
    [InlineData(38, "partial_rotary_factor", 0.9, "HeadDim", false)]
    [InlineData(21, "rotary_pct", 1.0, "HeadDim - 3", false)]
    [InlineData(21, "rotary_pct", 0.5, "HeadDim - 1", true)]
    public void Elements_after_the_rotated_part_are_unchanged(int headDim, string field, double part, string size, bool interleaved)
    {
        using var model = BuiltModel.Build([Source(size, interleaved)], Config(headDim, field, part));
        IReadOnlyList<int[]> sequences = [[.. Enumerable.Range(0, 41).Select(static i => (i * 29) % 53)], [7], [5, 4, 3]];
        var options = new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 13, MaxSequences = 8 };

        Assert.InRange(model.LargestError(options, sequences), 1e-9, 1);
    }

    [Fact]
    public void A_rotated_part_larger_than_the_head_is_refused_at_load()
    {
        var error = Assert.Throws<TargetInvocationException>(
            static () => BuiltModel.Build([Source("HeadDim + 2", false)], Config(6, "rotary_pct", 1.0)));

        Assert.Contains(
            "rotates 8 numbers of each head, expected at most 6",
            Assert.IsType<CheckpointException>(error.InnerException).Message,
            StringComparison.Ordinal);
    }

    private static Dictionary<string, object> Config(int headDim, string field, double part) => new()
    {
        ["architectures"] = new[] { "TurnForCausalLM" },
        ["hidden_size"] = 19,
        ["vocab_size"] = 53,
        ["head_dim"] = headDim,
        ["max_position_embeddings"] = 256,
        [field] = part,
    };

    private static string Source(string size, bool interleaved) => $$"""
        namespace Sample;

        [Model("TurnForCausalLM")]
        public partial class Turn
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("head_dim")] public partial int HeadDim { get; }
            [Option(Default = "{{size}}")] public partial Rotary Rope { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("q", "2 * HeadDim, Hidden")] public partial Tensor Q { get; }
            [Weight("q_bias", "2 * HeadDim")] public partial Tensor QBias { get; }
            [Weight("k", "HeadDim, Hidden")] public partial Tensor K { get; }
            [Weight("v", "HeadDim, Hidden")] public partial Tensor V { get; }
            [Weight("o", "Hidden, 2 * HeadDim")] public partial Tensor O { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                var q = Rotate(Reshape(Linear(x, Q, QBias), 2, HeadDim), Rope{{(interleaved ? ", interleaved: true" : "")}});
                var k = Rotate(Reshape(Linear(x, K), 1, HeadDim), Rope{{(interleaved ? ", interleaved: true" : "")}});
                var v = Reshape(Linear(x, V), 1, HeadDim);
                return Linear(x + Linear(Reshape(Attend(q, k, v), 2 * HeadDim), O), Embedding);
            }
        }
        """;
}
