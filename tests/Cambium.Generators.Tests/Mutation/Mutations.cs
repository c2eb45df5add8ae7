using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>Ways to make a right class wrong. Each is wrong by construction, whatever the sizes are, and C# has nothing against it.</summary>
internal static class Mutations
{
    /// <summary>Every mutant of a file.</summary>
    public static IEnumerable<Mutant> Of(string source)
    {
        var root = CSharpSyntaxTree.ParseText(source, Generation.Parsing).GetRoot();
        return Rules.SelectMany(rule => rule(source, root));
    }

    private static readonly IReadOnlyList<(string Text, string Code)> Unsupported =
    [
        ("while (Math.Abs(1) > 2) { }", "CMB010"),
        ("lock (this) { }", "CMB010"),
        ("try { } finally { }", "CMB010"),
        ("if (Math.Abs(1) > 2) throw new InvalidOperationException();", "CMB010"),
        ("foreach (var number in new[] { 1, 2 }) { }", "CMB010"),
        ("var now = DateTime.Now;", "CMB014"),
        ("var text = string.Concat(\"a\", \"b\");", "CMB013"),
        ("var made = new List<int>();", "CMB011"),
    ];

    private static readonly IReadOnlyList<Func<string, SyntaxNode, IEnumerable<Mutant>>> Rules =
    [
        // A matrix where rows belong and rows where the matrix belongs.
        static (source, root) => Calls(root, "Linear").Select(call => Mutant.Of(
            "operands of Linear exchanged", source, call.ArgumentList.Span, $"({string.Join(", ", Swapped(call))})", call, "CMB101")),

        // One element more than a row has.
        static (source, root) => Calls(root, "Reshape").Select(call => Mutant.Of(
            "one element too many in Reshape", source, Last(call).Span, $"{Last(call)} + 1", call, "CMB101")),

        // A run that ends behind the row, whose width is count + begin at least.
        static (source, root) => Calls(root, "Slice").Select(call => Mutant.Of(
            "a run of nothing", source, Last(call).Span, "0", call, "CMB101")),

        // Heads are an axis of their own.
        static (source, root) => Calls(root, "Rotate").Select(call => Mutant.Of(
            "a row without heads turned", source, call.ArgumentList.Arguments[0].Span, $"Reshape(Concat({call.ArgumentList.Arguments[0]}, {call.ArgumentList.Arguments[0]}), 7)", call, "CMB101")),

        // The matrix the other way round: its product expects rows of another width.
        static (source, root) => Calls(root, "Linear").SelectMany(call => Matrices(call)
            .Select(shape => (Shape: shape, Parts: shape.Token.ValueText.Split(',')))
            .Where(static matrix => matrix.Parts.Length == 2 && matrix.Parts[0].Trim() != matrix.Parts[1].Trim())
            .Select(matrix => Mutant.Of("a matrix's dims exchanged", source, matrix.Shape.Span, $"\"{matrix.Parts[1].Trim()}, {matrix.Parts[0].Trim()}\"", matrix.Shape, "CMB101") with { Place = call.Span })),

        // Names that nobody has.
        static (source, root) => Shapes(root).SelectMany(shape => Names(shape)
            .Select(name => Mutant.Of("a misspelt dim in a shape", source, name, "Hiddne", shape, "CMB103", "CMB102"))),
        static (source, root) => Arguments(root, "TiedTo").Select(argument => Mutant.Of("tied to nothing", source, argument.Expression.Span, "\"Nothing\"", argument.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!, "CMB102")),
        static (source, root) => Arguments(root, "When").Select(argument => Mutant.Of("there when nothing says so", source, argument.Expression.Span, "\"Nothing\"", argument.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!, "CMB102")),
        static (source, root) => Arguments(root, "Count").Select(argument => Mutant.Of("a stack of unknown length", source, argument.Expression.Span, "\"Nothing\"", argument.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!, "CMB102", "CMB103")),

        // Attributes that do not fit.
        static (source, root) => Attributes(root, "Weight").Select(attribute => Mutant.Of("a weight without a name", source, attribute.ArgumentList!.Arguments[0].Span, "\"\"", attribute, "CMB006")),
        static (source, root) => Attributes(root, "Weight").Select(attribute => Mutant.Of("a weight as a dim", source, attribute.Span, "Dim(\"n\")", attribute, "CMB005")),
        static (source, root) => Attributes(root, "Dim").Where(static attribute => attribute.ArgumentList is not null).Select(attribute => Mutant.Of("two roles", source, attribute.Span, $"{attribute}, StackIndex", attribute.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!, "CMB007")),
        static (source, root) => Attributes(root, "Blocks").Select(attribute => Mutant.Of("a stack without an index", source, attribute.ArgumentList!.Arguments[0].Span, "\"layers\"", attribute, "CMB006")),
        static (source, root) => Attributes(root, "Weight").Select(attribute => Mutant.Of("a member without a place", source, ((AttributeListSyntax)attribute.Parent!).Span, "", attribute.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!, "CMB008")),

        // Forms that cannot be implemented.
        static (source, root) => root.DescendantNodes().OfType<PropertyDeclarationSyntax>().Where(static property => property.AccessorList is not null)
            .Select(property => Mutant.Of("a setter", source, property.AccessorList!.Span, "{ get; set; }", property, "CMB004")),

        // What cannot be part of a model.
        static (source, root) => Bodies(root).SelectMany(body => Unsupported.Select(statement => Inserted(source, body, statement.Text, statement.Code))),

        // Results and loops.
        static (source, root) => root.DescendantNodes().OfType<ForEachStatementSyntax>().Where(static loop => loop.Statement is ExpressionStatementSyntax { Expression: AssignmentExpressionSyntax })
            .Select(loop => (Loop: loop, ((AssignmentExpressionSyntax)((ExpressionStatementSyntax)loop.Statement).Expression).Right))
            .Select(pair => Mutant.Of("a loop that widens its rows", source, pair.Right.Span, $"Concat({pair.Right}, {pair.Right})", pair.Loop, "CMB101")),
        static (source, root) => root.DescendantNodes().OfType<MethodDeclarationSyntax>().Where(static method => method.Identifier.Text == "Forward" && method.ParameterList.Parameters[0].Type!.ToString() == "Tokens")
            .SelectMany(method => method.DescendantNodes().OfType<ReturnStatementSyntax>().Select(result => Mutant.Of("rows with heads as a result", source, result.Expression!.Span, $"Reshape(Mean({result.Expression}), 1, 1)", method, "CMB107"))),
    ];

    private static Mutant Inserted(string source, BlockSyntax body, string statement, string code)
    {
        var at = body.OpenBraceToken.Span.End;
        return new Mutant($"`{statement}`", source.Insert(at, " " + statement), new TextSpan(at + 1, statement.Length), [code]);
    }

    private static IEnumerable<InvocationExpressionSyntax> Calls(SyntaxNode root, string name) =>
        root.DescendantNodes().OfType<InvocationExpressionSyntax>().Where(call => call.Expression is IdentifierNameSyntax { Identifier.Text: var called } && called == name);

    /// <summary>Shapes of the call's weight, where it is declared in the same class not a table as well and not tied to another, which would be wrong in another place.</summary>
    private static IEnumerable<LiteralExpressionSyntax> Matrices(InvocationExpressionSyntax call) =>
        call.FirstAncestorOrSelf<ClassDeclarationSyntax>()!.DescendantNodes().OfType<ElementAccessExpressionSyntax>().Any(table => table.Expression.ToString() == call.ArgumentList.Arguments[1].ToString())
            ? []
            : Attributes(call.FirstAncestorOrSelf<ClassDeclarationSyntax>()!, "Weight")
            .Where(attribute => attribute.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!.Identifier.Text == call.ArgumentList.Arguments[1].ToString() && attribute.ArgumentList!.Arguments.All(static argument => argument.NameEquals?.Name.Identifier.Text != "TiedTo"))
            .Select(static attribute => attribute.ArgumentList!.Arguments[1].Expression).OfType<LiteralExpressionSyntax>();

    private static ArgumentSyntax Last(InvocationExpressionSyntax call) => call.ArgumentList.Arguments[^1];

    private static IEnumerable<string> Swapped(InvocationExpressionSyntax call) =>
        call.ArgumentList.Arguments.Take(2).Reverse().Concat(call.ArgumentList.Arguments.Skip(2)).Select(static argument => argument.ToString());

    private static IEnumerable<AttributeSyntax> Attributes(SyntaxNode root, string name) =>
        root.DescendantNodes().OfType<AttributeSyntax>().Where(attribute => attribute.Name.ToString() == name && attribute.ArgumentList is not null && attribute.Parent?.Parent is PropertyDeclarationSyntax);

    private static IEnumerable<AttributeArgumentSyntax> Arguments(SyntaxNode root, string name) =>
        root.DescendantNodes().OfType<AttributeArgumentSyntax>().Where(argument => argument.NameEquals?.Name.Identifier.Text == name);

    private static IEnumerable<LiteralExpressionSyntax> Shapes(SyntaxNode root) =>
        Attributes(root, "Weight").Select(static attribute => attribute.ArgumentList!.Arguments[1].Expression).OfType<LiteralExpressionSyntax>();

    private static IEnumerable<TextSpan> Names(LiteralExpressionSyntax shape)
    {
        var text = shape.ToString();
        for (var i = 1; i < text.Length - 1; i++)
        {
            if (!char.IsLetter(text[i]) || char.IsLetterOrDigit(text[i - 1]))
                continue;
            var end = i;
            while (char.IsLetterOrDigit(text[end]))
                end++;
            yield return new TextSpan(shape.SpanStart + i, end - i);
        }
    }

    private static IEnumerable<BlockSyntax> Bodies(SyntaxNode root) =>
        root.DescendantNodes().OfType<MethodDeclarationSyntax>().Where(static method => method.Body is not null && method.ReturnType.ToString() == "Tensor").Select(static method => method.Body!);
}
