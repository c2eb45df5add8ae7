using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <content>Bodies of methods. After a failed statement, the locals that it assigns are unknown.</content>
internal sealed partial class ShapeEvaluator
{
    private const int Deepest = 30;
    private const int MostRounds = 64;

    /// <param name="caller">A scope of the method's class.</param>
    private Value Call(Scope caller, MethodDeclarationSyntax method, IReadOnlyList<Value> arguments)
    {
        _called.Add(method);
        if (caller.Depth > Deepest)
            return Fail(method, ErrorKind.Construct, "calls itself");
        var scope = new Scope(caller.Class, caller.IsInStack, caller.Depth + 1, caller.IsInLoop) { Heads = caller.Heads };
        var parameters = method.ParameterList.Parameters;
        for (var i = 0; i < parameters.Count; i++)
            scope.Locals[parameters[i].Identifier.Text] = i < arguments.Count ? arguments[i]
                : parameters[i].Default is { } fallback ? Evaluate(scope, fallback.Value)
                : Value.Unknown;
        if (method.ExpressionBody is { } body)
            return Evaluate(scope, body.Expression);
        if (method.Body is not null)
            Run(scope, method.Body);
        if (scope.Results.Count == 0)
            return Value.Unknown;
        var result = scope.Results[^1].Value;
        foreach (var (statement, other) in scope.Results.SkipLast(1))
        {
            if (!Same(other, result))
                return Fail(
                    statement!.AncestorsAndSelf().OfType<StatementSyntax>().Last(static outer =>
                        outer is not BlockSyntax || outer.Parent is StatementSyntax), ErrorKind.Shape, $"returns {other} and {result}");
        }

        return scope.Results.FirstOrDefault(static entry => entry.Value != Value.Unknown).Value ?? Value.Unknown;
    }

    private void Run(Scope scope, StatementSyntax statement)
    {
        switch (statement)
        {
            case BlockSyntax block:
                foreach (var inner in block.Statements)
                    Run(scope, inner);
                return;
            case EmptyStatementSyntax:
                return;
            case LocalDeclarationStatementSyntax { IsConst: var isConst, Declaration.Variables: var variables } when !isConst
                || variables.All(static variable => variable.Initializer?.Value is LiteralExpressionSyntax):
                foreach (var variable in variables.Where(static variable => variable.Initializer is not null))
                    scope.Locals[variable.Identifier.Text] = Evaluate(scope, variable.Initializer!.Value);
                break;
            case ExpressionStatementSyntax { Expression: AssignmentExpressionSyntax assignment }:
                Assign(scope, assignment);
                break;
            case ReturnStatementSyntax { Expression: { } result }:
                scope.Results.Add((statement, Evaluate(scope, result)));
                break;
            case IfStatementSyntax choice:
                Choose(scope, choice);
                break;
            case CommonForEachStatementSyntax loop:
                Loop(scope, loop);
                break;
            case ForStatementSyntax loop:
                Unroll(scope, loop);
                break;
            default:
                Forget(scope, statement, "no statement of a model");
                break;
        }
    }

    private void Forget(Scope scope, SyntaxNode statement, string why)
    {
        Fail(statement, ErrorKind.Construct, why);
        foreach (var name in Assigned(statement))
            scope.Locals[name] = Value.Unknown;
    }

    private static IEnumerable<string> Assigned(SyntaxNode statement) => statement.DescendantNodesAndSelf().SelectMany(static node => node switch
    {
        AssignmentExpressionSyntax assignment =>
            assignment.Left.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Select(static name => name.Identifier.Text),
        VariableDeclaratorSyntax variable => [variable.Identifier.Text],
        SingleVariableDesignationSyntax variable => [variable.Identifier.Text],
        _ => Enumerable.Empty<string>(),
    }).Distinct();

    private void Assign(Scope scope, AssignmentExpressionSyntax assignment)
    {
        if (assignment.IsKind(SyntaxKind.SimpleAssignmentExpression))
        {
            Bind(scope, assignment.Left, Evaluate(scope, assignment.Right), assignment);
            return;
        }

        var value = Binary(scope, assignment, assignment.OperatorToken.Text.TrimEnd('='), assignment.Left, assignment.Right);
        Bind(scope, assignment.Left, value, assignment);
    }

    private void Bind(Scope scope, SyntaxNode target, Value value, SyntaxNode statement)
    {
        switch (target)
        {
            case IdentifierNameSyntax name when name.Identifier.Text == "_" || scope.Locals.ContainsKey(name.Identifier.Text):
                scope.Locals[name.Identifier.Text] = value;
                break;
            case IdentifierNameSyntax name when scope.Class.Property(name.Identifier.Text) is null
                && !scope.Class.Syntax.Members.OfType<FieldDeclarationSyntax>().SelectMany(static field => field.Declaration.Variables)
                    .Any(variable => variable.Identifier.Text == name.Identifier.Text):
                // Declared without a value.
                scope.Locals[name.Identifier.Text] = value;
                break;
            case SingleVariableDesignationSyntax name:
                scope.Locals[name.Identifier.Text] = value;
                break;
            case DiscardDesignationSyntax:
                break;
            case DeclarationExpressionSyntax declaration:
                Bind(scope, declaration.Designation, value, statement);
                break;
            case TupleExpressionSyntax tuple:
                BindAll(scope, [.. tuple.Arguments.Select(static argument => argument.Expression)], value, statement);
                break;
            case ParenthesizedVariableDesignationSyntax tuple:
                BindAll(scope, [.. tuple.Variables], value, statement);
                break;
            default:
                Fail(statement, ErrorKind.Construct, "assigns to no local");
                break;
        }
    }

    private void BindAll(Scope scope, IReadOnlyList<SyntaxNode> targets, Value value, SyntaxNode statement)
    {
        for (var i = 0; i < targets.Count; i++)
            Bind(scope, targets[i], value is Value.Tuple { Items: var items } && i < items.Count ? items[i] : Value.Unknown, statement);
    }

    private void Choose(Scope scope, IfStatementSyntax choice)
    {
        if (Condition(scope, choice.Condition) is { } known)
        {
            if ((known ? choice.Statement : choice.Else?.Statement) is { } taken)
                Run(scope, taken);
            return;
        }

        var (then, otherwise) = (scope.Branch(), scope.Branch());
        Run(then, choice.Statement);
        if (choice.Else is { } other)
            Run(otherwise, other.Statement);
        foreach (var name in Assigned(choice).Where(name => then.Locals.ContainsKey(name) && otherwise.Locals.ContainsKey(name)))
        {
            // After a branch that returns, the locals have the values of the other branch.
            scope.Locals[name] = Returns(choice.Statement) ? otherwise.Locals[name]
                : choice.Else is { } last && Returns(last.Statement) ? then.Locals[name]
                : Either(choice, then.Locals[name], otherwise.Locals[name]);
        }
    }

    private static bool Returns(StatementSyntax statement) =>
        statement is ReturnStatementSyntax || (statement is BlockSyntax { Statements: [.., var last] } && Returns(last));

    private void Loop(Scope scope, CommonForEachStatementSyntax loop)
    {
        var isIndexed = loop.Expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Index" } };
        var collection = isIndexed
            ? ((MemberAccessExpressionSyntax)((InvocationExpressionSyntax)loop.Expression).Expression).Expression
            : loop.Expression;
        if (collection is not IdentifierNameSyntax { Identifier.Text: var name }
            || scope.Class.Property(name) is not { } property
            || Member(scope.Class, property, scope.IsInStack) is not Value.Stack stack)
        {
            Forget(scope, loop, "a loop over no stack");
            return;
        }

        if (scope.IsInLoop || scope.IsInStack || loop.DescendantNodes().OfType<ReturnStatementSyntax>().Any())
        {
            Forget(scope, loop, "a loop in a loop, or one that returns");
            return;
        }

        var carried = Assigned(loop.Statement).Where(scope.Locals.ContainsKey).ToList();
        if (carried.Any(local => scope.Locals[local] is not Value.Tensor { IsRows: true } && scope.Locals[local] != Value.Unknown))
        {
            Forget(scope, loop, "carries something else than rows");
            return;
        }

        var body = scope with { Locals = new(scope.Locals, StringComparer.Ordinal), IsInLoop = true };
        Variables(body, loop, isIndexed, new Value.Block(stack.Class, true));
        Run(body, loop.Statement);
        foreach (var local in carried)
            scope.Locals[local] = Same(body.Locals[local], scope.Locals[local])
                ? scope.Locals[local]
                : Fail(loop, ErrorKind.Shape, $"`{local}` is {scope.Locals[local]} before a round and {body.Locals[local]} behind it");
    }

    private static void Variables(Scope body, CommonForEachStatementSyntax loop, bool isIndexed, Value block)
    {
        var variables = loop switch
        {
            ForEachStatementSyntax { Identifier.Text: var name } => [name],
            ForEachVariableStatementSyntax { Variable: var variable } =>
                [.. variable.DescendantNodesAndSelf().OfType<SingleVariableDesignationSyntax>().Select(static variable => variable.Identifier.Text)],
            _ => Array.Empty<string>(),
        };
        if (isIndexed && variables.Length == 2)
            body.Locals[variables[0]] = new Value.Number(null, false);
        if (variables.Length > 0)
            body.Locals[variables[^1]] = block;
    }

    private void Unroll(Scope scope, ForStatementSyntax loop)
    {
        if (loop is not { Declaration.Variables: [{ Initializer.Value: { } first } variable],
            Condition: BinaryExpressionSyntax { OperatorToken.Text: var sign, Left: IdentifierNameSyntax left, Right: { } last },
            Incrementors: [PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostIncrementExpression }] }
            || left.Identifier.Text != variable.Identifier.Text || Constant(first) is not { } begin || Constant(last) is not { } end)
        {
            Forget(scope, loop, "no loop between constants");
            return;
        }

        for (var i = begin; Known(sign, i, end) == true && i < begin + MostRounds; i++)
        {
            scope.Locals[variable.Identifier.Text] = new Value.Number(i, true);
            Run(scope, loop.Statement);
        }
    }
}
