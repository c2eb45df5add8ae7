using Cambium.Runtime;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Observers see the residual stream after the last block, before the final norm.</summary>
public sealed class TapTests
{
    [Theory]
    [InlineData("foreach (var layer in Layers) x = layer.Forward(x);")]
    [InlineData("if (Deep) { foreach (var layer in Layers) x = layer.Forward(x); }")]
    public void An_observer_sees_the_state_after_the_last_block(string stack)
    {
        using var model = BuiltModel.Build([Source(stack)], new()
        {
            ["architectures"] = new[] { "TappedForCausalLM" }, ["hidden_size"] = 24, ["num_layers"] = 3, ["vocab_size"] = 37, ["deep"] = true,
        });
        var options = new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 7 };

        Assert.InRange(model.LargestErrorOfResidual(options, [.. Enumerable.Range(0, 20).Select(static i => (i * 29) % 37)]), 1e-9, 1);
        Assert.InRange(model.LargestError(options, [[3, 1, 4, 1, 5]]), 1e-9, 1);
    }

    private static string Source(string stack) => $$"""
        using Cambium;

        [Block]
        public partial class Layer
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Weight("o", "Hidden, Hidden")] public partial Tensor O { get; }
            [Weight("gain", "Hidden")] public partial Tensor Gain { get; }

            public Tensor Forward(Tensor x)
            {
                var h = Reshape(RmsNorm(x, Gain, 1e-5f), 4, Hidden / 4);
                return x + Linear(Reshape(Attend(h, h, h), Hidden), O);
            }
        }

        [Model("TappedForCausalLM")]
        public partial class Tapped
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Option("deep")] public partial bool Deep { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("norm", "Hidden")] public partial Tensor Norm { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                {{stack}}
                return Linear(RmsNorm(x, Norm, 1e-5f), Embedding);
            }
        }
        """;
}
