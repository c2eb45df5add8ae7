using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>
/// A product that is rotated more than once, or also used unrotated: in-place rotation must not overwrite a value that is still read.
/// </summary>
public sealed class SeveralRotationsTests
{
    [Theory]
    [InlineData("Attend(Local ? Rotate(q, Near) : Rotate(q, Far), Local ? Rotate(k, Near) : Rotate(k, Far), v)")]
    [InlineData("Attend(Rotate(q, Near) + Rotate(q, Far), Rotate(k, Far) - Rotate(k, Near, interleaved: true), v)")]
    [InlineData("Attend(Rotate(Rotate(q, Near), Far), Rotate(Rotate(k, Far), Far), v)")]
    [InlineData("Attend(Rotate(q, Near) * q, Rotate(k, Far) * k, v)")]
    [InlineData("Attend(q, Rotate(v, Near), v)")]
    [InlineData("Attend(q, v, Rotate(v, Near))")]
    [InlineData("Attend(Rotate(RmsNorm(q, 1e-5f), Near) + Rotate(q, Far), Rotate(v, Far), Rotate(v, Near))")]
    public void Each_rotation_gets_the_result_of_the_product(string attention)
    {
        using var model = BuiltModel.Build([Source(attention)], Config);
        IReadOnlyList<int[]> sequences = [[.. Enumerable.Range(0, 41).Select(static i => (i * 29) % 53)], [7], [5, 4, 3]];

        Assert.InRange(
            model.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 13, MaxSequences = 8 },
                sequences), 1e-9, 1);
    }

    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "TurnsForCausalLM" },
        ["hidden_size"] = 19,
        ["vocab_size"] = 53,
        ["head_dim"] = 10,
        ["near_base"] = 100.0,
        ["far_base"] = 10000.0,
        ["local"] = true,
        ["max_position_embeddings"] = 256,
    };

    private static string Source(string attention) => $$"""
        namespace Sample;

        [Model("TurnsForCausalLM")]
        public partial class Turns
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("head_dim")] public partial int HeadDim { get; }
            [Option("local")] public partial bool Local { get; }
            [Option("near_base", Default = nameof(HeadDim))] public partial Rotary Near { get; }
            [Option("far_base", Default = nameof(HeadDim))] public partial Rotary Far { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("q", "2 * HeadDim, Hidden")] public partial Tensor Q { get; }
            [Weight("k", "HeadDim, Hidden")] public partial Tensor K { get; }
            [Weight("v", "HeadDim, Hidden")] public partial Tensor V { get; }
            [Weight("o", "Hidden, 2 * HeadDim")] public partial Tensor O { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                var q = Reshape(Linear(x, Q), 2, HeadDim);
                var k = Reshape(Linear(x, K), 1, HeadDim);
                var v = Reshape(Linear(x, V), 1, HeadDim);
                return Linear(x + Linear(Reshape({{attention}}, 2 * HeadDim), O), Embedding);
            }
        }
        """;
}
