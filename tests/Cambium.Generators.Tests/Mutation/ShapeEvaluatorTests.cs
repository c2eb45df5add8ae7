using Cambium.Generators.Tests.Mutation.Evaluation;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>The evaluator distinguishes valid from invalid classes.</summary>
public sealed class ShapeEvaluatorTests
{
    public static TheoryData<string> Right => [.. Sources.Names(20)];

    [Theory]
    [MemberData(nameof(Right))]
    public void A_class_without_mutation_is_valid(string name)
    {
        var verdict = Judge(Sources.Get(name));
        Assert.True(verdict.IsValid, verdict.ToString());
    }

    [Theory]
    [InlineData("x = block.Forward(x);", "x = Concat(block.Forward(x), x);", "Shape")]
    [InlineData("RmsNorm(x, Norm, Epsilon)", "RmsNorm(x, Norm[Vocab], Epsilon)", "Shape")]
    [InlineData("\"norm\", \"Hidden\"", "\"norm\", \"Hiden\"", "Name")]
    [InlineData("var x = Embedding[tokens];", "var x = Embedding[tokens]; lock (this) { }", "Construct")]
    [InlineData("[Weight(\"norm\", \"Hidden\")]", "", "Declaration")]
    [InlineData("h, h, h, score", "h, Repeat(h, 2), Repeat(h, 2), score", "Range")]
    [InlineData("Slope[at.Head]", "Slope[at.Head, at.Key]", "Shape")]
    [InlineData("\"slope\", \"Heads\"", "\"slope\", \"Hidden\"", "Shape")]
    [InlineData("Heads * HeadDim), O)", "Hidden), O)", "Shape")]
    public void A_class_with_an_error_is_invalid(string before, string after, string what)
    {
        Assert.Contains(before, Sample.Whole, StringComparison.Ordinal);
        var verdict = Judge([Sample.Whole.Replace(before, after, StringComparison.Ordinal)]);
        Assert.True(verdict.IsInvalid && verdict.Failures[0].What.ToString() == what, verdict.ToString());
    }

    private static Verdict Judge(IReadOnlyList<string> sources) =>
        ShapeEvaluator.Judge([.. sources.Select(static source => CSharpSyntaxTree.ParseText(source, Generation.Parsing).GetRoot())], 1);
}
