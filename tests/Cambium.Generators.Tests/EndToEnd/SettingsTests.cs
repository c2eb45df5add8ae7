using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Settings per block and by name: lists and enums, compiled, against the interpreter.</summary>
public sealed class SettingsTests
{
    private const string Forward = "foreach (var block in Blocks) x = block.Forward(x);";

    [Theory]
    [InlineData("LayerTypes[Layer] == \"sliding_attention\" ? x + Tanh(x) : x * 1.5f")]
    [InlineData("LayerTypes[Layer] != \"\" && Unsaid[Layer] == \"\" ? x + Tanh(x) : x * 1.5f")]
    [InlineData("x * Factors[Layer]")]
    [InlineData("x + (Factors[Layer] * Heads - Windows[Layer] / 4) * 0.1f")]
    [InlineData("NoRope[Layer] ? x + Tanh(x) : x * 1.5f")]
    [InlineData("!NoRope[(Layer + 1) % 3] && Windows[Layer] > 4 ? x + Tanh(x) : x * 1.5f")]
    [InlineData("Windows[Layer] == 0 ? x + Tanh(x) : x * Windows[0] / 7")]
    [InlineData("Act == Activation.Silu ? Silu(x) : GeluTanh(x)")]
    [InlineData("Kinds[Layer] == Kind.SlidingAttention ? x + Tanh(x) : x * 1.5f")]
    [InlineData("Layer / 2 == 1 ? x + Tanh(x) : x * (Layer / 2)")]
    [InlineData("x + x * Absent[Layer]")]
    [InlineData("x * (0.8 - 0.6 * Exp(-0.3 * Layer))")]
    [InlineData("RmsNorm(x, 1e-6) * Pow(2.0, 0.5) + x * Sqrt(0.5) * Minimum(0.25, Factors[Layer])")]
    [InlineData("Pow(Abs(x), 1.5) + LayerNorm(x, null, null, 1e-6)")]
    public void Lists_give_each_block_its_setting(string body) => Check($"return x + ({body}) * 0.5f;", Forward);

    [Theory]
    [InlineData("window: Windows[Layer]")]
    [InlineData("scale: 0.125, score: (s, at) => Pow(Abs(s), 1.5) * Exp(-0.5)")]
    [InlineData("window: LayerTypes[Layer] == \"sliding_attention\" ? 5 : 0, scale: Factors[Layer]")]
    [InlineData("scale: Factors[Layer] / Heads, score: (s, at) => s - Factors[Layer] * (at.Query - at.Key)")]
    [InlineData("scale: Layer == 1 ? 0 : Factors[Layer]")]
    public void Each_block_can_have_its_own_attention(string how) => Check(
        $"var h = Reshape(Linear(RmsNorm(x, 1e-5f), Q), Heads, 5); return x + Linear(Reshape(Attend(h, h, h, {how}), Heads * 5), O);", Forward);

    [Theory]
    [InlineData("foreach (var (i, block) in Blocks.Index()) x = i % 2 == 0 ? block.Forward(x) : x + block.Forward(x) * (i + 1);")]
    [InlineData("foreach (var (i, block) in Blocks.Index()) { x = block.At(x, i); if (Kept[i] != 0) x = x * 0.5f; }")]
    [InlineData("foreach (var (_, block) in Blocks.Index()) x = block.Forward(x);")]
    public void A_loop_can_use_the_block_index(string forward) => Check("return x + Tanh(x) * 0.5f;", forward);

    [Fact]
    public void A_loaded_model_stores_its_settings()
    {
        using var model = BuiltModel.Build([Source("return x + Tanh(x);", Forward)], Config());
        var type = model.Model.GetType();
        Assert.Equal("GeluNew", type.GetProperty("Act")!.GetValue(model.Model)!.ToString());
        Assert.Equal([1, 0, 1, 5], Assert.IsType<int[]>(type.GetProperty("Kept")!.GetValue(model.Model)));
    }

    [Fact]
    public void A_list_that_is_shorter_than_its_stack_is_refused()
    {
        var config = Config();
        config["factors"] = new[] { 0.5, 1.5 };
        var refused = Refused("return x * Factors[Layer];", config);
        Assert.Contains("config.json", refused, StringComparison.Ordinal);
        Assert.Contains("field 'factors': has 2 values, expected 3", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_enum_value_is_refused_with_the_known_ones()
    {
        var config = Config();
        config["hidden_act"] = "mish";
        Assert.Contains(
            "field 'hidden_act': is 'mish', expected 'silu' or 'swish' or 'gelu_new'",
            Refused("return Act == Activation.Silu ? x : x * 2;", config),
            StringComparison.Ordinal);
        config["hidden_act"] = "silu";
        config["kinds"] = new[] { "full_attention", "sliding_attention", "odd" };
        Assert.Contains(
            "field 'kinds': is 'odd', expected 'FullAttention' or 'SlidingAttention'",
            Refused("return Kinds[Layer] == Kind.FullAttention ? x : x * 2;", config),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_with_an_invalid_value_is_refused()
    {
        var config = Config();
        config["factors"] = new object[] { 0.5, "much", 1 };
        Assert.Contains(
            "field 'factors[1]': is \"much\", expected a number",
            Refused("return x * Factors[Layer];", config),
            StringComparison.Ordinal);
    }

    private static string Refused(string body, Dictionary<string, object> config)
    {
        var thrown = Assert.ThrowsAny<Exception>(() => BuiltModel.Build([Source(body, Forward)], config).Dispose());
        return Assert.IsType<CheckpointException>(
            thrown is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : thrown).Message;
    }

    private static void Check(string body, string forward)
    {
        using var model = BuiltModel.Build([Source(body, forward)], Config());
        IReadOnlyList<int[]> sequences = [[.. Enumerable.Range(0, 37).Select(static i => (i * 29) % 53)], [7], [5, 4, 3]];
        Assert.InRange(
            model.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 13, MaxSequences = 8 },
                sequences), 1e-9, 1);
    }

    private static Dictionary<string, object> Config() => new()
    {
        ["architectures"] = new[] { "SettledForCausalLM" },
        ["hidden_size"] = 19,
        ["num_layers"] = 3,
        ["vocab_size"] = 53,
        ["num_heads"] = 3,
        ["layer_types"] = new[] { "full_attention", "sliding_attention", "full_attention" },
        ["kinds"] = new[] { "full_attention", "sliding_attention", "full_attention" },
        ["factors"] = new[] { 0.5, 1.5, 0.25 },
        ["windows"] = new[] { 0, 6, 9 },
        ["no_rope"] = new[] { false, true, false },
        ["kept"] = new[] { 1, 0, 1, 5 },
        ["hidden_act"] = "gelu_new",
        ["max_position_embeddings"] = 256,
    };

    private static string Source(string body, string forward) => $$"""
        using System.Collections.Generic;
        namespace Sample;

        public enum Activation
        {
            [ConfigName("silu", "swish")] Silu,
            [ConfigName("gelu_new")] GeluNew,
        }

        public enum Kind { FullAttention, SlidingAttention }

        [Block]
        public partial class Stage
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [StackIndex] public partial int Layer { get; }
            [Option("layer_types")] public partial string[] LayerTypes { get; }
            [Option("unsaid", Default = "")] public partial string[] Unsaid { get; }
            [Option("kinds", Default = Kind.FullAttention)] public partial Kind[] Kinds { get; }
            [Option("factors")] public partial float[] Factors { get; }
            [Option("windows")] public partial IReadOnlyList<int> Windows { get; }
            [Option("no_rope")] public partial bool[] NoRope { get; }
            [Option("absent", Default = 0.75f)] public partial float[] Absent { get; }
            [Option("hidden_act", Default = Activation.Silu)] public partial Activation Act { get; }
            [Weight("q", "Heads * 5, Hidden")] public partial Tensor Q { get; }
            [Weight("o", "Hidden, Heads * 5")] public partial Tensor O { get; }

            public Tensor Forward(Tensor x)
            {
                {{body}}
            }

            public Tensor At(Tensor x, int place) => Forward(x) * (place + 1);
        }

        [Model("SettledForCausalLM")]
        public partial class Settled
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Option("hidden_act", Default = Activation.Silu)] public partial Activation Act { get; }
            [Option("kept")] public partial int[] Kept { get; }
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
