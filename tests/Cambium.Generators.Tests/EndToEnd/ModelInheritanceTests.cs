using System.Text.RegularExpressions;
using Cambium.Runtime;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Models that extend abstract models: their programs are those of one class with all members.</summary>
public sealed class ModelInheritanceTests
{
    private const string Layer = """
        [Block]
        public partial class Layer
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Weight("q", "Hidden, Hidden")] public partial Tensor Q { get; }
            public Tensor Forward(Tensor x)
            {
                var h = Reshape(Linear(x, Q), 1, Hidden);
                return x + Reshape(Attend(h, h, h), Hidden);
            }
        }
        """;

    private const string Decoder = """
        [Model]
        [Expects("hidden_act", "tanh")]
        public abstract partial class Decoder
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("num_layers")] public partial int Layers { get; }
            [Option("kind", Default = "plain")] public partial string Kind { get; }
            [Weight("embed", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("head", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie")] public partial Tensor Head { get; }

            public virtual Tensor Forward(Tokens tokens) => Linear(Norm(RunLayers(Embed(tokens))), Head);
            protected virtual Tensor Embed(Tokens tokens) => Embedding[tokens];
            protected abstract Tensor RunLayers(Tensor x);
            protected abstract Tensor Norm(Tensor x);

            [EntryPoint(Rows = ResultRows.Last)]
            public Tensor Mix(Tokens tokens, [Shape("Hidden")] Tensor states) => Norm(Embedding[tokens] * states);
        }

        [Model]
        public abstract partial class RmsDecoder : Decoder
        {
            [Option("eps", Default = 1e-5f)] public partial float Epsilon { get; }
            [Weight("norm", "Hidden")] protected partial Tensor Gain { get; }
            protected override Tensor Norm(Tensor x) => RmsNorm(x, Gain, Epsilon);
        }
        """;

    private const string Tiny = """
        [Model("TinyForCausalLM")]
        public sealed partial class Tiny : RmsDecoder
        {
            [Option("scale", Default = 2f)] public partial float Scale { get; }
            [Blocks("layers.{i}", Count = nameof(Layers))] public partial BlockStack<Layer> Blocks { get; }

            protected override Tensor Embed(Tokens tokens) => base.Embed(tokens) * Scale;
            protected override Tensor RunLayers(Tensor x)
            {
                foreach (var block in Blocks)
                    x = block.Forward(x);
                return Kind == "plain" ? x : Tanh(x);
            }
        }
        """;

    private const string Single = """
        [Model("TinyForCausalLM")]
        [Expects("hidden_act", "tanh")]
        public sealed partial class Tiny
        {
            [Dim("hidden_size")] public partial int Hidden { get; }
            [Dim("vocab_size")] public partial int Vocab { get; }
            [Dim("num_layers")] public partial int Layers { get; }
            [Option("kind", Default = "plain")] public partial string Kind { get; }
            [Weight("embed", "Vocab, Hidden")] public partial Tensor Embedding { get; }
            [Weight("head", "Vocab, Hidden", TiedTo = nameof(Embedding), TiedWhen = "tie")] public partial Tensor Head { get; }
            [Option("eps", Default = 1e-5f)] public partial float Epsilon { get; }
            [Weight("norm", "Hidden")] public partial Tensor Gain { get; }
            [Option("scale", Default = 2f)] public partial float Scale { get; }
            [Blocks("layers.{i}", Count = nameof(Layers))] public partial BlockStack<Layer> Blocks { get; }

            public Tensor Forward(Tokens tokens)
            {
                var x = Embedding[tokens] * Scale;
                foreach (var block in Blocks)
                    x = block.Forward(x);
                x = Kind == "plain" ? x : Tanh(x);
                return Linear(RmsNorm(x, Gain, Epsilon), Head);
            }

            [EntryPoint(Rows = ResultRows.Last)]
            public Tensor Mix(Tokens tokens, [Shape("Hidden")] Tensor states) => RmsNorm(Embedding[tokens] * states, Gain, Epsilon);
        }
        """;

    private static readonly Dictionary<string, object> Config = new()
    {
        ["architectures"] = new[] { "TinyForCausalLM" }, ["hidden_size"] = 12, ["vocab_size"] = 23, ["num_layers"] = 3, ["kind"] = "curved",
        ["scale"] = 0.5, ["tie"] = false, ["hidden_act"] = "tanh",
        ["max_position_embeddings"] = 64,
    };

    private static readonly int[][] Prompts = [[5], [3, 1, 4, 1, 5, 9, 2, 6, 5], [11, 2]];

    [Fact]
    public void The_program_equals_that_of_a_single_class()
    {
        var extending = Verify.Clean(Layer + Decoder + Tiny).File("Tiny.Program.g.cs");
        var single = Verify.Clean(Layer + Single).File("Tiny.Program.g.cs");
        Assert.Equal(
            WithoutRemarks(single.Replace("partial class Tiny : Runtime::CompiledModel", "partial class Tiny", StringComparison.Ordinal)),
            WithoutRemarks(extending));

        // A remark has the text of the class, which is another one here.
        static string WithoutRemarks(string code) => Regex.Replace(code, "(?m)^ *// .*\n", "");
    }

    [Fact]
    public void The_logits_equal_the_interpreters()
    {
        using var model = BuiltModel.Build([Layer + Decoder + Tiny], Config);
        Assert.InRange(model.LargestError(new EngineOptions { ChunkSize = 32, MaxRowsPerStep = 3 }, Prompts), 1e-9, 1);
    }

    [Fact]
    public void Inherited_dims_and_options_have_values_after_loading()
    {
        using var model = BuiltModel.Build([Layer + Decoder + Tiny], Config);
        object? Value(string property) => model.Model.GetType().GetProperty(property)!.GetValue(model.Model);
        Assert.Equal((12, 3, "curved", 0.5f), (Value("Hidden"), Value("Layers"), Value("Kind"), Value("Scale")));
    }

    [Fact]
    public void Entry_points_are_inherited()
    {
        using var model = BuiltModel.Build([Layer + Decoder + Tiny], Config);
        Assert.Equal(
            [("Forward", ResultRows.All), ("Mix", ResultRows.Last)],
            model.Model.EntryPoints.Select(static entry => (entry.Name, entry.Rows)));
    }

    [Fact]
    public void An_inherited_expectation_is_checked() =>
        Assert.Contains(
            "hidden_act",
            Assert.ThrowsAny<Exception>(static () => BuiltModel.Build([Layer + Decoder + Tiny], new(Config) { ["hidden_act"] = "silu" })).ToString(),
            StringComparison.Ordinal);

    [Fact]
    public void An_overridden_Forward_is_the_entry_point()
    {
        var source = Layer + Decoder + Tiny.Replace(
            "protected override Tensor Embed",
            "public override Tensor Forward(Tokens tokens) => base.Forward(tokens) * 3;\n    protected override Tensor Embed",
            StringComparison.Ordinal);
        var plain = Verify.Clean(Layer + Decoder + Tiny).File("Tiny.Program.g.cs");
        Assert.NotEqual(plain, Verify.Clean(source).File("Tiny.Program.g.cs"));
    }

    [Fact]
    public void An_abstract_model_of_another_assembly_gives_the_same_program()
    {
        var library = Generation.Library("Library", "namespace Library;\n" + Decoder);
        var source = Layer + Tiny.Replace(": RmsDecoder", ": Library.RmsDecoder", StringComparison.Ordinal);
        var generation = Generation.RunWithReferences([library.AsReference()], source);
        Verify.CSharpIsContent(generation);
        Assert.Equal(Verify.Clean(Layer + Decoder + Tiny).File("Tiny.Program.g.cs"), generation.File("Tiny.Program.g.cs"));

        // In an editor the reference is a compilation, whose classes have source.
        var project = Generation.RunWithReferences([library.Output.ToMetadataReference()], source);
        Assert.Empty(project.Diagnostics);
        Assert.Equal(generation.File("Tiny.Program.g.cs"), project.File("Tiny.Program.g.cs"));

        using var model = BuiltModel.Build(generation, Config, 0.4, library.Image());
        Assert.InRange(model.LargestError(new EngineOptions(), Prompts), 1e-9, 1);
    }

    [Fact]
    public void A_skeleton_of_the_zoo_can_be_extended()
    {
        const string source = """
            [Model("MineForCausalLM")]
            public sealed partial class Mine : Cambium.Models.RmsNormDecoder
            {
                [Blocks("model.layers.{i}", Count = nameof(Layers))] public partial BlockStack<Cambium.Models.LlamaBlock> Blocks { get; }
                protected override Tensor RunLayers(Tensor x)
                {
                    foreach (var block in Blocks)
                        x = block.Forward(x);
                    return x;
                }
            }
            """;
        var generation = Generation.RunWithReferences([MetadataReference.CreateFromFile(typeof(Cambium.Models.Llama).Assembly.Location)], source);
        Assert.Empty(generation.Diagnostics);
        Verify.CSharpIsContent(generation);
        Assert.Contains("static Mine Load(", generation.File("Mine.Program.g.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_a_referenced_abstract_model_is_reported_at_the_model()
    {
        // The weight's shape fits no product, which shows only in a model that uses it.
        var library = Generation.Library(
            "Library",
            "namespace Library;\n" + Decoder.Replace("\"norm\", \"Hidden\"", "\"norm\", \"Vocab\"", StringComparison.Ordinal));
        var source = Layer + Tiny.Replace(": RmsDecoder", ": Library.RmsDecoder", StringComparison.Ordinal);
        var generation = Generation.RunWithReferences([library.AsReference()], source);
        Assert.NotEmpty(generation.Diagnostics);
        Assert.All(generation.Diagnostics, static found =>
        {
            Assert.Equal("CMB101", found.Id);
            Assert.Equal("Tiny", found.Location.SourceTree!.ToString().Substring(found.Location.SourceSpan.Start, found.Location.SourceSpan.Length));
            Assert.StartsWith(
                "In the class 'Library.RmsDecoder' of 'Library': ",
                found.GetMessage(System.Globalization.CultureInfo.InvariantCulture),
                StringComparison.Ordinal);
        });
    }

    [Fact]
    public void An_abstract_model_alone_has_no_program()
    {
        var generation = Verify.Clean(Decoder);
        Assert.DoesNotContain(generation.Result.GeneratedSources, static file => file.HintName.Contains("Program", StringComparison.Ordinal));
        Assert.Contains(
            "partial class Decoder : global::Cambium.Runtime.CompiledModel",
            generation.Result.GeneratedSources.Single(static file => file.HintName == "Decoder.Surface.g.cs").SourceText.ToString(),
            StringComparison.Ordinal);
    }
}
