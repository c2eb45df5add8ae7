using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Lowers choices between two values by a condition that a checkpoint decides: <c>condition ? a : b</c> and the locals of branches.
/// </summary>
internal sealed class ChoiceLowering(LoweringContext context, ExpressionLowering expressions, OperationLowering operations)
{
    public Item Evaluate(Scope scope, Conditional conditional)
    {
        var condition = expressions.Hosts.Condition(scope, conditional.Condition);
        if (HostLowering.Known(condition) is { } known)
            return expressions.Evaluate(scope, known ? conditional.WhenTrue : conditional.WhenFalse);
        var sides = expressions.EvaluateAll(scope, [conditional.WhenTrue, conditional.WhenFalse]);
        return Choose(scope, condition, sides[0], sides[1], scope.OriginOf(conditional), "the two sides");
    }

    /// <param name="what">Names the two values in messages.</param>
    public Item Choose(Scope scope, ScalarExpression condition, Item whenTrue, Item whenFalse, Origin origin, string what)
    {
        if (whenTrue.Equals(whenFalse))
            return whenTrue;
        if (whenTrue is TupleItem { Values: var first } && whenFalse is TupleItem { Values: var second } && first.Count == second.Count)
            return new TupleItem([.. first.Select((item, i) => Choose(scope, condition, item, second[i], origin, what))]);
        if (whenTrue.AsNumber(scope) is { } left && whenFalse.AsNumber(scope) is { } right)
        {
            var chosen = new ScalarExpression.Apply("choose", condition, left, right);
            return context.Limits.Checked(scope, origin.Id, new HostItem(chosen, whenTrue.IsInteger && whenFalse.IsInteger), chosen);
        }

        var source = new Truth(origin.Id, true);
        if (whenTrue.IsCondition && whenFalse.IsCondition)
        {
            // condition && a || !condition && b
            var (a, b) = (expressions.Hosts.Condition(scope, whenTrue, source), expressions.Hosts.Condition(scope, whenFalse, source));
            var joined = new ScalarExpression.Apply(
                "or",
                new ScalarExpression.Apply("and", condition, a),
                new ScalarExpression.Apply("and", new ScalarExpression.Apply("not", condition), b));
            return context.Limits.Checked(scope, origin.Id, new ConditionItem(joined), joined);
        }

        if (whenTrue is OptionItem { Option.Kind: OptionKind.Rotary } || whenFalse is OptionItem { Option.Kind: OptionKind.Rotary })
        {
            throw context.Error(
                DiagnosticCodes.NotSupported,
                "a rotary option cannot be chosen by a condition; choose between the rotated values: `.. ? Rotate(x, A) : Rotate(x, B)`",
                scope,
                origin.Id);
        }

        var (taken, other) = (operations.AsTensor(scope, whenTrue, source, "x"), operations.AsTensor(scope, whenFalse, source, "x"));
        if (!scope.Builder.TypeOf(taken).AgreesWith(scope.Builder.TypeOf(other)))
            throw context.Error(
                DiagnosticCodes.Shape,
                $"{what} must have the same shape but are {scope.Builder.TypeOf(taken)} and {scope.Builder.TypeOf(other)}",
                scope,
                origin.Id);
        return new TensorItem(scope.Builder.Add("choose", [scope.Builder.Scalar(new ScoreValue(condition), origin), taken, other], origin: origin));
    }
}
