using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>Changes that are errors for all sizes and that C# accepts. The evaluator must reject them, too.</summary>
internal static class InvalidRules
{
    private static readonly IReadOnlyList<Rule> Inserted = [.. new (string Text, string Code)[]
    {
        ("while (Math.Abs(1) > 2) { }", "CMB010"),
        ("lock (this) { }", "CMB010"),
        ("try { } finally { }", "CMB010"),
        ("if (Math.Abs(1) > 2) throw new InvalidOperationException();", "CMB010"),
        ("foreach (var number in new[] { 1, 2 }) { }", "CMB010"),
        ("static int One() => 1;", "CMB010"),
        ("do { } while (false);", "CMB010"),
        ("Math.Max(1, 2);", "CMB010"),
        ("using (default(IDisposable)) { }", "CMB010"),
        ("for (var i = Hidden; i > 0; i--) { }", "CMB010"),
        ("var now = DateTime.Now;", "CMB014"),
        ("var text = string.Concat(\"a\", \"b\");", "CMB013"),
        ("var cosine = Math.Cos(1);", "CMB013"),
        ("var made = new List<int>();", "CMB011"),
        ("var shifted = Hidden << 2;", "CMB011"),
        ("var size = (int)Math.Sqrt(Hidden);", "CMB011"),
        ("var self = this;", "CMB011"),
        ("var sum = $\"{Hidden}\";", "CMB011"),
    }.Select(static statement =>
        new Rule($"`{statement.Text}`",
            root => Blocks(root).Select(body => new Edit(new TextSpan(body.OpenBraceToken.Span.End, 0), " " + statement.Text, body)),
            [statement.Code]))];

    private static readonly IReadOnlyList<Rule> Members = [.. new (string Text, string Code, bool OfModel)[]
    {
        ("private int _hidden = 3; public int TheHidden => _hidden;", "CMB009", true),
        ("public void Layout() { }", "CMB009", true),
        ("private Tensor Same<T>(Tensor x) => x;", "CMB015", false),
        ("private Tensor Same(ref Tensor x) => x;", "CMB015", false),
        ("private Tensor Same(Tensor x, long number) => x;", "CMB015", false),
        ("private async Task<int> Later() => await Task.FromResult(1); private Tensor Wait(Tensor x) => x * Later().Result;", "CMB014", false),
        ("[EntryPoint] public Tensor Other(Tokens tokens, Tensor states) => states;", "CMB017", true),
        ("[EntryPoint] public Tensor Other() => 1;", "CMB017", true),
        ("[EntryPoint] public static Tensor Other(Tokens tokens) => Cast(tokens);", "CMB017", true),
        ("[EntryPoint] public Tensor Other(Tensor x) => x;", "CMB017", false),
        ("public partial Tensor Unbound { get; }", "CMB008", false),
        ("[Dim(\"n\")] public int Counted => 3;", "CMB004", false),
        ("[Dim(\"n\")] public static partial int Counted { get; }", "CMB004", false),
        ("[Dim] public partial int Nameless { get; }", "CMB006", false),
        ("[Option] public partial Rotary Turned { get; }", "CMB006", false),
        ("[Dim(\"a\", Default = \"Second\")] public partial int First { get; } [Dim(\"b\", Default = \"First\")] public partial int Second { get; }",
            "CMB103", false),
        ("[Weight(\"t0\", \"Hidden\", TiedTo = nameof(One))] public partial Tensor Zero { get; } [Weight(\"t1\", \"Hidden\", TiedTo = nameof(Zero))] "
            + "public partial Tensor One { get; }", "CMB104", false),
        ("private Tensor Recursive(Tensor x) => Recursive(x); [EntryPoint] public Tensor Other(Tokens tokens) => Recursive(Cast(tokens));", "CMB108",
            true),
    }.Select(static member =>
        new Rule($"`{member.Text}`",
            root => Classes(root, member.OfModel).Select(type => new Edit(new TextSpan(type.CloseBraceToken.SpanStart, 0), member.Text + " ", type)),
            [member.Code]))];

    public static readonly IReadOnlyList<Rule> All =
    [
        .. Inserted,
        .. Members,

        new("another Forward",
            static root =>
                Methods(root, "Forward").Select(static method =>
                    Edit.Before(method, "private Tensor Forward(Tensor a, int b, int c) => a * b * c; ", method.Parent!)), ["CMB015"]),

        // Invalid attributes, and undefined names in them.
        new("tied to nothing",
            static root => Arguments(root, "TiedTo").Select(static argument => Edit.Within(PropertyOf(argument), argument.Expression, "\"Nothing\"")),
            ["CMB102"]),
        new("there when nothing says so",
            static root => Arguments(root, "When").Select(static argument => Edit.Within(PropertyOf(argument), argument.Expression, "\"Nothing\"")),
            ["CMB102"]),
        new("a stack of unknown length",
            static root => Arguments(root, "Count").Select(static argument => Edit.Within(PropertyOf(argument), argument.Expression, "\"Nothing\"")),
            ["CMB102", "CMB103"]),
        new("a weight without a name",
            static root => UnclassifiedRules.Attributes(root, "Weight")
                .Select(static attribute => Edit.Within(attribute, attribute.ArgumentList!.Arguments[0], "\"\"")), ["CMB006"]),
        new("a weight as a dim",
            static root => UnclassifiedRules.Attributes(root, "Weight").Select(static attribute => Edit.Replace(attribute, "Dim(\"n\")")),
            ["CMB005"]),
        new("two roles",
            static root => UnclassifiedRules.Attributes(root, "Dim")
                .Select(static attribute => Edit.Within(PropertyOf(attribute), attribute, $"{attribute}, StackIndex")), ["CMB007"]),
        new("a stack without an index",
            static root => UnclassifiedRules.Attributes(root, "Blocks")
                .Select(static attribute => Edit.Within(attribute, attribute.ArgumentList!.Arguments[0], "\"layers\"")), ["CMB006"]),
        new("a setter",
            static root => root.DescendantNodes().OfType<PropertyDeclarationSyntax>().Where(static property => property.AccessorList is not null)
                .Select(static property => Edit.Within(property, property.AccessorList!, "{ get; set; }")), ["CMB004"]),

        // Unsupported forms of classes and methods.
        new("a block that is not partial",
            static root =>
                Classes(root, true).Select(static type =>
                    new Edit(new TextSpan(type.Span.End, 0), "\n[Block] public class Whole { public Tensor Forward(Tensor x) => x + 1; }", type)),
            ["CMB001"]),
        new("generic", static root => Classes(root, true).Select(static type => Edit.Within(type, type.Identifier, type.Identifier + "<T>")),
            ["CMB002"]),
        new("a primary constructor",
            static root => Classes(root, true).Select(static type => Edit.Within(type, type.Identifier, type.Identifier + "(int size)")), ["CMB002"]),
        new("a model in another class",
            static root => Classes(root, true).Select(static type => new Edit(type.Span, "public partial class Outer { " + type + " }", type)),
            ["CMB002"]),
        new("another result than rows",
            static root => Methods(root, "Forward").Where(static method => method.ParameterList.Parameters[0].Type!.ToString() == "Tokens")
            .Select(static method => new Edit(method.Span, "public int Forward(Tokens tokens) => 1;", method)), ["CMB003"]),
        new("Forward without tokens",
            static root => Methods(root, "Forward").Where(static method => method.ParameterList.Parameters[0].Type!.ToString() == "Tokens")
            .Select(static method => new Edit(method.Span, "public Tensor Forward(Tensor x) => x;", method)), ["CMB003"]),
        new("rows with heads as a result",
            static root => Methods(root, "Forward").Where(static method => method.ParameterList.Parameters[0].Type!.ToString() == "Tokens")
            .SelectMany(static method =>
                method.DescendantNodes().OfType<ReturnStatementSyntax>().TakeLast(1)
                    .Select(result => Edit.Within(method, result.Expression!, $"Reshape(Mean({result.Expression}), 1, 1)"))), ["CMB107", "CMB101"]),

        // Unsupported expressions and loops.
        new("a lambda with statements",
            static root =>
                root.DescendantNodes().OfType<LambdaExpressionSyntax>().Select(static lambda =>
                    Edit.Within(lambda, lambda.Body, $"{{ var distance = at.Query - at.Key; return {lambda.Body}; }}")), ["CMB011"]),
        new("the member of a block",
            static root => Loops(root).Select(static loop => Edit.Before(loop.Statement, $"_ = {Block(loop)}.Hidden; ", loop))
                .Select(static edit => Braced(edit)), ["CMB014"]),
        new("a new block",
            static root =>
                root.DescendantNodes().OfType<InvocationExpressionSyntax>()
                    .Where(static call =>
                        call.Expression is MemberAccessExpressionSyntax { Name.Identifier.Text: "Forward",
                            Expression: IdentifierNameSyntax { Identifier.Text: var name } } && char.IsUpper(name[0]))
            .Select(static call => Edit.Within(call, ((MemberAccessExpressionSyntax)call.Expression).Expression, $"new {TypeOf(call)}()")),
            ["CMB011"]),
        new("a loop in its own body",
            static root =>
                Loops(root).Select(static loop =>
                    Edit.Within(loop, loop.Statement, loop.ToString().Replace(Block(loop), "inner", StringComparison.Ordinal))), ["CMB108"]),
        new("a loop that returns",
            static root =>
                Loops(root).Where(static loop => Assignment(loop) is not null).Select(static loop =>
                    Edit.Within(loop, loop.Statement, $"{{ {loop.Statement} if (Hidden > 7) return {Assignment(loop)!.Left}; }}")), ["CMB108"]),
        new("a loop that carries a number",
            static root =>
                Loops(root).Where(static loop => Assignment(loop) is not null).Select(static loop =>
                    new Edit(loop.Span, $"var n = 1f; foreach (var each in {loop.Expression}) {{ n = n / 2; }}", loop)), ["CMB108"]),
        new("a loop that widens its rows",
            static root =>
                Loops(root).Where(static loop => Assignment(loop) is not null).Select(static loop =>
                    Edit.Within(loop, Assignment(loop)!.Right, $"Concat({Assignment(loop)!.Right}, {Assignment(loop)!.Right})")), ["CMB101"]),
        new("causal where a config says so",
            static root => Calls(root, "Attend").Select(static call => Edit.Within(call, call.ArgumentList.CloseParenToken, ", causal: Heads > 1)"))
                .Where(static edit => !edit.Around.ToString().Contains("causal", StringComparison.Ordinal)), ["CMB104"]),
        new("a condition over rows",
            static root =>
                Methods(root, "Forward")
                    .SelectMany(static method =>
                        method.DescendantNodes().OfType<ReturnStatementSyntax>().Select(result =>
                            Edit.Within(result, result.Expression!, $"{Name(method)} == {Name(method)} ? {result.Expression} : {result.Expression}")))
            .Where(static edit =>
                ((ReturnStatementSyntax)edit.Around).FirstAncestorOrSelf<MethodDeclarationSyntax>()!.ParameterList.Parameters[0].Type!.ToString()
                    == "Tensor"), ["CMB104"]),
        new("a choice of ids",
            static root =>
                Tables(root).Select(static table =>
                    Edit.Within(table, table.ArgumentList.Arguments[0].Expression,
                        $"Hidden > 7 ? {table.ArgumentList.Arguments[0].Expression} : Positions({table.ArgumentList.Arguments[0].Expression})")),
            ["CMB108"]),

        // Slices and head counts that are invalid for all sizes.
        new("a slice past the end",
            static root =>
                Calls(root, "RmsNorm").Concat(Calls(root, "Tanh")).Select(static call => call.ArgumentList.Arguments[0])
                    .Select(static argument =>
                        Edit.Within(argument.Parent!.Parent!, argument, $"Slice(Concat({argument}, {argument}, {argument}), 3 * Hidden, Hidden)"))
            .Where(static edit => UnclassifiedRules.ClassOf(edit.Around).Identifier.Text.EndsWith("Block", StringComparison.Ordinal)), ["CMB101"]),
        new("heads of keys that do not divide",
            static root =>
                Calls(root, "Attend").Where(static call => call.ArgumentList.Arguments[2].NameColon is null).Select(static call => new Edit(
            TextSpan.FromBounds(call.ArgumentList.Arguments[0].SpanStart, call.ArgumentList.Arguments[2].Span.End),
            $"Repeat({call.ArgumentList.Arguments[0]}, 2), Repeat({call.ArgumentList.Arguments[0]}, 3), Repeat({call.ArgumentList.Arguments[0]}, 3)",
            call)), ["CMB101"]),
        new("heads of keys alone",
            static root =>
                Calls(root, "Attend").Select(static call =>
                    Edit.Within(call, call.ArgumentList.Arguments[1], $"Repeat({call.ArgumentList.Arguments[1]}, 2)")), ["CMB101"]),
    ];

    private static IEnumerable<BlockSyntax> Blocks(SyntaxNode root) =>
        Methods(root, null).Where(static method => method.Body is not null && method.ReturnType.ToString() == "Tensor")
            .Select(static method => method.Body!);

    private static IEnumerable<ClassDeclarationSyntax> Classes(SyntaxNode root, bool ofModel) =>
        root.DescendantNodes().OfType<ClassDeclarationSyntax>()
            .Where(type =>
                type.AttributeLists.SelectMany(static list => list.Attributes)
                    .Any(attribute => attribute.Name.ToString() == (ofModel ? "Model" : "Block")));

    private static IEnumerable<MethodDeclarationSyntax> Methods(SyntaxNode root, string? name) =>
        root.DescendantNodes().OfType<MethodDeclarationSyntax>().Where(method => name is null || method.Identifier.Text == name);

    private static IEnumerable<InvocationExpressionSyntax> Calls(SyntaxNode root, string name) =>
        UnclassifiedRules.Calls(root).Where(call => call.Expression.ToString() == name);

    private static IEnumerable<AttributeArgumentSyntax> Arguments(SyntaxNode root, string name) =>
        root.DescendantNodes().OfType<AttributeArgumentSyntax>().Where(argument => argument.NameEquals?.Name.Identifier.Text == name);

    private static PropertyDeclarationSyntax PropertyOf(SyntaxNode node) => node.FirstAncestorOrSelf<PropertyDeclarationSyntax>()!;

    private static IEnumerable<ElementAccessExpressionSyntax> Tables(SyntaxNode root) =>
        root.DescendantNodes().OfType<ElementAccessExpressionSyntax>()
            .Where(static table => table.ArgumentList.Arguments is [{ Expression: IdentifierNameSyntax { Identifier.Text: "tokens" } }]);

    private static IEnumerable<ForEachStatementSyntax> Loops(SyntaxNode root) => root.DescendantNodes().OfType<ForEachStatementSyntax>();

    private static string Block(ForEachStatementSyntax loop) => loop.Identifier.Text;

    private static AssignmentExpressionSyntax? Assignment(ForEachStatementSyntax loop) =>
        (loop.Statement as ExpressionStatementSyntax)?.Expression as AssignmentExpressionSyntax;

    private static Edit Braced(Edit edit) =>
        edit with { What = ((ForEachStatementSyntax)edit.Around).Statement.Span,
            By = $"{{ {edit.By}{((ForEachStatementSyntax)edit.Around).Statement} }}" };

    private static string TypeOf(InvocationExpressionSyntax call) =>
        UnclassifiedRules.ClassOf(call).Members.OfType<PropertyDeclarationSyntax>()
            .First(property => property.Identifier.Text == ((MemberAccessExpressionSyntax)call.Expression).Expression.ToString()).Type.ToString();

    private static string Name(MethodDeclarationSyntax method) => method.ParameterList.Parameters[0].Identifier.Text;
}
