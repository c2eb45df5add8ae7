using System.Globalization;
using Cambium.Generators.Linking;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>Diagnostics of missing and unreadable descriptions, and the runs that read references.</summary>
public sealed class ForeignBlockTests
{
    private const string Part = "namespace Library; [Block] public partial class Part { [Dim(\"hidden_size\")] public partial int Hidden { get; } "
        + "[Weight(\"w\", \"Hidden, 3\")] public partial Tensor W { get; } public Tensor Forward(Tensor x) => Linear(x, W); }";

    private static readonly string Model = Sample.Model(
        "return Linear(Mine.Forward(Embedding[tokens]), Embedding);",
        "    [Block(\"part\")] public partial Library.Part Mine { get; }");

    [Fact]
    public void An_error_in_a_referenced_block_is_reported_at_the_property()
    {
        var diagnostic = Assert.Single(Generation.RunWithReferences([Generation.Library("Lib", Part).AsReference()], Model).Diagnostics);
        Assert.Equal("CMB101", diagnostic.Id);
        Assert.Equal("Block(\"part\")", TextAt(diagnostic));
        Assert.StartsWith("In the class 'Library.Part' of 'Lib': ", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Library.Part\", 77, \"\"", "has format 77")]
    [InlineData("\"Library.Part\", 0, \"\"", "has format 0")]
    [InlineData("\"Library.Part\", 1, \"(class\"", "is damaged: character 6 of 6")]
    [InlineData("\"Library.Part\", 1, \"(class \\\"Other\\\" \\\"Other\\\" [] [] [] [] [] [])\"", "is damaged: it describes 'Other'")]
    public void An_unreadable_description_is_reported_at_the_property(string attribute, string why)
    {
        var diagnostic = Assert.Single(Generation.RunWithLibrary(
            $"[assembly: Cambium.BlockSpec({attribute})] namespace Library {{ [Block] "
                + $"public class Part {{ public Tensor Forward(Tensor x) => x; }} }}", Model).Diagnostics);
        Assert.Equal("CMB016", diagnostic.Id);
        Assert.Equal("Block(\"part\")", TextAt(diagnostic));
        var message = diagnostic.GetMessage(CultureInfo.InvariantCulture);
        Assert.Contains("'Library.Part' of the assembly 'Library'", message, StringComparison.Ordinal);
        Assert.Contains(why.Split(':')[^1], message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_without_a_description_is_reported_in_a_library()
    {
        const string inner = "namespace Library; [Block] public class Part { public Tensor Forward(Tensor x) => x; }";
        const string outer =
            "namespace Outer; [Block] public partial class Shell { [Block(\"p\")] public partial Library.Part Inner { get; } "
                + "public Tensor Forward(Tensor x) => Inner.Forward(x); }";
        Assert.Equal("CMB012", Assert.Single(Generation.RunWithLibrary(inner, outer).Diagnostics).Id);
    }

    [Fact]
    public void Two_assemblies_can_have_blocks_of_one_name()
    {
        const string hidden =
            "[Block] internal partial class Same {{ [Dim(\"hidden_size\")] public partial int Hidden {{ get; }} [Weight(\"w\", \"Hidden, Hidden\")] "
                + "public partial Tensor W {{ get; }} public Tensor Forward(Tensor x) => {0} * Linear(x, W); }}";
        static string Of(string space, string factor) =>
            $"namespace Parts {{ {string.Format(CultureInfo.InvariantCulture, hidden, factor)} }} namespace {space} {{ [Block] "
                + $"public partial class Use {{ [Block(\"s\")] internal partial Parts.Same Same {{ get; }} "
                + $"public Tensor Forward(Tensor x) => Same.Forward(x); }} }}";
        var generation = Generation.RunWithReferences(
            [Generation.Library("A", Of("A", "2")).AsReference(), Generation.Library("B", Of("B", "3")).AsReference()],
            Sample.Model("return Linear(One.Forward(Two.Forward(Embedding[tokens])), Embedding);",
                "    [Block(\"a\")] public partial A.Use One { get; }\n    [Block(\"b\")] public partial B.Use Two { get; }"));
        Assert.Empty(generation.Diagnostics);
        Verify.CSharpIsContent(generation);
        Assert.Equal(
            ["A.Use", "B.Use", "Parts.Same", "Parts.Same of B", "Sample.Layer"],
            Assert.Single(generation.Outputs<LinkedModel>(StepNames.Link)).Spec.Blocks.Select(static block => block.TypeName));
    }

    [Fact]
    public void A_block_with_errors_has_no_description()
    {
        var generation =
            Generation.Run(
                "[Block] public partial class Good { public Tensor Forward(Tensor x) => x; } [Block] "
                    + "public partial class Bad { public Tensor Forward(Tensor x) => x * Math.Cos(1); }");
        Assert.Contains("\"Good\"", generation.File("BlockSpecs.g.cs"), StringComparison.Ordinal);
        Assert.DoesNotContain("\"Bad\"", generation.File("BlockSpecs.g.cs"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_reads_no_reference_again()
    {
        var sound = Part.Replace("Hidden, 3", "Hidden, Hidden", StringComparison.Ordinal);
        var generation = Generation.RunWithReferences([Generation.Library("Lib", sound).AsReference()], Model, "class Other { int a; }");
        Assert.Empty(generation.Diagnostics);
        Assert.Single(generation.Outputs<Cambium.Generators.Reading.ReferencedAssembly>(StepNames.References));

        generation.Edit("class Other { int a, b; }", 1);
        Assert.NotEmpty(generation.Reasons(StepNames.References));
        foreach (var step in new[] { StepNames.References, StepNames.Program })
            Assert.All(generation.Reasons(step), static reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));

        generation.Edit(Model.Replace("return Linear", "return 2 * Linear", StringComparison.Ordinal));
        Assert.All(generation.Reasons(StepNames.References), static reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        Assert.Equal([IncrementalStepRunReason.Modified], generation.Reasons(StepNames.Program));
    }

    private static string TextAt(Diagnostic diagnostic) =>
        diagnostic.Location.SourceTree!.ToString().Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length);
}
