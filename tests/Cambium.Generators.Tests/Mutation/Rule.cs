using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>A way to change a class.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Find">Everywhere that it can be done: the piece that is replaced, what by, and the node that is changed by it.</param>
/// <param name="Codes">The diagnostics where it is wrong by construction; empty where an evaluator has to say.</param>
/// <param name="IsForCSharp">It makes what C# reports itself.</param>
internal sealed record Rule(string Name, Func<SyntaxNode, IEnumerable<Edit>> Find, IReadOnlyList<string> Codes, bool IsForCSharp = false)
{
    public static IReadOnlyList<Rule> All => [.. BlindRules.All, .. WrongRules.All];

    public IEnumerable<Mutant> Mutants(string source, SyntaxNode root) => Find(root).Select(edit => Mutant.Of(Name, source, edit.What, edit.By, edit.Around, Codes));

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
