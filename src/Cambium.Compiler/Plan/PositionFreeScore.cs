using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>
/// A score function for keys that have no position, such as those of a learned prefix: it neither hides nor biases them. A part that depends on a
/// position and not on the score is replaced by the neutral element of the op that it is an operand of: 0 of a sum, 1 of a product. Where a position
/// decides between values, the one that depends on the score is taken, and the first one of two.
/// </summary>
public static class PositionFreeScore
{
    private static readonly ScalarExpression Zero = new ScalarExpression.Constant(0);

    public static ScalarExpression Of(ScalarExpression score) => Without(score) ?? Zero;

    // null for a part that depends on positions only.
    private static ScalarExpression? Without(ScalarExpression expression)
    {
        if (!Reads(expression, "key", "query"))
            return expression;
        if (!Reads(expression, "score"))
            return null;
        if (expression is ScalarExpression.Lookup lookup)
            return lookup with { Indices = lookup.Indices.Select(static index => Without(index) ?? Zero).ToEquatableArray() };
        var apply = (ScalarExpression.Apply)expression;
        ScalarExpression?[] arguments = [.. apply.Arguments.Select(Without)];
        return (apply.Op, arguments) switch
        {
            ("add" or "sub" or "mul" or "div" or "max" or "min", [{ } left, null]) => left,
            ("add" or "mul" or "max" or "min", [null, { } only]) => only,
            ("sub", [null, { } right]) => new ScalarExpression.Apply("sub", Zero, right),
            ("div", [null, { } right]) => new ScalarExpression.Apply("div", new ScalarExpression.Constant(1), right),
            ("where", [null, var a, var b]) => a is not null && (Reads(a, "score") || b is null || !Reads(b, "score")) ? a : b,
            _ => apply with { Arguments = arguments.Select(static argument => argument ?? Zero).ToEquatableArray() },
        };
    }

    private static bool Reads(ScalarExpression expression, params string[] inputs) =>
        expression.Walk().Any(part => part is ScalarExpression.Input input && inputs.Contains(input.Name));
}
