using System.Globalization;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>The analyzer reports errors that need only the source of one class, while the author types.</summary>
public sealed class ClassAnalyzerTests
{
    private static readonly string Unknown = Sample.Model("return Linear(Embedding[tokens] * Math.Cos(1), Embedding);");

    [Fact]
    public void The_analyzer_reports_errors_of_one_class()
    {
        var generation = Generation.Run(Unknown);
        Assert.Empty(generation.Result.Diagnostics);
        Assert.Equal("CMB013", Assert.Single(generation.Diagnostics).Id);
    }

    [Fact]
    public void Without_analyzers_the_generator_reports_all_errors()
    {
        var generation = Generation.RunWithOptions(new Dictionary<string, string> { ["build_property.RunAnalyzers"] = "false" }, Unknown);
        Assert.Equal("CMB013", Assert.Single(generation.Result.Diagnostics).Id);
    }

    [Fact]
    public void A_pragma_suppresses_a_diagnostic() =>
        Assert.True(Assert.Single(Generation.Run("#pragma warning disable CMB013\n" + Unknown).WithSuppressed).IsSuppressed);

    [Fact]
    public void An_unused_weight_is_checked()
    {
        var diagnostic =
            Assert.Single(
                Generation.Run(
                    Sample.Model("return Linear(Embedding[tokens], Embedding);",
                        "    [Weight(\"w\", \"Hiden\")] public partial Tensor W { get; }")).Diagnostics);
        Assert.Equal("CMB103", diagnostic.Id);
        Assert.Contains("'Hiden'", diagnostic.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Fact]
    public void A_cycle_of_ties_is_reported_once() =>
        Assert.Equal("CMB104", Assert.Single(Generation.Run(Sample.Model("return Linear(Embedding[tokens], C);", """
            [Weight("c", "Vocab, Hidden", TiedTo = nameof(A))] public partial Tensor C { get; }
            [Weight("a", "Vocab, Hidden", TiedTo = nameof(B))] public partial Tensor A { get; }
            [Weight("b", "Vocab, Hidden", TiedTo = nameof(A))] public partial Tensor B { get; }
        """)).Diagnostics).Id);

    [Fact]
    public void The_folder_of_generated_files_has_the_name_of_the_generator() => Assert.Equal(Known.GeneratorName, typeof(ModelGenerator).FullName);

    [Fact]
    public void Generated_members_are_not_reported() => Assert.Empty(Generation.Run(Sample.Whole).Diagnostics);
}
