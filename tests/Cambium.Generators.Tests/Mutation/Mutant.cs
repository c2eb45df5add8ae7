using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>A class that was right and has one change.</summary>
/// <param name="Rule">What was done.</param>
/// <param name="Source">The file with the change.</param>
/// <param name="Place">The expression, statement or declaration that was changed.</param>
/// <param name="Codes">The diagnostics of a change that is wrong by construction; empty for one that the evaluator has to judge.</param>
internal sealed record Mutant(string Rule, string Source, TextSpan Place, IReadOnlyList<string> Codes)
{
    /// <summary>Replaces a piece of a file.</summary>
    /// <param name="what">The piece.</param>
    /// <param name="by">What stands there then.</param>
    /// <param name="around">The node that was changed.</param>
    public static Mutant Of(string rule, string source, TextSpan what, string by, SyntaxNode around, params IReadOnlyList<string> codes) =>
        new(rule, source[..what.Start] + by + source[what.End..], new TextSpan(around.SpanStart, around.Span.Length + by.Length - what.Length), codes);

    public bool IsAt(TextSpan diagnostic) => AreAt(Place, diagnostic);

    /// <summary>One lies inside of the other.</summary>
    public static bool AreAt(TextSpan a, TextSpan b) => a.Contains(b) || b.Contains(a);
}
