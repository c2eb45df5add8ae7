using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>A valid class with one change.</summary>
/// <param name="Rule">The kind of the change.</param>
/// <param name="Source">The file with the change.</param>
/// <param name="Place">The changed expression, statement or declaration.</param>
/// <param name="Codes">The diagnostics of a change that is always an error; empty if the evaluator decides.</param>
internal sealed record Mutant(string Rule, string Source, TextSpan Place, IReadOnlyList<string> Codes)
{
    /// <summary>Replaces a piece of a file.</summary>
    /// <param name="what">The piece.</param>
    /// <param name="by">The new text.</param>
    /// <param name="around">The changed node.</param>
    public static Mutant Of(string rule, string source, TextSpan what, string by, SyntaxNode around, params IReadOnlyList<string> codes) =>
        new(
            rule,
            source[..what.Start] + by + source[what.End..],
            new TextSpan(around.SpanStart, around.Span.Length + by.Length - what.Length),
            codes);

    public bool IsAt(TextSpan diagnostic) => AreAt(Place, diagnostic);

    /// <summary>Whether one contains the other.</summary>
    public static bool AreAt(TextSpan a, TextSpan b) => a.Contains(b) || b.Contains(a);
}
