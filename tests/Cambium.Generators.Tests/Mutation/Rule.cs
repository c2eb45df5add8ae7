using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>A kind of change of a class.</summary>
/// <param name="Name">A description.</param>
/// <param name="Find">All places where it applies: the replaced piece, the new text, and the changed node.</param>
/// <param name="Codes">The diagnostics of a change that is always an error; empty if the evaluator decides.</param>
/// <param name="IsForCSharp">C# reports the change.</param>
internal sealed record Rule(string Name, Func<SyntaxNode, IEnumerable<Edit>> Find, IReadOnlyList<string> Codes, bool IsForCSharp = false)
{
    public static IReadOnlyList<Rule> All => [.. UnclassifiedRules.All, .. InvalidRules.All];

    public IEnumerable<Mutant> Mutants(string source, SyntaxNode root) =>
        Find(root).Select(edit => Mutant.Of(Name, source, edit.What, edit.By, edit.Around, Codes));

    public static SyntaxNode Parse(string source) => CSharpSyntaxTree.ParseText(source, Generation.Parsing).GetRoot();
}

/// <summary>One place of a rule.</summary>
internal sealed record Edit(TextSpan What, string By, SyntaxNode Around)
{
    public static Edit Replace(SyntaxNode node, string by) => new(node.Span, by, node);

    /// <summary>Replaces a part of a node.</summary>
    public static Edit Within(SyntaxNode node, SyntaxNodeOrToken part, string by) => new(part.Span, by, node);

    public static Edit Before(SyntaxNode node, string text, SyntaxNode around) => new(new TextSpan(node.SpanStart, 0), text, around);
}
