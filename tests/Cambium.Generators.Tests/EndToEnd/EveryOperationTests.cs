using Cambium.Compiler.Ops;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Every operation, compiled with odd sizes, against the interpreter.</summary>
public sealed class EveryOperationTests
{
    // h is the result of a product and can be negative, x is in memory, heads is h with a heads axis; Gain and Shift are weights of a row, HeadGain
    // of a head.
    private static readonly Dictionary<string, string[]> Uses = new(StringComparer.Ordinal)
    {
        ["Negate"] = ["Negate(h)", "-x"],
        ["Abs"] = ["Abs(h)"],
        ["Square"] = ["Square(h)"],
        ["Sqrt"] = ["Sqrt(Abs(h) + 0.1f)"],
        ["Rsqrt"] = ["Rsqrt(Abs(h) + 0.1f)"],
        ["Reciprocal"] = ["Reciprocal(Abs(h) + 0.1f)", "x * Reciprocal(Sum(Abs(h)) + 0.5f)"],
        ["Sign"] = ["Sign(h) * x", "Sign(Sum(x)) * h"],
        ["Floor"] = ["Floor(h * 9f)", "x * Floor(Sum(h) * 5f)"],
        ["Ceiling"] = ["Ceiling(h * 9f)", "x * Ceiling(Sum(h) * 5f)"],
        ["Round"] = ["Round(h * 9f)", "x * Round(Sum(h) * 5f)"],
        ["Exp"] = ["Exp(h)"],
        ["Log"] = ["Log(Abs(h) + 0.1f)"],
        ["Sin"] = ["Sin(h * 300f)", "Sin(Sum(h)) * x"],
        ["Cos"] = ["Cos(h * 300f)", "Cos(Sum(h)) * x"],
        ["Sigmoid"] = ["Sigmoid(h)"],
        ["Tanh"] = ["Tanh(h)"],
        ["Relu"] = ["Relu(h)"],
        ["Silu"] = ["Silu(h)"],
        ["Gelu"] = ["Gelu(h)"],
        ["GeluTanh"] = ["GeluTanh(h)"],
        ["Softplus"] = ["Softplus(h)"],
        ["Mish"] = ["Mish(h)", "Mish(h * 40f)"],
        ["Add"] = ["Add(h, x)", "h + Gain", "Rows(heads + HeadGain)"],
        ["Subtract"] = ["Subtract(h, Gain)", "1f - x"],
        ["Multiply"] = ["Multiply(h, x)", "h * Mean(x)"],
        ["Divide"] = ["Divide(h, Abs(x) + 0.2f)", "h / Vocab"],
        ["Minimum"] = ["Minimum(h, x)", "Minimum(h, Gain)"],
        ["Maximum"] = ["Maximum(h, 0.1f)", "Rows(Maximum(heads, HeadGain))"],
        ["Less"] = ["Less(h, x) * x", "Rows(heads * Less(HeadGain, 0.1f))"],
        ["LessOrEqual"] = ["LessOrEqual(h, Gain) + x"],
        ["Greater"] = ["Greater(h, 0.05f) - x", "Greater(Sum(h), Sum(x)) * x"],
        ["GreaterOrEqual"] = ["GreaterOrEqual(x, h) * h"],
        ["EqualTo"] = ["EqualTo(Relu(h), 0f) * x", "h * EqualTo(x, MaximumOf(x))"],
        ["Pow"] =
        [
            "Pow(h, 2f)", "Pow(h, 3f)", "Pow(h, 1f)", "Pow(Abs(h) + 0.1f, 0.5f)", "Pow(Abs(h) + 0.1f, -0.5f)", "Pow(Abs(h) + 0.1f, -1f)",
            "Pow(Abs(h), 1.7f)", "Pow(h, 5f)",
            "Pow(Abs(h), Power)", "Pow(Abs(h) + 0.2f, Vocab / 50f)", "x * Pow(Sum(Abs(h)), 0.3f)",
        ],
        ["Where"] = ["Where(Less(h, 0f), x, h * 2f)", "Where(Gain, h, Shift)", "Where(Greater(Sum(h), 0f), h, x)",
            "Rows(Where(Less(heads, HeadGain), heads, 0.25f))", "Where(Relu(h), Log(Abs(h) + 0.1f), 0f)"],
        ["Mean"] = ["h - Mean(h)", "Rows(heads * Mean(heads))", "Rows(heads - Mean(heads, -2))"],
        ["Sum"] = ["h * Sum(h)", "Rows(heads * Sum(heads))", "h + Linear(Reshape(Sum(heads, axis: -2), Size), Sizes)",
            "Rows(heads) * Reshape(Sum(Sum(Reshape(x, Heads, Size), -1), -2), 1)"],
        ["MaximumOf"] = ["h - MaximumOf(h)", "Rows(heads * MaximumOf(heads))", "Rows(heads - MaximumOf(heads, -2))"],
        ["Softmax"] = ["Softmax(h)", "Softmax(x * 3f) * h", "Rows(Softmax(heads * 4f))", "Rows(Softmax(heads * 4f, axis: -2) * heads)"],
        ["MatMul"] =
        [
            "MatMul(x, Mix)", "Rows(MatMul(MatMul(heads, Transpose(Reshape(x, Heads, Size))), heads))", "Rows(MatMul(heads, HeadMix))",
            "Rows(MatMul(Softmax(MatMul(heads, Transpose(heads))), heads))", "Rows(MatMul(HeadsMix, heads))",
            "MatMul(x, MatMul(Mix, Mix))", "Rows(Reshape(MatMul(Reshape(h, Heads, 1, Size), HeadMix), Heads, Size))",
            "Rows(Reshape(MatMul(Reshape(h, Heads, 1, Size), PerHead), Heads, Size))",
            "Linear(Reshape(MatMul(Slice(heads, 1, 3), Slice(Tall, 2, 2)), 2 * Heads), Part)",
        ],
        ["Clamp"] = ["Clamp(h, -0.1f, 0.2f)", "Clamp(h, Minimum(Gain, Shift), Maximum(Gain, Shift))", "Clamp(x, -Abs(h), Sum(Abs(h)))"],
        ["RmsNorm"] =
        [
            "RmsNorm(h, Gain, 1e-5f)", "RmsNorm(h, 1e-5f)", "RmsNorm(x, null, 1e-5f)", "RmsNorm(x, 1f + Gain, 1e-6f)",
            "Rows(RmsNorm(heads, HeadGain, 1e-5f))", "Rows(RmsNorm(heads, 1f + HeadGain, 1e-5f))",
            "Rows(RmsNorm(heads, 1e-3f))", "Linear(RmsNorm(x, 1f + Gain, 1e-6f), Mix)",
        ],
        ["LayerNorm"] =
        [
            "LayerNorm(h, Gain, Shift, 1e-5f)", "LayerNorm(h, Gain, 1e-5f)", "LayerNorm(h, 1e-5f)", "LayerNorm(h, null, Shift, 1e-5f)",
            "LayerNorm(h, 1f + Gain, null, 1e-5f)",
            "Rows(LayerNorm(heads, HeadGain, 1e-5f))", "Linear(LayerNorm(x, 1e-5f), Mix)",
            "Linear(LayerNorm(x, weight: null, bias: Shift, epsilon: 1e-5f), Mix)",
        ],
        ["Linear"] =
        [
            "Linear(h, Mix)", "Linear(x, Mix, Shift)", "Rows(Linear(heads, HeadMix))",
            "Rows(Linear(heads, HeadMix, HeadGain)) + Rows(Linear(Reshape(x, Heads, Size), HeadMix))", "Linear(x, 1f + Mix)",
            "Linear(x, Mix * Gain, Shift - Gain)", "Linear(x, Softmax(Mix * 3f))", "Linear(x, Transpose(Mix))",
            "Linear(Slice(x, 3, 5), Slice(Mix, 3, 5))",
            "Linear(x, Mix) + Linear(x, Mix / Sum(Abs(Mix)))",
            "Linear(x, Where(Less(Mix, 0f), Mix, Concat(Slice(Mix, 4, Heads), Slice(Mix, 1, Heads * Size - Heads))))",
        ],
        ["Range"] = ["h * Range(Heads * Size)", "Rows(heads + Exp(Range(Size) * -0.1f))", "x * Mean(Range(Heads * Size) * Gain)",
            "Rows(Attend(heads, heads, heads, score: (s, at) => s - (Range(Heads) * 0.1f)[at.Head] * (at.Query - at.Key)))",
            "h + (Embedding * Range(Heads * Size))[tokens]", "Rows(heads * Reshape(Gain, Heads, Size))"],
        ["Reshape"] = ["Rows(Reshape(h, Size, Heads) * 2f)"],
        ["Slice"] =
        [
            "x + Mean(Slice(h, 5, 11))", "h * Slice(h, 4, 1)", "x * Sum(h) * Slice(h, 4, 1)", "Rows(heads * Slice(heads, 3, 1))",
            "Rows(heads * Slice(heads, 3, 1) * Sum(heads))", "x + Linear(Reshape(Slice(heads, 2, 2), 2 * Heads), Part)",
            "Linear(Reshape(Silu(Slice(heads, 1, 2)) * Slice(heads, 5, 2), 2 * Heads), Part)",
            "Linear(Reshape(Slice(Reshape(Slice(heads, 1, 4), 2 * Heads, 2), 1, 1), 2 * Heads), Part)",
            "Linear(Reshape(Slice(Reshape(Slice(x, 1, 4 * Heads), Heads, 4), 1, 2) + Slice(heads, 3, 2), 2 * Heads), Part)",
            "x + Sum(Reshape(Slice(heads, 2, 3), 3 * Heads))", "Rows(heads * Sum(Slice(heads, 2, 3)))",
            "Linear(RmsNorm(Reshape(Slice(heads, 2, 2), 2 * Heads), 1e-3f), Part)",
            "Linear(Reshape(Slice(Reshape(Slice(heads, 1, 4), 4 * Heads), 2, 2 * Heads), 2 * Heads), Part)",
            "h + Linear(Reshape(Slice(heads, 3, 1) * Sum(heads), Heads), Few)",
            "Rows(Attend(Slice(heads, 0, 4), Slice(heads, 3, 4), heads))",
            "Rows(Attend(Slice(Reshape(x, Heads, Size), 1, 3), Slice(Reshape(x, Heads, Size), 2, 3), Rotate(heads, Rope)))",
        ],
        ["Cast"] =
        [
            "h + Cast(tokens) * 0.1f", "x + Concat(Cast(Positions(tokens)), Slice(h, 1, Heads * Size - 1)) * 0.1f",
            "h + Linear(Cast(Positions(tokens) + 2), Column) * 0.05f", "h * Cast(tokens) / Cast(Positions(tokens) + 1) * 0.1f",
            "x + Reshape(Sum(Reshape(Cast(tokens), 1, 1) * 0.1f), 1)", "Rows(heads + Reshape(Cast(Positions(tokens)), 1, 1) * 0.01f)",
            "Rows(Attend(heads, heads, heads)) * Sin(Cast(tokens))",
        ],
        ["Split"] =
        [
            "Linear(Reshape(Parts(heads), 2 * Heads), Part)", "Interleaved(Linear(x, Fused))", "Interleaved(Linear(x, Fused, FusedBias))",
            "Interleaved(Linear(x, Turned, FusedBias))", "Grouped(Linear(x, Fused, FusedBias))",
            "Interleaved(Concat(x, h, x * h))",
        ],
        ["Concat"] =
        [
            "Concat(Slice(h, 9, 2 * Heads), Slice(x, 2, Heads * Size - 2 * Heads)) + Gain",
            "Rows(Concat(Slice(heads, 4, 3), -Slice(heads, 0, Size - 3)))", "Rows(Concat(heads))", "Slice(Concat(x, h, x), 10, Heads * Size) * h",
            "Rows(Attend(Concat(Slice(heads, 0, 4), Sum(heads)), Concat(Slice(heads, 2, 4), Mean(heads)), heads))",
            "Rows(Slice(Concat(heads, heads * 2f), 3, Size))", "h * Concat(Sum(h), Slice(Gain + h, 1, Heads * Size - 1))",
            "Concat(Slice(Reshape(Slice(heads, 1, 4), 4 * Heads), 2, 3 * Heads), Slice(x, 1, Heads * Size - 3 * Heads))",
        ],
        ["Repeat"] = ["Rows(heads) * Mean(Reshape(Repeat(heads, 3), 3 * Heads * Size))",
            "Rows(Attend(heads, heads, Repeat(Reshape(Slice(x, 3, Size), 1, Size), Heads)))",
            "Linear(Reshape(Repeat(Slice(heads, 5, 1), 2), 2 * Heads), Part)"],
        ["Transpose"] = ["Rows(Transpose(Reshape(h, Size, Heads)))", "Rows(Transpose(Transpose(heads) * 2f + Reshape(x, Size, Heads)))",
            "Linear(Reshape(Transpose(Slice(heads, 3, 2)), 2 * Heads), Part)"],
        ["Gather"] = ["h + Embedding[tokens]"],
        ["Positions"] = ["h + Learned[Positions(tokens)]"],
        ["Shift"] = ["h + Learned[Positions(tokens) + 2]", "h + Learned[Shift(Positions(tokens) + 1, Heads)]"],
        ["Rotate"] = ["Rows(Rotate(Reshape(h, Heads, Size), Rope))", "Rows(Rotate(Reshape(x, Heads, Size), Rope, interleaved: true))"],
        ["Attend"] =
        [
            "Rows(Attend(heads, heads, heads))", "Rows(Attend(heads, heads, heads, causal: true, window: 3))",
            "Rows(Attend(heads, heads, heads, score: (s, at) => s + Sin(at.Query - at.Key)))",
            "Rows(Attend(heads, heads, heads, score: (s, at) => Where(Less(at.Query - at.Key, 3f), s, Pow(Abs(s), 1.5f) * 0.1f)))",
        ],
    };

    public static TheoryData<string> Methods => [.. OpCatalog.All.Select(static op => op.Method).OfType<string>()];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Compiled_operations_agree_with_the_interpreter(string method)
    {
        Assert.True(
            Uses.TryGetValue(method, out var uses),
            $"'{method}' has no use here: add one, on rows, on heads and with numbers where it takes them");
        foreach (var use in uses)
        {
            using var model = BuiltModel.Build([Source(use)], Config);
            var error = model.LargestError(
                new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 13, MaxSequences = 8 },
                [[.. Enumerable.Range(0, 35).Select(static i => (i * 29) % 53)], [7], [5, 4, 3]]);
            Assert.True(error is > 1e-9 and <= 1, $"{use} is off by {error} times what is allowed");
        }
    }

    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "UseForCausalLM" },
        ["num_heads"] = 3,
        ["head_dim"] = 7,
        ["vocab_size"] = 53,
        ["power"] = 2.3,
        ["max_position_embeddings"] = 256,
        ["partial_rotary_factor"] = 0.9,
    };

    private static string Source(string use) => $$"""
        namespace Sample;

        [Model("UseForCausalLM")]
        public partial class Use
        {
            [Dim("num_heads")] public partial int Heads { get; }
            [Dim("head_dim")] public partial int Size { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Option("power")] public partial float Power { get; }
            [Option(Default = "Size")] public partial Rotary Rope { get; }
            [Weight("embedding", "Vocab, Heads * Size")] public partial Tensor Embedding { get; }
            [Weight("learned", "256, Heads * Size")] public partial Tensor Learned { get; }
            [Weight("mix", "Heads * Size, Heads * Size")] public partial Tensor Mix { get; }
            [Weight("column", "Heads * Size, 1")] public partial Tensor Column { get; }
            [Weight("sizes", "Heads * Size, Size")] public partial Tensor Sizes { get; }
            [Weight("head_mix", "Size, Size")] public partial Tensor HeadMix { get; }
            [Weight("heads_mix", "Heads, Heads")] public partial Tensor HeadsMix { get; }
            [Weight("per_head", "Heads, Size, Size")] public partial Tensor PerHead { get; }
            [Weight("tall", "3, Size")] public partial Tensor Tall { get; }
            [Weight("part", "Heads * Size, 2 * Heads")] public partial Tensor Part { get; }
            [Weight("few", "Heads * Size, Heads")] public partial Tensor Few { get; }
            [Weight("fused", "3 * Heads * Size, Heads * Size")] public partial Tensor Fused { get; }
            [Weight("turned", "3 * Heads * Size, Heads * Size", Transposed = true)] public partial Tensor Turned { get; }
            [Weight("fused_bias", "3 * Heads * Size")] public partial Tensor FusedBias { get; }
            [Weight("out", "Vocab, Heads * Size")] public partial Tensor Out { get; }
            [Weight("gain", "Heads * Size")] public partial Tensor Gain { get; }
            [Weight("shift", "Heads * Size")] public partial Tensor Shift { get; }
            [Weight("head_gain", "Size")] public partial Tensor HeadGain { get; }

            private Tensor Parts(Tensor heads)
            {
                var (a, b, c) = Split(heads, 2, Size - 4, 2);
                var (d, e) = Split(b * 2f, 1, Size - 5);
                return a - c * Mean(d) + Sum(e);
            }

            // Query, key and value of a head are adjacent.
            private Tensor Interleaved(Tensor qkv)
            {
                var (q, k, v) = Split(Reshape(qkv, Heads, 3 * Size), Size, Size, Size);
                return Rows(Attend(Rotate(q, Rope), Rotate(k, Rope), v * 2f));
            }

            // All queries of a group, then its key and its value.
            private Tensor Grouped(Tensor qkv)
            {
                var (q, k, v) = Split(Reshape(qkv, 1, 3 * Heads * Size), Heads * Size, Heads * Size, Heads * Size);
                return Rows(Attend(Rotate(Reshape(q, Heads, Size), Rope), Reshape(k, Heads, Size), Reshape(v, Heads, Size)));
            }

            private Tensor Rows(Tensor heads) => Reshape(heads, Heads * Size);

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                var h = Linear(x, Mix);
                var heads = Reshape(h, Heads, Size);
                var y = {{use}};
                return Linear(y + x * 0.5f, Out);
            }
        }
        """;
}
