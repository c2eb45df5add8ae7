using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>Changes that give valid classes, invalid classes, or invalid C#. The evaluator and C# decide which.</summary>
internal static class UnclassifiedRules
{
    private static readonly IReadOnlyList<string> Operations =
        ["Silu", "Mean", "Softmax", "Transpose", "Square", "Linear", "MatMul", "Concat", "Minimum", "RmsNorm", "Repeat", "Rotate", "Reshape",
            "Where", "Positions", "Range"];

    private static readonly IReadOnlyList<(string Before, string After)> Wraps =
        [("Mean(", ")"), ("Reshape(", ", 1, Hidden)"), ("Transpose(", ")"), ("Concat({0}, ", ")"), ("Sum(", ", axis: -2)"), ("Slice(", ", 1, 1)"),
            ("Repeat(", ", 2)"), ("-(", ")"), ("Linear(", ", {0})"), ("Softmax(", ", axis: 1)"), ("Slice(", ", Hidden, Hidden)")];

    private static readonly IReadOnlyList<string> Signs = ["+", "-", "*", "/", "<", "==", "%", "<<", "&&"];

    public static readonly IReadOnlyList<Rule> All =
    [
        Blind("two dims of a shape exchanged",
            static root => Shapes(root).SelectMany(static shape => Pairs(Names(shape)).Where(static pair => pair.First.Text != pair.Second.Text)
            .Select(pair =>
                new Edit(TextSpan.FromBounds(pair.First.Span.Start, pair.Second.Span.End),
                    pair.Second.Text + shape.SyntaxTree.GetText().ToString(TextSpan.FromBounds(pair.First.Span.End, pair.Second.Span.Start))
                        + pair.First.Text, shape)))),
        Blind("another dim in a text",
            static root =>
                Texts(root).SelectMany(static text =>
                    Names(text).SelectMany(name => Dims(text).Where(dim => dim != name.Text).Select(dim => new Edit(name.Span, dim, text))))),
        Blind("a dim less in a shape",
            static root => Shapes(root).Where(static shape => shape.Token.ValueText.Contains(','))
                .Select(static shape => Edit.Replace(shape, $"\"{shape.Token.ValueText[..shape.Token.ValueText.LastIndexOf(',')]}\""))),
        Blind("a dim more in a shape", static root => Shapes(root).Select(static shape => Edit.Replace(shape, $"\"{shape.Token.ValueText}, 2\""))),
        Blind("a misspelt dim in a text",
            static root => Texts(root).SelectMany(static text => Names(text).Select(name => new Edit(name.Span, name.Text + "s", text)))),
        Blind("a sign of a text taken away",
            static root => Texts(root).Where(static text => text.Token.ValueText.Contains('*'))
                .Select(static text => new Edit(new TextSpan(text.SpanStart + text.ToString().IndexOf('*'), 1), "", text))),
        Blind("a path of another tensor",
            static root =>
                Attributes(root, "Weight").SelectMany(static weight =>
                    Attributes(ClassOf(weight), "Weight").Where(other => other != weight).Take(3)
                        .Select(other => Edit.Within(weight, weight.ArgumentList!.Arguments[0], other.ArgumentList!.Arguments[0].ToString())))),
        Blind("an argument of an attribute dropped",
            static root =>
                root.DescendantNodes().OfType<AttributeArgumentSyntax>()
                    .Where(static argument => argument.Parent!.Parent!.Parent!.Parent is PropertyDeclarationSyntax)
                    .Select(static argument => Dropped(argument, argument.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!))),
        Blind("an attribute deleted",
            static root => root.DescendantNodes().OfType<AttributeListSyntax>().Select(static list => Edit.Within(list.Parent!, list, ""))),
        Blind("a misspelt attribute",
            static root => root.DescendantNodes().OfType<AttributeSyntax>()
                .Select(static attribute => Edit.Within(attribute.Parent!.Parent!, attribute.Name, attribute.Name + "s")), true),
        Blind("a property deleted",
            static root => root.DescendantNodes().OfType<PropertyDeclarationSyntax>()
                .Select(static property => Edit.Within(property.Parent!, property, "")), true),
        Blind("a property of another type",
            static root =>
                root.DescendantNodes().OfType<PropertyDeclarationSyntax>()
                    .SelectMany(static property =>
                        new[] { "int", "float", "bool", "Tensor", "string", "Missing" }.Where(type => type != property.Type.ToString())
                            .Select(type => Edit.Within(property, property.Type, type)))),

        Blind("a local in the place of an argument",
            static root =>
                Arguments(root).SelectMany(static argument =>
                    Locals(argument).Where(name => name != argument.Expression.ToString())
                        .Select(name => Edit.Within(argument.Parent!.Parent!, argument.Expression, name)))),
        Blind("a member in the place of an argument",
            static root =>
                Arguments(root).SelectMany(static argument =>
                    Members(argument).Where(name => name != argument.Expression.ToString())
                        .Select(name => Edit.Within(argument.Parent!.Parent!, argument.Expression, name)))),
        Blind("a member in the place of another",
            static root =>
                Used(root).SelectMany(static name =>
                    Members(name).Where(other => other != name.Identifier.Text).Select(other => Edit.Within(Whole(name), name, other)))),
        Blind("an argument dropped", static root => Arguments(root).Select(static argument => Dropped(argument, argument.Parent!.Parent!))),
        Blind("an argument twice",
            static root =>
                Arguments(root).Select(static argument => Edit.Within(argument.Parent!.Parent!, argument, $"{argument}, {argument.Expression}"))),
        Blind("arguments exchanged",
            static root =>
                Calls(root).SelectMany(static call =>
                    Pairs([.. call.ArgumentList.Arguments])
                        .Select(pair =>
                            new Edit(TextSpan.FromBounds(pair.First.SpanStart, pair.Second.Span.End),
                                $"{pair.Second.Expression}, {pair.First.Expression}", call)))),
        Blind("an argument by another name",
            static root =>
                Arguments(root).Where(static argument => argument.NameColon is not null)
                    .SelectMany(static argument =>
                        new[] { "window", "scale", "causal", "axis" }
                            .Select(name => Edit.Within(argument.Parent!.Parent!, argument.NameColon!.Name, name)))),
        Blind("operands exchanged",
            static root => Binaries(root).Select(static binary => Edit.Replace(binary, $"{binary.Right} {binary.OperatorToken} {binary.Left}"))),
        Blind("another operator",
            static root =>
                Binaries(root).SelectMany(static binary =>
                    Signs.Where(sign => sign != binary.OperatorToken.Text).Select(sign => Edit.Within(binary, binary.OperatorToken, sign)))),
        Blind("an operand alone",
            static root =>
                Binaries(root).SelectMany(static binary =>
                    new[] { binary.Left, binary.Right }.Select(side => Edit.Replace(binary, side.ToString())))),
        Blind("another operation",
            static root =>
                Calls(root).Where(static call => call.Expression is IdentifierNameSyntax).SelectMany(static call =>
                    Operations.Where(name => name != call.Expression.ToString()).Select(name => Edit.Within(call, call.Expression, name)))),
        Blind("an operation around an expression",
            static root => Bodies(root).SelectMany(static body => body.DescendantNodes().OfType<ExpressionSyntax>())
                .Where(static node => node is IdentifierNameSyntax or InvocationExpressionSyntax or ElementAccessExpressionSyntax && IsValue(node))
            .SelectMany(static node =>
                Wraps.Select(wrap =>
                    Edit.Replace(node, string.Format(System.Globalization.CultureInfo.InvariantCulture, wrap.Before + "{0}" + wrap.After, node))))),
        Blind("an operation left out",
            static root => Calls(root).Where(static call => call.ArgumentList.Arguments.Count > 0)
                .Select(static call => Edit.Replace(call, call.ArgumentList.Arguments[0].Expression.ToString()))),
        Blind("another constant",
            static root =>
                root.DescendantNodes().OfType<LiteralExpressionSyntax>().Where(static literal => literal.Token.Value is int)
                    .SelectMany(static literal =>
                        new[] { "0", "1", "-1", "3", "7" }.Where(text => text != literal.ToString())
                            .Select(text => Edit.Within(Whole(literal), literal, text)))),
        Blind("a number of another kind",
            static root =>
                root.DescendantNodes().OfType<LiteralExpressionSyntax>().Where(static literal => literal.Token.Value is int or float or double)
                    .SelectMany(static literal =>
                        new[] { "0.5f", "1e30", "2m", "true", "\"two\"", "null" }.Select(text => Edit.Within(Whole(literal), literal, text)))),
        Blind("a statement deleted", static root => Statements(root).Select(static statement => Edit.Within(statement.Parent!, statement, ""))),
        Blind("a statement twice", static root => Statements(root).Select(static statement => Edit.Replace(statement, statement + " " + statement))),
        Blind("two statements exchanged",
            static root => Statements(root).Where(static statement => statement.Parent is BlockSyntax)
                .SelectMany(static statement => Pairs([.. ((BlockSyntax)statement.Parent!).Statements]).Where(pair => pair.First == statement)
            .Select(pair =>
                new Edit(TextSpan.FromBounds(pair.First.SpanStart, pair.Second.Span.End), $"{pair.Second} {pair.First}", statement.Parent!)))),
        Blind("a branch left out",
            static root => root.DescendantNodes().OfType<ElseClauseSyntax>().Select(static branch => Edit.Within(branch.Parent!, branch, ""))),
        Blind("a choice of itself and another",
            static root =>
                Arguments(root).Where(static argument => argument.NameColon is null)
                    .SelectMany(static argument =>
                        Locals(argument).Concat(Members(argument)).Take(4).Select(name =>
                            Edit.Within(argument.Parent!.Parent!, argument.Expression, $"(Hidden > 7 ? {argument.Expression} : {name})")))),
        Blind("a name without a call", static root => Calls(root).Select(static call => Edit.Replace(call, call.Expression.ToString())), true),
        Blind("a misspelt name", static root => Used(root).Select(static name => Edit.Within(Whole(name), name, name + "s")), true),
        Blind("a misspelt local",
            static root =>
                root.DescendantNodes().OfType<VariableDeclaratorSyntax>()
                    .Where(static variable => variable.FirstAncestorOrSelf<BlockSyntax>() is not null).Select(static variable =>
                        Edit.Within(variable.FirstAncestorOrSelf<BlockSyntax>()!, variable.Identifier, variable.Identifier + "s")), true),
        Blind("a misspelt method",
            static root => root.DescendantNodes().OfType<MethodDeclarationSyntax>()
                .Select(static method => Edit.Within(method, method.Identifier, method.Identifier + "s"))),
        Blind("a misspelt type",
            static root => root.DescendantNodes().OfType<ParameterSyntax>().Where(static parameter => parameter.Type is not null)
                .Select(static parameter => Edit.Within(parameter, parameter.Type!, parameter.Type + "s")), true),
        Blind("a parameter less",
            static root => root.DescendantNodes().OfType<ParameterSyntax>().Where(static parameter => parameter.Type is not null)
                .Select(static parameter => Dropped(parameter, parameter.Parent!.Parent!))),
        Blind("no return", static root => root.DescendantNodes().OfType<ReturnStatementSyntax>().Select(static result => Edit.Replace(result, ";")),
            true),
        Blind("half-typed",
            static root =>
                Statements(root).Select(static statement =>
                    new Edit(TextSpan.FromBounds(statement.SpanStart + (statement.Span.Length / 2), statement.Span.End), "", statement)), true),
    ];

    private static Rule Blind(string name, Func<SyntaxNode, IEnumerable<Edit>> find, bool isForCSharp = false) => new(name, find, [], isForCSharp);

    public static IEnumerable<AttributeSyntax> Attributes(SyntaxNode root, string name) =>
        root.DescendantNodes().OfType<AttributeSyntax>().Where(attribute =>
            attribute.Name.ToString() == name && attribute.ArgumentList is not null && attribute.Parent?.Parent is PropertyDeclarationSyntax);

    public static IEnumerable<SyntaxNode> Bodies(SyntaxNode root) =>
        root.DescendantNodes().OfType<MethodDeclarationSyntax>()
            .Select(static method => (SyntaxNode?)method.Body ?? method.ExpressionBody).OfType<SyntaxNode>();

    public static IEnumerable<InvocationExpressionSyntax> Calls(SyntaxNode root) =>
        Bodies(root).SelectMany(static body => body.DescendantNodes().OfType<InvocationExpressionSyntax>());

    public static ClassDeclarationSyntax ClassOf(SyntaxNode node) => node.FirstAncestorOrSelf<ClassDeclarationSyntax>()!;

    private static IEnumerable<ArgumentSyntax> Arguments(SyntaxNode root) => Calls(root).SelectMany(static call => call.ArgumentList.Arguments);

    private static IEnumerable<BinaryExpressionSyntax> Binaries(SyntaxNode root) =>
        Bodies(root).SelectMany(static body => body.DescendantNodes().OfType<BinaryExpressionSyntax>());

    private static IEnumerable<StatementSyntax> Statements(SyntaxNode root) =>
        Bodies(root).SelectMany(static body => body.DescendantNodes().OfType<StatementSyntax>())
            .Where(static statement => statement is not BlockSyntax);

    private static IEnumerable<LiteralExpressionSyntax> Shapes(SyntaxNode root) =>
        Attributes(root, "Weight").Select(static attribute => attribute.ArgumentList!.Arguments[1].Expression).OfType<LiteralExpressionSyntax>();

    /// <summary>Size expressions: shapes of weights and defaults of dims.</summary>
    private static IEnumerable<LiteralExpressionSyntax> Texts(SyntaxNode root) =>
        Shapes(root)
            .Concat(Attributes(root, "Dim").SelectMany(static dim => dim.ArgumentList!.Arguments)
                .Where(static argument => argument.NameEquals?.Name.Identifier.Text == "Default").Select(static argument => argument.Expression)
                .OfType<LiteralExpressionSyntax>());

    private static IEnumerable<string> Dims(SyntaxNode node) =>
        Attributes(ClassOf(node), "Dim").Select(static dim => dim.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!.Identifier.Text);

    private static IEnumerable<string> Members(SyntaxNode node) =>
        ClassOf(node).Members.OfType<PropertyDeclarationSyntax>().Select(static property => property.Identifier.Text);

    private static IEnumerable<string> Locals(SyntaxNode node)
    {
        var method = node.FirstAncestorOrSelf<MethodDeclarationSyntax>()!;
        return method.ParameterList.Parameters.Select(static parameter => parameter.Identifier.Text)
            .Concat(method.DescendantNodes().OfType<VariableDeclaratorSyntax>().Where(variable => variable.Span.End < node.SpanStart)
                .Select(static variable => variable.Identifier.Text));
    }

    /// <summary>Names of values and methods in bodies.</summary>
    private static IEnumerable<IdentifierNameSyntax> Used(SyntaxNode root) =>
        Bodies(root).SelectMany(static body => body.DescendantNodes().OfType<IdentifierNameSyntax>()).Where(static name =>
            name.Parent is not NameColonSyntax and not (ForEachStatementSyntax or VariableDeclarationSyntax or DeclarationExpressionSyntax));

    private static bool IsValue(ExpressionSyntax node) =>
        node.Parent is not (NameColonSyntax or InvocationExpressionSyntax or MemberAccessExpressionSyntax or VariableDeclarationSyntax
            or DeclarationExpressionSyntax or ForEachStatementSyntax or PostfixUnaryExpressionSyntax)
        && !(node.Parent is AssignmentExpressionSyntax assignment && assignment.Left == node)
        && node.FirstAncestorOrSelf<LambdaExpressionSyntax>() is null;

    /// <summary>The call, operation or statement that contains a name or number.</summary>
    private static SyntaxNode Whole(SyntaxNode node) =>
        node.Ancestors().First(static outer =>
            outer is InvocationExpressionSyntax or BinaryExpressionSyntax or StatementSyntax or ArrowExpressionClauseSyntax or AttributeSyntax
                or ElementAccessExpressionSyntax or ConditionalExpressionSyntax or MemberDeclarationSyntax);

    private static Edit Dropped(SyntaxNode item, SyntaxNode around)
    {
        var (before, after) = (item.GetFirstToken().GetPreviousToken(), item.GetLastToken().GetNextToken());
        var span = before.IsKind(SyntaxKind.CommaToken)
            ? TextSpan.FromBounds(before.SpanStart, item.Span.End)
            : after.IsKind(SyntaxKind.CommaToken) ? TextSpan.FromBounds(item.SpanStart, after.Span.End) : item.Span;
        return new Edit(span, "", around);
    }

    private static IEnumerable<(T First, T Second)> Pairs<T>(IReadOnlyList<T> items) => items.Zip(items.Skip(1));

    private static IReadOnlyList<(string Text, TextSpan Span)> Names(LiteralExpressionSyntax literal)
    {
        var (text, names) = (literal.ToString(), new List<(string, TextSpan)>());
        for (var i = 1; i < text.Length - 1; i++)
        {
            if (!char.IsLetter(text[i]) || char.IsLetterOrDigit(text[i - 1]))
                continue;
            var end = i;
            while (char.IsLetterOrDigit(text[end]))
                end++;
            names.Add((text[i..end], new TextSpan(literal.SpanStart + i, end - i)));
        }

        return names;
    }
}
