using System.Text.RegularExpressions;
using Cambium.Checkpoints;
using Cambium.Generators.Tests.Mutation;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Snapshooter.Xunit;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Classes for these tests only, against the interpreter in double precision.</summary>
public sealed class NumbersTests
{
    private static readonly Dictionary<string, object> Dims = new()
    {
        ["architectures"] = new[] { "TinyForCausalLM" },
        ["hidden_size"] = 20,
        ["num_hidden_layers"] = 3,
        ["vocab_size"] = 53,
        ["num_heads"] = 3,
        ["head_dim"] = 6,
        ["inner"] = 37,
        ["max_position_embeddings"] = 256,
    };

    private const string Attention = """
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_heads")] public partial int Heads { get; }
            [Dim("head_dim")] public partial int HeadDim { get; }
            [Dim("inner")] public partial int Inner { get; }
            [Weight("q", "Heads * HeadDim, Hidden")] public partial Tensor Q { get; }
            [Weight("k", "Heads * HeadDim, Hidden")] public partial Tensor K { get; }
            [Weight("v", "Heads * HeadDim, Hidden")] public partial Tensor V { get; }
            [Weight("o", "Hidden, Heads * HeadDim")] public partial Tensor O { get; }
            [Weight("norm", "Hidden")] public partial Tensor Norm { get; }
            [Weight("shift", "Hidden")] public partial Tensor Shift { get; }
            [Weight("head_norm", "HeadDim")] public partial Tensor HeadNorm { get; }
            [Weight("slope", "Heads")] public partial Tensor Slope { get; }
            [Weight("up", "Inner, Hidden")] public partial Tensor Up { get; }
            [Weight("up_bias", "Inner")] public partial Tensor UpBias { get; }
            [Weight("down", "Hidden, Inner")] public partial Tensor Down { get; }
            [Weight("qkv", "3 * Heads * HeadDim, Hidden", Transposed = true)] public partial Tensor Qkv { get; }
            [Weight("qkv_bias", "3 * Heads * HeadDim")] public partial Tensor QkvBias { get; }
            [Weight("square", "Hidden, Hidden")] public partial Tensor Square { get; }
            [Weight("half", "Hidden, 10")] public partial Tensor Half { get; }
            [StackIndex] public partial int Place { get; }
            [Option("kind", Default = "rms")] public partial string Kind { get; }
            [Option("act", Default = "silu")] public partial string Act { get; }
            [Option("deep", Default = false)] public partial bool Deep { get; }
            [Weight("gate", "1, Hidden")] public partial Tensor Gate { get; }
            [Option(Default = "HeadDim")] public partial Rotary Rope { get; }
        """;

    public static TheoryData<string, string, string> Layers => new()
    {
        {
            "distance penalty, queries normed by head, a parallel branch",
            """
                var h = LayerNorm(x, Norm, Shift, 1e-5f);
                var q = RmsNorm(Reshape(Linear(h, Q), Heads, HeadDim), HeadNorm, 1e-6f);
                var k = Reshape(Linear(h, K), Heads, HeadDim);
                var v = Reshape(Linear(h, V), Heads, HeadDim);
                var a = Attend(q, k, v, score: (s, at) => s - Slope[at.Head] * (at.Query - at.Key));
                return x + Linear(Reshape(a, Heads * HeadDim), O) + Linear(Square(Relu(Linear(h, Up, UpBias))), Down);
            """,
            "return Linear(RmsNorm(x, Norm, 1e-5f), Embedding);"
        },
        {
            "rotary of both kinds and a window",
            """
                var h = RmsNorm(x, Norm, 1e-5f);
                var q = Rotate(Reshape(Linear(h, Q), Heads, HeadDim), Rope);
                var k = Rotate(Reshape(Linear(h, K), Heads, HeadDim), Rope);
                var v = Rotate(Reshape(Linear(h, V), Heads, HeadDim), Rope, interleaved: true);
                var a = Attend(q, k, v, window: 5);
                return x + Linear(Reshape(a, Heads * HeadDim), O);
            """,
            "return Linear(x, Embedding);"
        },
        {
            "one gate for a row, and a product that is read twice",
            """
                var gate = Sigmoid(Linear(x, Gate));
                var u = Linear(x, Up);
                var y = x + gate * Linear(GeluTanh(u) * Tanh(u), Down);
                var q = Reshape(Linear(y, Q), Heads, HeadDim);
                var a = Attend(q, q, q);
                return y + Linear(Reshape(a, Heads * HeadDim), O);
            """,
            "return Linear(x * Rsqrt(Mean(Square(x)) + 1e-3f), Embedding);"
        },
        {
            "a softmax over the row by hand, and no attention",
            """
                var e = Exp(x - MaximumOf(x));
                var p = e / Sum(e);
                var h = Linear(p, Up, UpBias);
                return x * 0.5f + Linear(Silu(h) * Softplus(h), Down);
            """,
            "var h = Linear(x, Embedding); return h - Mean(h);"
        },
        {
            "values and keys from different rows of the tower, one of them kept",
            """
                var first = Linear(Gelu(Linear(x, Up)), Down);
                var k = Reshape(Linear(first, K), Heads, HeadDim);
                var q = Reshape(Linear(RmsNorm(x, Norm, 1e-5f), Q), Heads, HeadDim);
                var v = Reshape(Linear(x, V), Heads, HeadDim);
                var a = Linear(Reshape(Attend(q, k, v, scale: 0.3f), Heads * HeadDim), O);
                return LayerNorm(a + first, Norm, Shift, 1e-5f) + x;
            """,
            "return Linear(Abs(x), Embedding);"
        },
        {
            "query, key and value in one tensor with its bias, stored the other way round; runs of an activation and of a sum",
            """
                var h = LayerNorm(x, Norm, Shift, 1e-5f);
                var all = Linear(h, Qkv, QkvBias);
                var q = Reshape(Slice(all, 0, Heads * HeadDim), Heads, HeadDim);
                var k = Rotate(Reshape(Slice(all, Heads * HeadDim, Heads * HeadDim), Heads, HeadDim), Rope);
                var v = Reshape(Slice(Slice(all, Heads * HeadDim, 2 * Heads * HeadDim), Heads * HeadDim, Heads * HeadDim), Heads, HeadDim);
                var y = x + Linear(Reshape(Attend(q, k, v), Heads * HeadDim), O);
                var wide = Gelu(Linear(y, Up, UpBias));
                return y + Linear(Slice(wide, 0, Hidden) * Slice(wide, 17, Hidden), Square);
            """,
            "return Linear(x, Embedding);"
        },
        {
            "runs of what no product makes",
            """
                var left = Slice(x, 3, 10);
                var right = Slice(x + Shift, 10, 10);
                var a = Linear(left, Half);
                var b = Linear(Tanh(right) * left, Half);
                return x + a * Slice(Linear(b, Up), 1, Hidden) + LayerNorm(b, Norm, Shift, 1e-5f);
            """,
            "return Slice(Linear(x, Embedding), 0, Vocab) + 1f;"
        },
        {
            "layers that alternate, and settings that choose",
            """
                var h = Kind == "rms" && !Deep ? RmsNorm(x, Norm, Heads > 2 ? 1e-5f : 1e-2f) : LayerNorm(x, Norm, Shift, 1e-5f);
                var q = Reshape(Linear(h, Q), Heads, HeadDim);
                var k = Reshape(Linear(h, K), Heads, HeadDim);
                if (Place % 2 == 0)
                    k = Rotate(k, Rope);
                else
                    q = q * 0.5f;
                var a = Attend(q, k, k, window: Place % 2 == 1 ? 5 : Place == 0 ? 3 : 0, scale: Deep ? 0.1f : 0.4f);
                var u = Linear(h, Up, UpBias);
                if (Act == "gelu")
                {
                    u = Gelu(u);
                }
                else if (Act == "relu" || Deep)
                {
                    u = Relu(u);
                }
                else
                {
                    u = Silu(u) * (Place + 1);
                }
                return x + Linear(Reshape(a, Heads * HeadDim), O) + Linear(u, Down);
            """,
            "return Deep ? Linear(x, Embedding) : Linear(x, Embedding) * 2f;"
        },
    };

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_class_gives_the_interpreters_result(string description, string layer, string head)
    {
        Assert.NotEmpty(description);
        using var model = BuiltModel.Build([Source(layer, head)], Dims);

        Check(model);
    }

    [Theory]
    [InlineData("gelu", false)]
    [InlineData("relu", true)]
    [InlineData("silu", true)]
    public void Settings_select_branches_at_load(string activation, bool deep)
    {
        var choosing = Layers.Select(static row => ((string Description, string Layer, string Head))((string)row[0], (string)row[1], (string)row[2]))
            .Single(static row => row.Description.StartsWith("layers that alternate", StringComparison.Ordinal));
        using var model = BuiltModel.Build([Source(choosing.Layer, choosing.Head)], new(Dims) { ["act"] = activation, ["deep"] = deep });

        Check(model);
    }

    [Fact]
    public void Llama_gives_the_interpreters_result()
    {
        using var model = BuiltModel.Build(Llama(), new()
        {
            ["architectures"] = new[] { "LlamaForCausalLM" },
            ["hidden_size"] = 20,
            ["num_hidden_layers"] = 2,
            ["vocab_size"] = 53,
            ["num_attention_heads"] = 6,
            ["num_key_value_heads"] = 2,
            ["head_dim"] = 6,
            ["intermediate_size"] = 37,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["attention_bias"] = true,
            ["mlp_bias"] = true,
            ["tie_word_embeddings"] = true,
            ["max_position_embeddings"] = 256,
        });

        Check(model);
    }

    [Fact]
    public void The_code_of_Llama_equals_its_snapshot()
    {
        var code = Generation.Run(Llama()).File("Llama.Program.g.cs");

        // The block consists of five kernel calls.
        Assert.Equal(4, Regex.Count(code, @"Cpu::Matmul\.Run\(step\.Team, w\.\w+\[layer\]"));
        Assert.Equal(1, Regex.Count(code, @"Cpu::Attend\.Run\("));
        Snapshot.Match(code);
    }

    [Fact]
    public void Types_can_have_the_names_of_runtime_types()
    {
        const string Types = """
            namespace Sample;
            public class Step; public class Rotary2; public class Binding; public class ModelConfig; public class Team;
            public class Engine; public class Matmul; public class CacheSite; public class Settings; public class Weights; public class Math;
            public class MathF; public interface IDisposable; public class IReadOnlyList<T>; public class System;
            public class Runtime; public class Cpu; public class Loading; public class Checkpoints; public class Collections; public class Device;
            public class EntryPoint; public class CheckpointReader;
            """;

        // The aliases of generated code, as aliases of the whole project.
        const string Aliases = """
            global using Runtime = System.Text;
            global using Cpu = System.Text;
            global using Loading = System.Text;
            global using Checkpoints = System.Text;
            global using Collections = System.Text;
            """;
        var source = Source("return x + Linear(Gelu(Linear(x, Up)), Down);", "return Linear(x, Embedding);");
        using var model = BuiltModel.Build([source, Types, Aliases], Dims);

        Check(model);
    }

    private static IReadOnlyList<string> Llama() => Sources.OfZoo("Llama");

    private static void Check(BuiltModel model)
    {
        int[] shared = [.. Enumerable.Range(0, 37).Select(static i => (i * 29) % 53)];
        IReadOnlyList<int[]> sequences = [[.. shared, 1, 2, 3], [7], [.. shared, 1, 9], [.. shared.Take(33)], [5, 4]];
        var options = new EngineOptions { Threads = 2, ChunkSize = 32, PoolTokens = 2048, MaxRowsPerStep = 13, MaxSequences = 8 };

        // An error of zero would mean that nothing was compared: single precision is not exact.
        Assert.InRange(model.LargestError(options, sequences), 1e-9, 1);
    }

    private static string Source(string layer, string head) => $$"""
        namespace Sample;

        [Block]
        public partial class Layer
        {
        {{Attention}}
            public Tensor Forward(Tensor x)
            {
        {{layer}}
            }
        }

        [Model("TinyForCausalLM")]
        public partial class Tiny
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("num_hidden_layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Option("deep", Default = false)] public partial bool Deep { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("norm", "Hidden")] public partial Tensor Norm { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layer> Layers { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var layer in Layers)
                    x = layer.Forward(x);
                {{head}}
            }
        }
        """;
}
