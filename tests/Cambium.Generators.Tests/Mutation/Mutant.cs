using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>A class that was right and has one mistake now.</summary>
/// <param name="Rule">What was done.</param>
/// <param name="Source">The file with the mistake.</param>
/// <param name="Place">Where a diagnostic has to be: it lies inside, or this lies inside of it.</param>
/// <param name="Codes">The diagnostics that say so.</param>
internal sealed record Mutant(string Rule, string Source, TextSpan Place, IReadOnlyList<string> Codes)
{
    /// <summary>Replaces a piece of a file.</summary>
    /// <param name="what">The piece.</param>
    /// <param name="by">What stands there then.</param>
    /// <param name="around">The node that the mistake is in.</param>
    public static Mutant Of(string rule, string source, TextSpan what, string by, SyntaxNode around, params IReadOnlyList<string> codes) =>
        new(rule, source[..what.Start] + by + source[what.End..], new TextSpan(around.SpanStart, around.Span.Length + by.Length - what.Length), codes);

    public bool IsAt(TextSpan diagnostic) => Place.Contains(diagnostic) || diagnostic.Contains(Place);
}
