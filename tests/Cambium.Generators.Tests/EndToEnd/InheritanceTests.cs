using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Blocks that extend blocks: their programs are those of single classes with all members.</summary>
public sealed class InheritanceTests
{
    private const string Model = """
        namespace Sample;

        [Model("TinyForCausalLM")]
        public partial class Tiny
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("num_layers")] public partial int Layers { get; }
            [Weight("embed", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Blocks("layers.{i}", Count = nameof(Layers))] public partial BlockStack<Layer> Blocks { get; }
            [Block("last")] public partial Layer Last { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens];
                foreach (var block in Blocks)
                    x = block.Forward(x);
                return Linear(Last.Inner(x), Embedding);
            }
        }
        """;

    private const string Dims = """
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("heads")] public partial int Heads { get; }
            [Dim(Default = "Hidden / Heads")] public partial int HeadDim { get; }
            [Option(Default = nameof(HeadDim))] public partial Rotary Rope { get; }
            [Option("gated", Default = false)] public partial bool Gated { get; }
        """;

    /// <summary>A class that extends others, and a single class with all members.</summary>
    public static TheoryData<string, string, string> Classes => new()
    {
        {
            "an abstract base calls an overridden method",
            $$"""
            [Block] public abstract partial class Half
            {
            {{Dims}}
                [Weight("norm", "Hidden")] public partial Tensor Gain { get; }
                public Tensor Forward(Tensor x) => x + Inner(RmsNorm(x, Gain, 1e-5f));
                public abstract Tensor Inner(Tensor x);
            }
            [Block] public partial class Layer : Half
            {
                [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }
                public override Tensor Inner(Tensor x) => Tanh(Linear(x, W)) * Heads;
            }
            """,
            $$"""
            [Block] public partial class Layer
            {
            {{Dims}}
                [Weight("norm", "Hidden")] public partial Tensor Gain { get; }
                public Tensor Forward(Tensor x) => x + Inner(RmsNorm(x, Gain, 1e-5f));
                [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }
                public Tensor Inner(Tensor x) => Tanh(Linear(x, W)) * Heads;
            }
            """
        },
        {
            "an override that calls its base, over two generations",
            $$"""
            [Block] public partial class First
            {
            {{Dims}}
                [Weight("a", "Hidden, Hidden")] public partial Tensor A { get; }
                public Tensor Forward(Tensor x) => Inner(x) * Factor();
                public virtual Tensor Inner(Tensor x) => Linear(x, A);
                protected virtual int Factor() => 2;
            }
            [Block] public partial class Second : First
            {
                public override Tensor Inner(Tensor x) => base.Inner(x) + Silu(x);
                protected override int Factor() => base.Factor() + Heads;
            }
            [Block] public partial class Layer : Second
            {
                [Weight("b", "Hidden, Hidden", TiedTo = nameof(A), TiedWhen = "tie")] public partial Tensor B { get; }
                public override Tensor Inner(Tensor x) => Linear(base.Inner(x), B) - x;
            }
            """,
            $$"""
            [Block] public partial class Layer
            {
            {{Dims}}
                [Weight("a", "Hidden, Hidden")] public partial Tensor A { get; }
                public Tensor Forward(Tensor x) => Inner(x) * (2 + Heads);
                private Tensor FirstInner(Tensor x) => Linear(x, A);
                private Tensor SecondInner(Tensor x) => FirstInner(x) + Silu(x);
                [Weight("b", "Hidden, Hidden", TiedTo = nameof(A), TiedWhen = "tie")] public partial Tensor B { get; }
                public Tensor Inner(Tensor x) => Linear(SecondInner(x), B) - x;
            }
            """
        },
        {
            "attention, its lambda and a block of the base",
            $$"""
            [Block] public partial class Gate
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("g", "Hidden")] public partial Tensor G { get; }
                public Tensor Forward(Tensor x) => x * Sigmoid(G);
            }
            [Block] public abstract partial class Attention
            {
            {{Dims}}
                [Weight("q", "Hidden, Hidden")] public partial Tensor Q { get; }
                [Weight("k", "Hidden, Hidden")] public partial Tensor K { get; }
                [Weight("bias", "Hidden", When = nameof(Gated))] protected partial Tensor Bias { get; }
                [Block("gate")] public partial Gate Gate { get; }
                public Tensor Forward(Tensor x) => x + Inner(x);
                public Tensor Inner(Tensor x)
                {
                    var (q, k) = (Heading(Linear(x, Q)), Heading(Linear(x, K, Bias)));
                    return Gate.Forward(Reshape(Attend(q, k, k, score: (s, at) => Bent(s, at)), Hidden));
                }
                protected virtual Tensor Heading(Tensor x) => Reshape(x, Heads, HeadDim);
                protected abstract Score Bent(Score score, Position at);
                protected int Twice(int n) => 2 * n;
            }
            [Block] public partial class Layer : Attention
            {
                [StackIndex] public partial int Place { get; }
                protected override Tensor Heading(Tensor x) => Rotate(base.Heading(x), Rope);
                protected override Score Bent(Score score, Position at) => score - Slope(at.Query - at.Key);
                private Score Slope(Score distance) => 0.25f * distance / Twice(Heads);
            }
            """,
            $$"""
            [Block] public partial class Gate
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("g", "Hidden")] public partial Tensor G { get; }
                public Tensor Forward(Tensor x) => x * Sigmoid(G);
            }
            [Block] public partial class Layer
            {
            {{Dims}}
                [Weight("q", "Hidden, Hidden")] public partial Tensor Q { get; }
                [Weight("k", "Hidden, Hidden")] public partial Tensor K { get; }
                [Weight("bias", "Hidden", When = nameof(Gated))] public partial Tensor Bias { get; }
                [Block("gate")] public partial Gate Gate { get; }
                public Tensor Forward(Tensor x) => x + Inner(x);
                public Tensor Inner(Tensor x)
                {
                    var (q, k) = (Heading(Linear(x, Q)), Heading(Linear(x, K, Bias)));
                    return Gate.Forward(Reshape(Attend(q, k, k, score: (s, at) => s - 0.25f * (at.Query - at.Key) / (2 * Heads)), Hidden));
                }
                private Tensor Heading(Tensor x) => Rotate(Reshape(x, Heads, HeadDim), Rope);
            }
            """
        },
        {
            "private members of one name are each their class's own",
            $$"""
            [Block] public partial class Base
            {
                [Dim("inner")] private partial int Size { get; }
                [Dim("hidden_size")] protected partial int Hidden { get; }
                [Weight("up", "Size, Hidden")] private partial Tensor W { get; }
                public Tensor Forward(Tensor x) => x + Inner(x);
                public Tensor Inner(Tensor x) => Fold(Linear(Own(x), W));
                private Tensor Own(Tensor x) => Tanh(x) * Size;
                protected virtual Tensor Fold(Tensor x) => x;
            }
            [Block] public partial class Layer : Base
            {
                [Dim("inner", Default = "3")] private partial int Size { get; }
                [Weight("down", "Hidden, Size")] private partial Tensor W { get; }
                protected override Tensor Fold(Tensor x) => Linear(Own(x), W);
                private Tensor Own(Tensor x) => Silu(x) * Size;
            }
            """,
            $$"""
            [Block] public partial class Layer
            {
                [Dim("inner")] private partial int Size { get; }
                [Dim("hidden_size")] protected partial int Hidden { get; }
                [Dim("inner", Default = "3")] private partial int Size2 { get; }
                [Weight("up", "Size, Hidden")] private partial Tensor W { get; }
                [Weight("down", "Hidden, Size")] private partial Tensor W2 { get; }
                public Tensor Forward(Tensor x) => x + Inner(x);
                public Tensor Inner(Tensor x) => Fold(Linear(Own(x), W));
                private Tensor Own(Tensor x) => Tanh(x) * Size;
                private Tensor Fold(Tensor x) => Linear(Own2(x), W2);
                private Tensor Own2(Tensor x) => Silu(x) * Size2;
            }
            """
        },
    };

    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "TinyForCausalLM" }, ["hidden_size"] = 12, ["vocab_size"] = 23, ["num_layers"] = 3, ["heads"] = 2,
        ["gated"] = true, ["inner"] = 7, ["tie"] = false, ["max_position_embeddings"] = 64,
    };

    private static readonly int[][] Prompts = [[5], [3, 1, 4, 1, 5, 9, 2, 6, 5], [11, 2]];

    [Theory]
    [MemberData(nameof(Classes))]
    public void A_block_with_base_classes_gives_the_result_of_a_single_class(string description, string extending, string alone)
    {
        Assert.NotEmpty(description);
        using var derived = BuiltModel.Build([Model + extending], Config);
        using var single = BuiltModel.Build([Model + alone], Config);
        Assert.Equal(
            single.Logits(new EngineOptions(), Prompts).SelectMany(static row => row),
            derived.Logits(new EngineOptions(), Prompts).SelectMany(static row => row));
        Assert.InRange(derived.LargestError(new EngineOptions { ChunkSize = 32, MaxRowsPerStep = 3 }, Prompts), 0, 1);
    }

    [Fact]
    public void A_base_class_can_be_in_another_assembly()
    {
        const string library = """
            namespace Library;

            [Block] public partial class Root
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("r", "Hidden")] protected partial Tensor R { get; }
                protected Tensor Scaled(Tensor x) => x * R * Half();
                protected virtual float Half() => 0.5f;
            }

            [Block] public abstract partial class Residual : Root
            {
                public Tensor Forward(Tensor x) => x + Inner(Scaled(x));
                public abstract Tensor Inner(Tensor x);
            }
            """;
        const string layer = """
            [Block] public partial class Layer : Library.Residual
            {
                [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }
                public override Tensor Inner(Tensor x) => Scaled(Linear(x, W)) + R;
                protected override float Half() => base.Half() * 3;
            }
            """;
        const string alone = """
            [Block] public partial class Layer
            {
                [Dim("hidden_size")] public partial int Hidden { get; }
                [Weight("r", "Hidden")] protected partial Tensor R { get; }
                protected Tensor Scaled(Tensor x) => x * R * (0.5f * 3);
                public Tensor Forward(Tensor x) => x + Inner(Scaled(x));
                [Weight("w", "Hidden, Hidden")] public partial Tensor W { get; }
                public Tensor Inner(Tensor x) => Scaled(Linear(x, W)) + R;
            }
            """;
        var assembly = Generation.Library("Library", library);
        var generation = Generation.RunWithReferences([assembly.AsReference()], Model + layer);
        var project = Generation.RunWithReferences([assembly.Output.ToMetadataReference()], Model + layer);
        Assert.Empty(project.Diagnostics);
        Assert.Equal(generation.File("Tiny.Program.g.cs"), project.File("Tiny.Program.g.cs"));
        using var derived = BuiltModel.Build(generation, Config, 0.4, assembly.Image());
        using var single = BuiltModel.Build([Model + alone], Config);
        Assert.Equal(
            single.Logits(new EngineOptions(), Prompts).SelectMany(static row => row),
            derived.Logits(new EngineOptions(), Prompts).SelectMany(static row => row));
    }

    [Fact]
    public void An_error_in_a_referenced_base_is_reported_at_the_derived_class()
    {
        var assembly =
            Generation.Library("Library",
                "namespace Library; [Block] public abstract partial class Base { [Dim(\"n\")] public partial int N { get; } [Weight(\"w\", \"N\")] "
                    + "public partial Tensor W { get; } public Tensor Forward(Tensor x) => Linear(Inner(x), W); "
                    + "public abstract Tensor Inner(Tensor x); }");
        const string layer = "[Block] public partial class Layer : Library.Base { public override Tensor Inner(Tensor x) => x; }";
        var found = Generation.RunWithReferences([assembly.AsReference()], Model + layer).Diagnostics;
        Assert.All(found,
            static diagnostic =>
                Assert.Equal(("CMB101", "Layer"),
                    (diagnostic.Id,
                        diagnostic.Location.SourceTree!.ToString().Substring(diagnostic.Location.SourceSpan.Start,
                            diagnostic.Location.SourceSpan.Length))));
        Assert.NotEmpty(found);
    }
}
