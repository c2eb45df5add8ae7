using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Blocks of referenced assemblies give the same results as blocks in the project.</summary>
public sealed class PackagesTests
{
    private const string Gate = """
        namespace Parts;

        [Block]
        internal sealed partial class Gate
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("inner", Default = "2 * Hidden")] public partial int Inner { get; }
            [Weight("up", "Inner, Hidden")] public partial Tensor Up { get; }
            public Tensor Forward(Tensor x) => Silu(Linear(x, Up));
        }

        [Block]
        [Expects("hidden_act", "silu")]
        public sealed partial class Mlp
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("inner", Default = "2 * Hidden")] public partial int Inner { get; }
            [Option("factor", Default = 0.3f)] public partial float Factor { get; }
            [Option("has_bias", Default = false)] public partial bool HasBias { get; }
            [Block("gate")] private partial Gate Gate { get; }
            [Weight("down", "Hidden, Inner")] public partial Tensor Down { get; }
            [Weight("bias", "Hidden", When = nameof(HasBias))] private partial Tensor Bias { get; }
            public Tensor Forward(Tensor x, float share = 0.5f) => Add(x * share, Factor);
            private Tensor Add(Tensor x, float factor) => factor * Linear(Gate.Forward(x), Down, Bias);
        }
        """;

    private const string Layer = """
        namespace Layers;

        [Block]
        public partial class Layer
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("heads")] public partial int Heads { get; }
            [Dim("head_dim")] public partial int HeadDim { get; }
            [Weight("q", "Heads * HeadDim, Hidden")] public partial Tensor Q { get; }
            [Weight("o", "Hidden, Heads * HeadDim")] public partial Tensor O { get; }
            [Weight("slope", "Heads")] public partial Tensor Slope { get; }
            [Block("mlp")] public partial Parts.Mlp Mlp { get; }

            public (Tensor, Tensor) Forward(Tensor x)
            {
                var h = Reshape(Linear(x, Q), Heads, HeadDim);
                var a = Attend(h, h, h, score: (s, at) => s - Slope[at.Head] * (at.Query - at.Key));
                var y = x + Linear(Reshape(a, Heads * HeadDim), O);
                return (y, Mlp.Forward(y));
            }
        }
        """;

    private const string Model = """
        namespace Sample;

        [Model("SampleForCausalLM")]
        public partial class Own
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("layers")] public partial int Depth { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Blocks("layers.{i}", Count = nameof(Depth))] public partial BlockStack<Layers.Layer> Blocks { get; }
            [Block("last")] public partial Parts.Mlp Last { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var block in Blocks)
                {
                    var (a, b) = block.Forward(x);
                    x = a + b;
                }

                return Linear(x + Last.Forward(x, 0.7f), Embedding);
            }
        }
        """;

    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "SampleForCausalLM" },
        ["hidden_size"] = 19,
        ["inner"] = 27,
        ["layers"] = 3,
        ["heads"] = 3,
        ["head_dim"] = 5,
        ["vocab_size"] = 53,
        ["has_bias"] = true,
        ["hidden_act"] = "silu",
        ["max_position_embeddings"] = 128,
    };

    [Fact]
    public void Blocks_of_packages_and_their_dependencies_compose()
    {
        var parts = Generation.Library("Parts", Gate);
        var layers = Generation.Library("Layers", Layer, parts.AsReference());
        var generation = Generation.RunWithReferences([layers.AsReference(), parts.AsReference()], Model);
        Check(BuiltModel.Build(generation, Config, 0.3, parts.Image(), layers.Image()));

        var own = Generation.Run(Model, Gate, Layer);
        Assert.Equal(own.File("Own.Program.g.cs"), generation.File("Own.Program.g.cs"));
        Assert.Equal(own.File("Own.Report.g.cs"), generation.File("Own.Report.g.cs"));
    }

    [Fact]
    public void Blocks_of_another_project_of_the_solution_compose()
    {
        var parts = Generation.Library("Parts", Gate).Output.ToMetadataReference();
        var layers = Generation.Library("Layers", Layer, parts).Output.ToMetadataReference();
        Assert.Equal(
            Generation.Run(Model, Gate, Layer).File("Own.Program.g.cs"),
            Generation.RunWithReferences([layers, parts], Model).File("Own.Program.g.cs"));
    }

    [Fact]
    public void Blocks_of_the_zoo_compose()
    {
        const string source = """
            namespace Sample;

            [Block]
            public partial class Parallel
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("norm", "Hidden")] public partial Tensor Norm { get; }
                [Block("attention")] public partial Cambium.Models.LlamaAttention Attention { get; }
                [Block("mlp")] public partial Cambium.Models.LlamaMlp Mlp { get; }
                public Tensor Forward(Tensor x)
                {
                    var h = RmsNorm(x, Norm, 1e-5f);
                    return x + Attention.Forward(h) + Mlp.Forward(h);
                }
            }

            [Model("SampleForCausalLM")]
            public partial class Mine
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Dim("layers")] public partial int Depth { get; }
                [Dim("vocab_size")] public partial int Vocab { get; }
                [Weight("embedding", "Vocab, Hidden")] public partial Tensor Embedding { get; }
                [Blocks("mine.{i}", Count = nameof(Depth))] public partial BlockStack<Parallel> Blocks { get; }
                [Blocks("theirs.{i}", Count = "Depth - 1")] public partial BlockStack<Cambium.Models.LlamaBlock> Others { get; }

                public Tensor Forward(Tokens tokens)
                {
                    var x = Embedding[tokens];
                    foreach (var block in Blocks)
                        x = block.Forward(x);
                    foreach (var block in Others)
                        x = block.Forward(x);
                    return Linear(x, Embedding);
                }
            }
            """;
        var generation = Generation.RunWithReferences([MetadataReference.CreateFromFile(typeof(Cambium.Models.LlamaMlp).Assembly.Location)], source);
        Check(BuiltModel.Build(generation,
            new(Config) { ["num_attention_heads"] = 4, ["num_key_value_heads"] = 2, ["head_dim"] = 6, ["intermediate_size"] = 37,
                ["attention_bias"] = true }, 0.3));
    }

    private static void Check(BuiltModel built)
    {
        using var model = built;
        int[][] sequences = [[.. Enumerable.Range(0, 41).Select(static i => (i * 29) % 53)], [7], [0, 29, 5, 11]];

        // An error of zero would mean that nothing was compared: single precision is not exact.
        Assert.InRange(
            model.LargestError(new EngineOptions { Threads = 2, ChunkSize = 32, MaxRowsPerStep = 13, PoolTokens = 2048 }, sequences),
            1e-9,
            1);
    }
}
