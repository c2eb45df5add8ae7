using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Statements and helper methods, compiled, against the interpreter.</summary>
public sealed class StatementTests
{
    [Theory]
    [InlineData("if (Gated) return x + Tanh(x); return x * 0.5f;")]
    [InlineData("if (!Gated) return x + Tanh(x); var y = Silu(x); return y * 0.5f;")]
    [InlineData("if (Place == 0) return x; else if (Place == 1) { x = x * 2; } else return Tanh(x); return x + 1;")]
    [InlineData("if (Gated) { if (Place > 1) return x * 3; x = x + 1; } return Silu(x);")]
    [InlineData("return Early(x, Place > 0) + Early(x, false);")]
    [InlineData("return Early(gate: true, x: x) + Scaled(x, by: 0.25f) + Scaled(x);")]
    [InlineData("switch (Act) { case \"silu\": x = Silu(x); break; case \"gelu\": case \"gelu_new\": x = Gelu(x); break; "
        + "default: x = Tanh(x); break; } return x;")]
    [InlineData("switch (Place) { default: return x; case 1: return Silu(x); case > 1: { x = x * 2; break; } } return Tanh(x);")]
    [InlineData("return x * Place switch { 0 => 0.5f, 1 or 2 when Gated => 0.25f, _ => 2 };")]
    [InlineData("return Act switch { \"silu\" => Silu(x), \"gelu\" or \"gelu_new\" => GeluTanh(x), _ => x };")]
    [InlineData("if (Act is not (\"silu\" or \"gelu\") && Place is >= 0 and < 2) x = Tanh(x); return x;")]
    [InlineData("for (var i = 0; i < 3; i++) x = x + Tanh(x * i) * (i == 1 ? 0.5f : 0.25f); return x;")]
    [InlineData("for (var i = 4; i >= 0; i -= 2) { if (i == 2) x = x + 1; "
        + "for (int j = 0; j <= 1; j++) x = x * (1 + i * 0.1f + j * 0.01f); } return x;")]
    [InlineData("var pair = Pair(x); return pair.left * 0.5f + pair.right;")]
    [InlineData("var pair = Pair(x); return pair.Item1 * 0.5f + pair.Item2;")]
    [InlineData("var ((a, b), c) = (Pair(x), x * 2); (a, (b, _)) = (b, (a, c)); return Tanh(a) * 0.5f + Tanh(b) * Tanh(c);")]
    [InlineData("var (n, y) = Counted(x, 3); return y * n * 0.05f;")]
    [InlineData("const float half = 0.5f; return x * half * Third * Fourth;")]
    [InlineData("return Named(x, Act) + Named(x, \"gelu\");")]
    public void A_block_can_use_the_supported_statements(string body) => Check(body, "foreach (var block in Blocks) x = block.Forward(x);");

    [Theory]
    [InlineData("if (Deep) { foreach (var block in Blocks) x = block.Forward(x); } else { x = x * 2; }")]
    [InlineData("if (!Deep) return Linear(x, Embedding); foreach (var block in Blocks) x = block.Forward(x);")]
    [InlineData("foreach (var (i, block) in Blocks.Index()) { if (i > 0) x = block.Forward(x); }")]
    [InlineData("foreach (var block in Blocks) x = block.Forward(x); if (Deep) x = Tanh(x); foreach (var block in Blocks) x = block.Forward(x);")]
    public void A_model_can_loop_in_any_method(string forward) => Check("return x + Tanh(x) * 0.5f;", forward);

    private static void Check(string body, string forward)
    {
        using var model = BuiltModel.Build([Source(body, forward)], new()
        {
            ["architectures"] = new[] { "SpokenForCausalLM" },
            ["hidden_size"] = 19,
            ["num_layers"] = 3,
            ["vocab_size"] = 53,
            ["gated"] = true,
            ["hidden_act"] = "gelu_new",
            ["max_position_embeddings"] = 256,
        });
        IReadOnlyList<int[]> sequences = [[.. Enumerable.Range(0, 37).Select(static i => (i * 29) % 53)], [7], [5, 4, 3]];
        Assert.InRange(
            model.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 13, MaxSequences = 8 },
                sequences), 1e-9, 1);
    }

    private static string Source(string body, string forward) => $$"""
        namespace Sample;

        [Block]
        public partial class Stage
        {
            public static readonly float Third = 1f / 3;
            private const int Fourth = 4;

            [Dim("hidden_size")] public partial int Hidden { get; }
            [StackIndex] public partial int Place { get; }
            [Option("gated", Default = false)] public partial bool Gated { get; }
            [Option("hidden_act")] public partial string Act { get; }
            [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }

            public Tensor Forward(Tensor x)
            {
                x = x + Linear(RmsNorm(x, 1e-5f), W);
                {{body}}
            }

            private Tensor Early(Tensor x, bool gate)
            {
                if (gate)
                    return Silu(x);
                return x * 0.5f;
            }

            private static Tensor Scaled(Tensor x, float by = 2, int times = 1) => x * by * times;

            private (Tensor left, Tensor right) Pair(Tensor x)
            {
                if (Gated)
                    return (x, Tanh(x));
                return (Tanh(x), x);
            }

            private (int, Tensor) Counted(Tensor x, int n) => (n + 1, x * n);

            private Tensor Named(Tensor x, string act) => act == "gelu" ? Gelu(x) : Tanh(x);
        }

        [Model("SpokenForCausalLM")]
        public partial class Spoken
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Option("deep", Default = true)] public partial bool Deep { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Stage> Blocks { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                {{forward}}
                return Linear(x, Embedding);
            }
        }
        """;
}
