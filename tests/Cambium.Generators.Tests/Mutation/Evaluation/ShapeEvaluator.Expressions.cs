using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <content>Expressions: names, arithmetic, choices, calls of functions.</content>
internal sealed partial class ShapeEvaluator
{
    private static readonly IReadOnlyList<string> MathFunctions = ["Sqrt", "Exp", "Log", "Abs", "Tanh", "Floor", "Ceiling", "Round", "Min", "Max"];

    private Value Evaluate(Scope scope, ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: int number } => new Value.Number(number, true),
        LiteralExpressionSyntax { Token.Value: float or double or decimal } => new Value.Number(null, true),
        LiteralExpressionSyntax { Token.Value: bool truth } => new Value.Truth(truth),
        LiteralExpressionSyntax { Token.Value: string } => new Value.Text(),
        LiteralExpressionSyntax { Token.Text: "null" or "default" } => Fail(expression, ErrorKind.Argument, "nothing, where a value is needed"),
        ParenthesizedExpressionSyntax inner => Evaluate(scope, inner.Expression),
        IdentifierNameSyntax name => Name(scope, name, name.Identifier.Text),
        MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax } own => Name(scope, own, own.Name.Identifier.Text),
        MemberAccessExpressionSyntax access => Access(scope, access),
        PrefixUnaryExpressionSyntax { OperatorToken.Text: "-" or "+" } sign =>
            Binary(scope, sign, sign.OperatorToken.Text, new Value.Number(0, true), Evaluate(scope, sign.Operand)),
        PrefixUnaryExpressionSyntax { OperatorToken.Text: "!" } not =>
            Evaluate(scope, not.Operand) is Value.Score ? new Value.Score() : new Value.Truth(!Condition(scope, not.Operand)),
        BinaryExpressionSyntax { OperatorToken.Text: "%" } rest
            when new[] { rest.Left, rest.Right }.Any(static side => side is LiteralExpressionSyntax { Token.Value: float or double or decimal }) =>
                Fail(rest, ErrorKind.Construct, "the rest of a division that is not whole"),
        BinaryExpressionSyntax binary => Binary(scope, binary, binary.OperatorToken.Text, binary.Left, binary.Right),
        ConditionalExpressionSyntax choice => Choose(scope, choice),
        SwitchExpressionSyntax choice => Choose(scope, choice),
        TupleExpressionSyntax tuple => new Value.Tuple([.. tuple.Arguments.Select(argument => Evaluate(scope, argument.Expression))]),
        ElementAccessExpressionSyntax element => Element(scope, element),
        InvocationExpressionSyntax call => Invoke(scope, call),
        CastExpressionSyntax { Type: PredefinedTypeSyntax { Keyword.Text: "float" or "double" } } cast
            when Evaluate(scope, cast.Expression) is Value.Number => new Value.Number(null, false),
        _ => Fail(expression, ErrorKind.Construct, "no expression of a model"),
    };

    private Value Name(Scope scope, ExpressionSyntax place, string name) =>
        scope.Locals.TryGetValue(name, out var local) && place is IdentifierNameSyntax ? local
        : scope.Class.Property(name) is { } property && ClassText.RoleOf(property) is not null ? Member(scope.Class, property, scope.IsInStack)
        : Constant(scope, name) ?? Fail(place, ErrorKind.Construct, "no local and no bound member");

    private static int? Constant(ExpressionSyntax? expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: int whole } => whole,
        PrefixUnaryExpressionSyntax { OperatorToken.Text: "-" } minus => -Constant(minus.Operand),
        _ => null,
    };

    private static Value.Number? Constant(Scope scope, string name) =>
        scope.Class.Syntax.Members.OfType<FieldDeclarationSyntax>().Where(static field => field.Modifiers.Any(SyntaxKind.ConstKeyword))
            .SelectMany(static field => field.Declaration.Variables)
            .FirstOrDefault(variable => variable.Identifier.Text == name)?.Initializer?.Value is { } value
                ? new Value.Number(Constant(value), true)
                : null;

    private Value Access(Scope scope, MemberAccessExpressionSyntax access)
    {
        if (access.Expression is IdentifierNameSyntax { Identifier.Text: var type }
            && _enums.TryGetValue(type, out var values)
            && values.Contains(access.Name.Identifier.Text))
            return new Value.Text();
        if (access.Expression is IdentifierNameSyntax { Identifier.Text: var target }
            && !scope.Locals.ContainsKey(target)
            && scope.Class.Property(target) is null)
            return Fail(access, ErrorKind.Construct, "on a value that is not part of a model");
        return Evaluate(scope, access.Expression) switch
        {
            Value.Position => new Value.Score(access.Name.Identifier.Text == "Head"),
            Value.Tuple { Items: var items } when access.Name.Identifier.Text is var name && ItemOf(name) is { } place && place < items.Count =>
                items[place],
            var value when value == Value.Unknown => value,
            _ => Fail(access, ErrorKind.Construct, "a member of another class"),
        };
    }

    private static int? ItemOf(string name) => name switch
    {
        "First" => 0,
        "Second" => 1,
        "Third" => 2,
        "Fourth" => 3,
        _ when name.StartsWith("Item", StringComparison.Ordinal) => name[4..] is [>= '1' and <= '9'] digit ? digit[0] - '1' : null,
        _ => null,
    };

    private Value Binary(Scope scope, SyntaxNode node, string sign, ExpressionSyntax left, ExpressionSyntax right) =>
        Binary(scope, node, sign, Evaluate(scope, left), Evaluate(scope, right));

    private Value Binary(Scope scope, SyntaxNode node, string sign, Value left, Value right)
    {
        if (left == Value.Unknown || right == Value.Unknown)
            return Value.Unknown;
        if (sign is not ("+" or "-" or "*" or "/"))
            return Compare(node, sign, left, right);
        return (left, right) switch
        {
            (Value.Tokens, Value.Number { Size: not null }) when sign == "+" => left,
            (Value.Tokens, _) or (_, Value.Tokens) => Fail(node, ErrorKind.Argument, "ids are shifted by sizes"),
            (Value.Score, _) or (_, Value.Score) => new Value.Score(),
            (Value.Number a, Value.Number b) => new Value.Number(Whole(sign, a.Size, b.Size), a.IsLiteral && b.IsLiteral),
            (Value.Text, _) or (_, Value.Text) => Fail(node, ErrorKind.Construct, "texts are compared only"),
            _ => Broadcast(node, left, right),
        };
    }

    private static Ratio? Whole(string sign, Ratio? a, Ratio? b) => (a, b) is ({ } left, { } right)
        ? sign switch { "+" => left + right, "-" => left - right, "*" => left * right, _ => Ratio.Divide(left, right) }
        : null;

    private Value Compare(SyntaxNode node, string sign, Value left, Value right) => (sign, left, right) switch
    {
        ("<<" or ">>" or "^" or "??", _, _) => Fail(node, ErrorKind.Construct, "no operator of a model"),
        (_, Value.Score, _) or (_, _, Value.Score) => new Value.Score(),
        ("%", Value.Number, Value.Number) => new Value.Number(null, false),
        ("&&" or "&", Value.Truth a, Value.Truth b) => new Value.Truth(a.Known == false || b.Known == false ? false : a.Known & b.Known),
        ("||" or "|", Value.Truth a, Value.Truth b) => new Value.Truth(a.Known == true || b.Known == true ? true : a.Known | b.Known),
        ("==" or "!=", Value.Truth, Value.Truth) or ("==" or "!=", Value.Text, Value.Text) => new Value.Truth(null),
        (not ("%" or "&&" or "||"), Value.Number { IsLiteral: true, Size: { } a }, Value.Number { IsLiteral: true, Size: { } b }) =>
            new Value.Truth(Known(sign, a, b)),
        (not ("%" or "&&" or "||"), Value.Number, Value.Number) => new Value.Truth(null),
        _ => Fail(node, ErrorKind.Argument, "a condition is over what a config decides"),
    };

    private static bool? Known(string sign, Ratio a, Ratio b) => sign switch
    {
        "==" => a == b,
        "!=" => a != b,
        "<" => (a - b).Sign < 0,
        "<=" => (a - b).Sign <= 0,
        ">" => (a - b).Sign > 0,
        ">=" => (a - b).Sign >= 0,
        _ => null,
    };

    /// <summary>The value of a condition; null if the config decides it, or if it is not a condition.</summary>
    private bool? Condition(Scope scope, ExpressionSyntax condition)
    {
        var value = Evaluate(scope, condition);
        if (value is Value.Truth { Known: var known })
            return known;
        if (value != Value.Unknown && value is not Value.Score)
            Fail(condition, ErrorKind.Argument, "no condition that a config decides");
        return null;
    }

    private Value Choose(Scope scope, ConditionalExpressionSyntax choice)
    {
        if (Condition(scope, choice.Condition) is { } known)
            return Evaluate(scope, known ? choice.WhenTrue : choice.WhenFalse);
        return Either(choice, Evaluate(scope, choice.WhenTrue), Evaluate(scope, choice.WhenFalse));
    }

    private Value Choose(Scope scope, SwitchExpressionSyntax choice)
    {
        var decided = Evaluate(scope, choice.GoverningExpression);
        foreach (var arm in choice.Arms)
        {
            if (arm.Pattern is ConstantPatternSyntax constant
                && Evaluate(scope, constant.Expression) is var value
                && value != Value.Unknown
                && decided != Value.Unknown
                && value.GetType() != decided.GetType())
                Fail(arm.Pattern, ErrorKind.Argument, $"{decided} is never {value}");
            else if (arm.Pattern is not (ConstantPatternSyntax or DiscardPatternSyntax))
                Fail(arm.Pattern, ErrorKind.Construct, "no pattern of a model");
        }

        return choice.Arms.Select(arm => Evaluate(scope, arm.Expression)).ToList().Aggregate((before, next) => Either(choice, before, next));
    }

    private Value Either(SyntaxNode node, Value whenTrue, Value whenFalse)
    {
        if (whenTrue == Value.Unknown || whenFalse == Value.Unknown || whenTrue.Equals(whenFalse))
            return whenTrue == Value.Unknown ? whenFalse : whenTrue is Value.Tokens ? Fail(node, ErrorKind.Construct, "a choice of ids") : whenTrue;
        return (whenTrue, whenFalse) switch
        {
            (Value.Score, _) or (_, Value.Score) => new Value.Score(),
            (Value.Number, Value.Number) => new Value.Number(null, false),
            (Value.Truth, Value.Truth) => new Value.Truth(null),
            (Value.Tuple { Items: var a }, Value.Tuple { Items: var b }) when a.Count == b.Count =>
                new Value.Tuple([.. a.Zip(b, (left, right) => Either(node, left, right))]),
            _ => Fail(node, ErrorKind.Shape, $"a choice of {whenTrue} and {whenFalse}"),
        };
    }

    private Value Element(Scope scope, ElementAccessExpressionSyntax element)
    {
        var target = Evaluate(scope, element.Expression);
        var indices = element.ArgumentList.Arguments.Select(argument => Evaluate(scope, argument.Expression)).ToList();
        if (indices.Contains(Value.Unknown))
            return Value.Unknown;
        return (target, indices) switch
        {
            (Value.List list, [Value.Number]) => list.Item,
            (Value.Tensor { IsRows: false, Axes.Count: 2 } table, [Value.Tokens]) => new Value.Tensor(true, [table.Axes[1]]),
            (Value.Tensor, [Value.Tokens]) => Fail(element, ErrorKind.Shape, $"rows of {target}"),
            (Value.Tensor { IsRows: false } table, _) when table.Axes.Count == indices.Count => Lookup(scope, element, table, indices),
            (Value.Tensor, _) => Fail(element, ErrorKind.Shape, $"{indices.Count} indices of {target}"),
            _ => target == Value.Unknown ? target : Fail(element, ErrorKind.Construct, "no table"),
        };
    }

    private Value Lookup(Scope scope, ElementAccessExpressionSyntax element, Value.Tensor table, IReadOnlyList<Value> indices)
    {
        // A table that is indexed by the head needs one element per head.
        for (var axis = 0; axis < indices.Count; axis++)
        {
            if (indices[axis] is Value.Score { IsHead: true } && scope.Heads is { } heads && heads != table.Axes[axis])
                return Fail(element, ErrorKind.Shape, $"{table} by one of {heads} heads");
        }

        return new Value.Score();
    }

    private Value Invoke(Scope scope, InvocationExpressionSyntax call)
    {
        switch (call.Expression)
        {
            case IdentifierNameSyntax { Identifier.Text: var name } when scope.Class.Method(name) is { } method:
                return Call(scope, method, Arguments(scope, call, method));
            case IdentifierNameSyntax { Identifier.Text: var name }:
                return Operation(scope, call, name);
            case MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "Math" or "MathF" },
                Name.Identifier.Text: var name }:
                foreach (var argument in call.ArgumentList.Arguments)
                    Evaluate(scope, argument.Expression);
                return MathFunctions.Contains(name) ? new Value.Number(null, false) : Fail(call, ErrorKind.Construct, "no function of a model");
            case MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax, Name.Identifier.Text: var name }
                when scope.Class.Method(name) is { } method:
                return Call(scope, method, Arguments(scope, call, method));
            case MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: var target } }
                when !scope.Locals.ContainsKey(target) && scope.Class.Property(target) is null:
                return Fail(call, ErrorKind.Construct, "on a value that is not part of a model");
            case MemberAccessExpressionSyntax access:
                return Evaluate(scope, access.Expression) switch
                {
                    Value.Block block when block.Class.Method(access.Name.Identifier.Text) is { } method =>
                        ReturnsTensors(method)
                            ? Call(new Scope(block.Class, block.IsInStack, scope.Depth, scope.IsInLoop), method, Arguments(scope, call, method))
                            : Fail(call, ErrorKind.Construct, "returns no tensors"),
                    var value when value == Value.Unknown => value,
                    _ => Fail(call, ErrorKind.Construct, "no call of a model"),
                };
            default:
                return Fail(call, ErrorKind.Construct, "no call of a model");
        }
    }

    private List<Value> Arguments(Scope scope, InvocationExpressionSyntax call, MethodDeclarationSyntax method)
    {
        var values = new Dictionary<int, Value>();
        for (var i = 0; i < call.ArgumentList.Arguments.Count; i++)
        {
            var argument = call.ArgumentList.Arguments[i];
            var place = argument.NameColon is { Name.Identifier.Text: var name }
                ? Enumerable.Range(0, method.ParameterList.Parameters.Count).First(at => method.ParameterList.Parameters[at].Identifier.Text == name)
                : i;
            values[place] = Evaluate(scope, argument.Expression);
        }

        return [.. method.ParameterList.Parameters.Select((parameter, i) =>
            values.TryGetValue(i, out var value) ? value : parameter.Default is { } fallback ? Evaluate(scope, fallback.Value) : Value.Unknown)];
    }
}
