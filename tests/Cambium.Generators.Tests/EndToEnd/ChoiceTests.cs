using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Branches with products, attention or loops: only the selected branch is computed.</summary>
public sealed class ChoiceTests
{
    private static readonly int[] Long = [.. Enumerable.Range(0, 45).Select(static i => (i * 29) % 37)];

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Both_branches_give_the_interpreters_result(bool wide, bool parallel)
    {
        using var model = BuiltModel.Build([Source], Config(wide, parallel));
        Assert.InRange(
            model.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 17 },
                [Long, [3], [.. Long.Take(20), 5]]), 1e-9, 1);
    }

    [Fact]
    public void A_product_runs_only_in_the_selected_branch()
    {
        var program = Generation.Run([Source]).File("Program.g.cs");
        Assert.Contains("if ((layer % 2) == 0)", program, StringComparison.Ordinal);
        Assert.Contains("if (s.Parallel)", program, StringComparison.Ordinal);
        Assert.DoesNotContain("Functions.Choose", program, StringComparison.Ordinal);
    }

    private static Dictionary<string, object> Config(bool wide, bool parallel) => new()
    {
        ["hidden_size"] = 14,
        ["num_layers"] = 3,
        ["vocab_size"] = 37,
        ["wide"] = wide,
        ["parallel"] = parallel,
        ["max_position_embeddings"] = 256,
    };

    private const string Source = """
        namespace Sample;

        [Block]
        public partial class Layer
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Option("parallel")] public partial bool Parallel { get; }
            [StackIndex] public partial int Place { get; }
            [Weight("q", "6 * 5, Hidden")] public partial Tensor Q { get; }
            [Weight("k", "2 * 5, Hidden")] public partial Tensor K { get; }
            [Weight("v", "2 * 7, Hidden")] public partial Tensor V { get; }
            [Weight("o", "Hidden, 6 * 7")] public partial Tensor O { get; }
            [Weight("up", "Hidden, Hidden")] public partial Tensor Up { get; }
            [Weight("side", "Hidden, Hidden")] public partial Tensor Side { get; }

            public Tensor Forward(Tensor x)
            {
                if (Parallel)
                {
                    var h = RmsNorm(x, 1e-5f);
                    x = x + Attention(h) + Silu(Linear(h, Up));
                }
                else
                {
                    x = x + Attention(RmsNorm(x, 1e-5f));
                    x = x + Silu(Linear(RmsNorm(x, 1e-5f), Up));
                }

                return x;
            }

            private Tensor Attention(Tensor h)
            {
                // One condition assigns two locals, one of them an earlier value.
                var (mixed, gate) = (h, h);
                if (Place % 2 == 0)
                {
                    mixed = Linear(Linear(h, Side), Side);
                    gate = Tanh(mixed * 2f);
                }

                var q = Reshape(Linear(mixed, Q), 6, 5);
                return Linear(Reshape(Attend(q * 2f, Reshape(Linear(h, K), 2, 5), Reshape(Linear(h, V), 2, 7)), 42), O) * gate;
            }
        }

        [Model("ChoosingForCausalLM")]
        public partial class Choosing
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Option("wide")] public partial bool Wide { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("head", "Vocab, Hidden")] public partial Tensor Head { get; }
            [Weight("more", "Hidden, Hidden")] public partial Tensor More { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var layer in Layers)
                    x = layer.Forward(x);
                return Wide ? Linear(Tanh(Linear(x, More)), Head) : Linear(x, Embedding);
            }
        }
        """;
}
