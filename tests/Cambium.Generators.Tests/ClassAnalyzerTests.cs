using System.Globalization;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>What one class shows is the analyzer's, so that an editor shows it while the author types.</summary>
public sealed class ClassAnalyzerTests
{
    private static readonly string Unknown = Sample.Model("return Linear(Embedding[tokens] * Math.Cos(1), Embedding);");

    [Fact]
    public void The_generator_leaves_the_mistakes_of_one_class_to_the_analyzer()
    {
        var generation = Generation.Run(Unknown);
        Assert.Empty(generation.Result.Diagnostics);
        Assert.Equal("CMB013", Assert.Single(generation.Diagnostics).Id);
    }

    [Fact]
    public void A_project_without_analyzers_has_the_mistakes_from_the_generator()
    {
        var generation = Generation.RunWithOptions(new Dictionary<string, string> { ["build_property.RunAnalyzers"] = "false" }, Unknown);
        Assert.Equal("CMB013", Assert.Single(generation.Result.Diagnostics).Id);
    }

    [Fact]
    public void A_pragma_silences_a_mistake() => Assert.True(Assert.Single(Generation.Run("#pragma warning disable CMB013\n" + Unknown).WithSuppressed).IsSuppressed);

    [Fact]
    public void A_weight_that_nothing_uses_is_checked_too()
    {
        var mistake = Assert.Single(Generation.Run(Sample.Model("return Linear(Embedding[tokens], Embedding);", "    [Weight(\"w\", \"Hiden\")] public partial Tensor W { get; }")).Diagnostics);
        Assert.Equal("CMB103", mistake.Id);
        Assert.Contains("'Hiden'", mistake.GetMessage(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_of_ties_is_one_mistake_wherever_one_enters_it() => Assert.Equal("CMB104", Assert.Single(Generation.Run(Sample.Model("return Linear(Embedding[tokens], C);", """
            [Weight("c", "Vocab, Hidden", TiedTo = nameof(A))] public partial Tensor C { get; }
            [Weight("a", "Vocab, Hidden", TiedTo = nameof(B))] public partial Tensor A { get; }
            [Weight("b", "Vocab, Hidden", TiedTo = nameof(A))] public partial Tensor B { get; }
        """)).Diagnostics).Id);

    [Fact]
    public void The_folder_of_generated_files_has_the_name_of_the_generator() => Assert.Equal(Known.GeneratorName, typeof(ModelGenerator).FullName);

    [Fact]
    public void Generated_members_are_not_reported() => Assert.Empty(Generation.Run(Sample.Whole).Diagnostics);
}
