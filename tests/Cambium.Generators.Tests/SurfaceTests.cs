using System.Globalization;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The generated members of a class without its program.</summary>
public sealed class SurfaceTests
{
    public static TheoryData<string> Names => DiagnosticSamples.Names;

    [Fact]
    public void Dims_and_options_of_a_model_have_fields_for_Load_to_set()
    {
        var surface = Verify.Clean(Sample.Whole).File("Tiny.Surface.g.cs");
        Assert.Contains(
            "    private int _hidden;\n\n    /// <summary>A size, <c>hidden_size</c> in <c>config.json</c>.</summary>\n    public partial int "
                + "Hidden => _hidden;\n", surface, StringComparison.Ordinal);
        Assert.Contains("    private float _epsilon;\n", surface, StringComparison.Ordinal);
        Assert.Contains("public partial global::Cambium.Tensor Norm => throw", surface, StringComparison.Ordinal);
    }

    [Fact]
    public void Generated_documentation_shows_shape_and_tensor_name()
    {
        var generation = Verify.Clean("""
            [Block]
            public partial class Part
            {
                [Dim("n")] public partial int N { get; }
                /// <summary>Mine.</summary>
                [Weight("w", "N, 3")] public partial Tensor W { get; }
                [Option("bias", Default = false)] public partial bool HasBias { get; }
                [Weight("b|bias", "3 * N", When = nameof(HasBias))] public partial Tensor B { get; }
                public Tensor Forward(Tensor x) => x + B;
            }
            """);
        var part = generation.Output.GetTypeByMetadataName("Part")!;

        Assert.Contains("<c>f32[3 * N]</c>, the tensor <c>b|bias</c>; zeros unless <c>HasBias</c> is true.", Shown("B"), StringComparison.Ordinal);
        Assert.Contains("Boolean, <c>bias</c> in <c>config.json</c>; default <c>false</c>.", Shown("HasBias"), StringComparison.Ordinal);

        // The author's documentation is kept.
        Assert.Contains("Mine.", Shown("W"), StringComparison.Ordinal);
        Assert.DoesNotContain("f32", Shown("W"), StringComparison.Ordinal);

        string Shown(string member) => part.GetMembers(member).Single().GetDocumentationCommentXml()!;
    }

    [Fact]
    public void Text_options_start_empty() => Assert.Contains(
        "private string _activation = \"\";",
        Verify.Clean(Sample.Model("return Linear(Embedding[tokens], Embedding);", "    [Option(\"act\")] public partial string Activation { get; }"))
            .File("Tiny.Surface.g.cs"),
        StringComparison.Ordinal);

    [Fact]
    public void A_property_of_a_block_has_no_value() => Assert.Contains(
        "public partial int Hidden => throw",
        Verify.Clean(Sample.Whole).File("Layer.Surface.g.cs"),
        StringComparison.Ordinal);

    [Fact]
    public void Code_that_uses_a_model_with_errors_compiles()
    {
        var generation = Generation.Run(
            Sample.Model("return Linear(Embedding[tokens] * Math.Cos(1), Embedding);"),
            """
            static class Use
            {
                public static Cambium.Runtime.CompiledModel Load() => Sample.Tiny.Load("folder", new Cambium.Runtime.Loading.LoadOptions());
                public static string First => Sample.Tiny.Architectures[0] + Sample.Tiny.Load("x").Hidden;
            }
            """);
        Assert.Equal("CMB013", Assert.Single(generation.Diagnostics).Id);
        Verify.CSharpIsContent(generation);
        Assert.Contains("Architectures { get; } = [\"TinyForCausalLM\"];", generation.File("Tiny.Unavailable.g.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void Modifiers_and_keywords_are_kept() => Verify.Clean("""
        namespace Sample.@event;
        [Block]
        internal sealed partial class @class
        {
            [Dim("a")] internal partial int @int { get; }
            [Weight("w", "3, 3")] private partial Tensor W { get; }
            [Option("text")] public partial string? Text { get; }
            internal Tensor Forward(Tensor x) => Linear(x, W);
        }
        """);

    [Fact]
    public void Equal_names_in_two_namespaces_do_not_collide() => Verify.Clean(
        "namespace A { [Block] partial class Part { [Weight(\"w\", \"3, 3\")] public partial Tensor W { get; } "
            + "Tensor Forward(Tensor x) => Linear(x, W); } }",
        "namespace B { [Block] partial class Part { [Weight(\"w\", \"3, 3\")] public partial Tensor W { get; } "
            + "Tensor Forward(Tensor x) => Linear(x, W); } }");

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_sources_give_the_same_bytes_in_any_order_and_culture(string name)
    {
        var source = Marked.Parse(DiagnosticSamples.Get(name).Source).Text;
        const string other =
            "namespace Elsewhere; [Block] public partial class Part { [Weight(\"w\", \"3, 3\")] public partial Tensor W { get; } "
                + "public Tensor Forward(Tensor x) => 1.5f * Linear(x, W); }";
        var before = CultureInfo.CurrentCulture;
        var one = Files(Generation.RunFiles(("A.cs", source), ("B.cs", other)));
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("", false) { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "~" } };
            Assert.Equal(one, Files(Generation.RunFiles(("B.cs", other), ("A.cs", source))));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static List<(string, string)> Files(Generation generation) =>
        [.. generation.Result.GeneratedSources.Select(static source => (source.HintName, source.SourceText.ToString()))
            .OrderBy(static file => file.HintName, StringComparer.Ordinal)];
}
