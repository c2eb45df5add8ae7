using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Cambium.Generators.Tests;

/// <summary>Incomplete source, as in an editor while the author types.</summary>
public sealed class HalfTypedTests
{
    private static readonly string Source = Sample.Model(
        """
                var (a, b) = Both(Embedding[tokens], y: 2);
                foreach (var block in Blocks)
                    a = block.Forward(a);
                a += Math.Sqrt(Hidden) * -b;
                return Linear(RmsNorm(a, Norm, Epsilon), Embedding);
        """,
        "    private (Tensor, Tensor) Both(Tensor x, int y = 1) => (x, x * y);");

    [Fact]
    public void A_missing_token_breaks_no_generated_code()
    {
        var tokens = CSharpSyntaxTree.ParseText(Source).GetRoot().DescendantTokens().Where(static token => token.Span.Length > 0).ToList();
        Assert.True(tokens.Count > 300);

        // A part of the tokens in each build; with an odd step every kind of token occurs.
        for (var i = 0; i < tokens.Count; i += 13)
            Survives(Source.Remove(tokens[i].SpanStart, tokens[i].Span.Length), $"without '{tokens[i].Text}' at {tokens[i].SpanStart}");
    }

    [Fact]
    public void Truncated_source_breaks_no_generated_code()
    {
        for (var length = 0; length < Source.Length; length += 101)
            Survives(Source[..length], $"cut at {length}");
    }

    private static void Survives(string source, string what)
    {
        var generation = Generation.Run(source);
        Assert.True(generation.Result.Exception is null, $"{what}: {generation.Result.Exception}");
        Assert.DoesNotContain(generation.Diagnostics, static item => item.Id is "CMB099" or "AD0001");
        var inside = generation.CSharp.FirstOrDefault(static item =>
            item.Severity == DiagnosticSeverity.Error && item.Location.SourceTree?.FilePath.EndsWith(".g.cs", StringComparison.Ordinal) == true);
        Assert.True(inside is null, $"{what}: {inside}");
    }
}
