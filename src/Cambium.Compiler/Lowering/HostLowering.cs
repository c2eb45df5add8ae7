using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>
/// Lowers numbers, conditions and list items that a checkpoint decides: expressions over dims, options and a block's index in its stack.
/// </summary>
internal sealed class HostLowering(LoweringContext context, ExpressionLowering expressions)
{
    /// <summary>The condition, if it is known before a checkpoint is loaded.</summary>
    public static bool? Known(ScalarExpression condition) => OpCatalog.Fold(condition) is { } value ? value != 0 : null;

    public ScalarExpression Condition(Scope scope, Expression source) => Condition(scope, expressions.Evaluate(scope, source), source);

    public ScalarExpression Condition(Scope scope, Item item, Expression source) => item switch
    {
        ConditionItem condition => condition.Value,
        FlagItem flag => Flag(flag.Value),
        OptionItem { Option: { Kind: OptionKind.Bool } option } => new ScalarExpression.Symbol(option.Name),
        _ => throw context.Error(
            DiagnosticCodes.BadArgument,
            $"`{Item.Describe(source)}` is not a condition that a checkpoint decides; compare dims, options and a block's index",
            scope,
            source.Id),
    };

    /// <summary>One value of a list of the config, or of a tuple.</summary>
    public Item ItemAt(Scope scope, ItemOf item)
    {
        var (target, index) = (expressions.Evaluate(scope, item.Target), expressions.Evaluate(scope, item.Index));
        if (target is TupleItem { Values: var values })
        {
            return index is SizeItem { Value.Value: { } at } && at >= 0 && at < values.Count
                ? values[(int)at]
                : throw Error(
                    $"`{Item.Describe(item.Index)}` must be a number from 0 to {(values.Count - 1).ToString(CultureInfo.InvariantCulture)}",
                    item.Index);
        }

        if (target is not ListItem { Option: var list })
            throw Error($"`{Item.Describe(item.Target)}` is not a list", item.Target);
        if (!index.IsInteger)
        {
            throw Error(
                $"`{Item.Describe(item.Index)}` is not a whole number that a checkpoint decides; "
                    + "index a list by a block's index in its stack, by dims, or by numbers computed from them",
                item.Index);
        }

        var position = Number(scope, index, item.Index);
        if (position.Walk().Any(static part => part is ScalarExpression.ItemOf or ScalarExpression.TextIs { Index: not null }))
            throw context.Error(DiagnosticCodes.NotSupported, "the index of a list cannot come from a list", scope, item.Index.Id);
        return list.Kind switch
        {
            OptionKind.Text or OptionKind.Enum => new ListTextItem(list, position),
            OptionKind.Bool => new ConditionItem(new ScalarExpression.ItemOf(list.Name, list.Kind, position)),
            _ => new HostItem(new ScalarExpression.ItemOf(list.Name, list.Kind, position), list.Kind == OptionKind.Int),
        };

        StatementFailed Error(string message, Expression source) => context.Error(DiagnosticCodes.BadArgument, message, scope, source.Id);
    }

    /// <summary>An operator of C# over host values.</summary>
    public Item Operation(Scope scope, HostOp operation)
    {
        var operands = expressions.EvaluateAll(scope, operation.Operands);
        switch (operation.Operator)
        {
            case "!":
                return new ConditionItem(Apply("!", ConditionAt(0)));
            case "!=":
                return new ConditionItem(Apply("!", ((ConditionItem)Operation(scope, operation with { Operator = "==" })).Value));
            case ">" or ">=":
                return Operation(
                    scope,
                    operation with { Operator = operation.Operator == ">" ? "<" : "<=", Operands = operation.Operands.Reverse().ToEquatableArray() });
            case "&&" or "||":
                return new ConditionItem(Apply(operation.Operator, ConditionAt(0), ConditionAt(1)));
            case "==" when operands.Any(static operand => operand is TextItem):
                return new ConditionItem(CompareTexts(scope, operation, operands));
            case "==" when operands.All(static operand => operand.IsCondition):
                return new ConditionItem(Apply("==", ConditionAt(0), ConditionAt(1)));
            case "%":
                return new HostItem(Apply("%", NumberAt(0), NumberAt(1)), operands.All(static operand => operand.IsInteger));
            default:
                return new ConditionItem(Apply(operation.Operator, NumberAt(0), NumberAt(1)));
        }

        ScalarExpression ConditionAt(int i) => Condition(scope, operands[i], operation.Operands[i]);

        ScalarExpression NumberAt(int i) => Number(scope, operands[i], operation.Operands[i]);
    }

    private static ScalarExpression Apply(string sign, params ScalarExpression[] operands) =>
        new ScalarExpression.Apply(OpCatalog.FindOperator(sign)!.Name, operands);

    private static ScalarExpression Flag(bool value) => Apply("==", new ScalarExpression.Constant(value ? 1 : 0), new ScalarExpression.Constant(1));

    private ScalarExpression CompareTexts(Scope scope, HostOp operation, List<Item> operands) =>
        operands.FirstOrDefault(static operand => operand is not TextItem) switch
    {
        OptionItem { Option: { Kind: OptionKind.Text or OptionKind.Enum } option } =>
            new ScalarExpression.TextIs(option.Name, operands.OfType<TextItem>().Single().Value),
        ListTextItem listed => new ScalarExpression.TextIs(listed.Option.Name, operands.OfType<TextItem>().Single().Value, listed.Index),
        null => Flag(operands[0].Equals(operands[1])),
        _ => throw context.Error(DiagnosticCodes.BadArgument, "a text can only be compared with a string option", scope, operation.Id),
    };

    private ScalarExpression Number(Scope scope, Item item, Expression source) => item.AsNumber(scope) ?? throw context.Error(
        DiagnosticCodes.BadArgument,
        $"`{Item.Describe(source)}` is not a number that a checkpoint decides, such as a dim, an option or a block's index",
        scope,
        source.Id);
}
