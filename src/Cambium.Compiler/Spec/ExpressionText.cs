using System.Globalization;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Spec;

/// <summary>
/// Prints expressions as the author writes them, for remarks in generated code and for the report. The text comes from the description of the
/// class, so it depends on no position and no whitespace of the source, and classes of packages have it, too.
/// </summary>
internal sealed class ExpressionText
{
    /// <summary>Longer texts lose their innermost calls.</summary>
    public const int MaxLength = 120;

    private const string Elided = "..";
    private const int MaxDepth = 6;

    // Precedences of C#, from the loosest to the tightest.
    private const int Loosest = 0;
    private const int Choice = 1;
    private const int Unary = 8;
    private const int Primary = 9;

    private readonly IReadOnlyDictionary<string, string> _members;
    private readonly Func<Expression, bool> _isElsewhere;

    private ExpressionText(IReadOnlyDictionary<string, string> members, Func<Expression, bool> isElsewhere) =>
        (_members, _isElsewhere) = (members, isElsewhere);

    /// <param name="isElsewhere">Whether an inner expression is replaced by <c>..</c>, because another kernel computes it.</param>
    /// <param name="depth">Calls that are nested more deeply are replaced by <c>..</c>.</param>
    public static string Print(AuthorExpression source, Func<Expression, bool> isElsewhere, int depth = MaxDepth)
    {
        var printer = new ExpressionText(source.Members, isElsewhere);
        while (true)
        {
            var text = printer.Inside(source.Expression, depth, Loosest);
            if (source.IsCondition)
                text = $"if ({text})";
            if (text.Length <= MaxLength)
                return text;
            if (depth == 1)
                return text.Substring(0, MaxLength - Elided.Length) + Elided;
            depth--;
        }
    }

    private string Part(Expression expression, int depth, int atLeast) =>
        _isElsewhere(expression) ? Elided : Inside(expression, depth, atLeast);

    /// <param name="atLeast">An expression of a lower precedence gets parentheses.</param>
    private string Inside(Expression expression, int depth, int atLeast)
    {
        var (text, precedence) = Print(expression, depth);
        return precedence < atLeast ? $"({text})" : text;
    }

    private (string Text, int Precedence) Print(Expression expression, int depth)
    {
        switch (expression)
        {
            case LocalRef local:
                return (_members.TryGetValue(local.Name, out var member) ? member : local.Name, Primary);
            case MemberRef property:
                return (property.Name, Primary);
            case PropertyRef property:
                return ($"{Part(property.Target, depth, Primary)}.{property.Name}", Primary);
            case ItemOf item:
                return ($"{Part(item.Target, depth, Primary)}[{Part(item.Index, depth, Loosest)}]", Primary);
            case Number number:
                return (Literal(number), number.Value < 0 ? Unary : Primary);
            case Truth truth:
                return (truth.Value ? "true" : "false", Primary);
            case Text text:
                return (GraphText.Quote(text.Value), Primary);
            case TupleOf tuple:
                return ($"[{Join(tuple.Items, depth)}]", Primary);
            case LambdaOf lambda:
                return ($"({string.Join(", ", lambda.Parameters)}) => {Part(lambda.Body, depth, Choice)}", Choice);
            case Conditional choice:
                var (whenTrue, whenFalse) = (Part(choice.WhenTrue, depth, Choice), Part(choice.WhenFalse, depth, Choice));
                return ($"{Part(choice.Condition, depth, Choice + 1)} ? {whenTrue} : {whenFalse}", Choice);
            case HostOp { Operands: [var operand] } operation:
                return (operation.Operator + Part(operand, depth, Unary), Unary);
            case HostOp { Operands: [var left, var right] } operation:
                return Binary(operation.Operator, left, right, depth);
            case OpCall call:
                return Call(call, depth);
            case BlockCall when depth == 0:
                return (Elided, Primary);
            case BlockCall call:
                var target = call.Target is not null ? Part(call.Target, depth, Primary) + "." : call.IsOfBase ? "base." : "";
                return ($"{target}{call.Function}({Join(call.Arguments, depth - 1)})", Primary);
            default:
                return (Elided, Primary);
        }
    }

    private static string Literal(Number number)
    {
        // C# converts a whole number that an author adds to a tensor. The remark has the number.
        if (number.IsInteger || (Math.Abs(number.Value) < 1e6 && number.Value == Math.Floor(number.Value)))
            return number.Value.ToString(CultureInfo.InvariantCulture);

        // 1E-05 is 1e-5 in source code.
        var text = ((float)number.Value).ToString("R", CultureInfo.InvariantCulture);
        var at = text.IndexOf('E');
        if (at >= 0)
        {
            var exponent = int.Parse(text.Substring(at + 1), CultureInfo.InvariantCulture);
            text = $"{text.Substring(0, at)}e{exponent.ToString(CultureInfo.InvariantCulture)}";
        }

        return text + "f";
    }

    private (string Text, int Precedence) Call(OpCall call, int depth)
    {
        switch (call.Op, call.Arguments)
        {
            case ("Add", [var left, var right]):
                return Binary("+", left.Value, right.Value, depth);
            case ("Subtract", [var left, var right]):
                return Binary("-", left.Value, right.Value, depth);
            case ("Multiply", [var left, var right]):
                return Binary("*", left.Value, right.Value, depth);
            case ("Divide", [var left, var right]):
                return Binary("/", left.Value, right.Value, depth);
            case ("Shift", [var left, var right]):
                return Binary("+", left.Value, right.Value, depth);
            case ("Negate", [var operand]):
                return ("-" + Part(operand.Value, depth, Unary), Unary);
            case ("Gather", [var table, _, ..]):
                var indices = call.Arguments.Skip(1).Select(static index => index.Value);
                return ($"{Part(table.Value, depth, Primary)}[{Join(indices, depth)}]", Primary);
        }

        if (depth == 0)
            return (Elided, Primary);
        var arguments = call.Arguments.Select((argument, i) => Argument(argument, depth - 1, isInPlace: IsInPlace(call.Op, argument.Parameter, i)));
        return ($"{call.Op}({string.Join(", ", arguments)})", Primary);
    }

    // An option such as `window` is written with its name, and so is an argument after one that was left out.
    private static bool IsInPlace(string op, string parameter, int place) => OpCatalog.FindMethod(op)?.Parameters is { } parameters
        && place < parameters.Count
        && parameters[place] is var expected
        && expected.Name == parameter
        && expected is not { Role: ParameterRole.Attribute, Optional: true, Type: not AttributeType.Size };

    // An array of arguments is expanded, as authors write it.
    private string Argument(Argument argument, int depth, bool isInPlace) => (argument.Value, isInPlace) switch
    {
        (TupleOf tuple, true) when !_isElsewhere(tuple) => Join(tuple.Items, depth),
        (_, true) => Part(argument.Value, depth, Loosest),
        _ => $"{argument.Parameter}: {Part(argument.Value, depth, Loosest)}",
    };

    private string Join(IEnumerable<Expression> expressions, int depth) => string.Join(", ", expressions.Select(part => Part(part, depth, Loosest)));

    private (string Text, int Precedence) Binary(string sign, Expression left, Expression right, int depth)
    {
        var precedence = sign switch
        {
            "*" or "/" or "%" => 7,
            "+" or "-" => 6,
            "<" or "<=" or ">" or ">=" => 5,
            "==" or "!=" => 4,
            "&&" => 3,
            _ => 2,
        };
        return ($"{Part(left, depth, precedence)} {sign} {Part(right, depth, precedence + 1)}", precedence);
    }
}
