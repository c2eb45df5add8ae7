using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <content>Conditions on dims, options and a block's place in its stack. They are decided when a checkpoint is loaded.</content>
public sealed partial class ModelLowering
{
    /// <summary>A condition that a checkpoint decides.</summary>
    private sealed record ConditionOf(ScalarExpression Value) : Item;

    private sealed record TextOf(string Value) : Item;

    /// <summary>One value of a list, or of a tuple.</summary>
    private Item ItemAt(Scope scope, ItemOf item)
    {
        var (target, index) = (Evaluate(scope, item.Target), Evaluate(scope, item.Index));
        if (target is Items { Values: var values })
        {
            return index is SizeOf { Value: { Value: { } at } } && at >= 0 && at < values.Count
                ? values[(int)at]
                : throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(item.Index)}` is no number from 0 to {(values.Count - 1).ToString(System.Globalization.CultureInfo.InvariantCulture)}", scope, item.Index.Id);
        }

        if (target is not ListOf { Option: var list })
            throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(item.Target)}` is no list", scope, item.Target.Id);
        if (index is not (SizeOf or HostOf { IsInteger: true }))
            throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(item.Index)}` is no whole number that a checkpoint decides; a list is indexed by a block's place in its stack, dims and what is computed from them", scope, item.Index.Id);
        var position = Number(scope, index, item.Index);
        if (position.Walk().Any(static part => part is ScalarExpression.ItemOf or ScalarExpression.TextIs { Index: not null }))
            throw Wrong(DiagnosticCatalog.NotSupported, "the index of a list cannot come from a list", scope, item.Index.Id);
        return list.Kind switch
        {
            OptionKind.Text or OptionKind.Enum => new TextItemOf(list, position),
            OptionKind.Bool => new ConditionOf(new ScalarExpression.ItemOf(list.Name, list.Kind, position)),
            _ => new HostOf(new ScalarExpression.ItemOf(list.Name, list.Kind, position), list.Kind == OptionKind.Int),
        };
    }

    private Item HostOperation(Scope scope, HostOp operation)
    {
        var operands = EvaluateAll(scope, operation.Operands);
        switch (operation.Operator)
        {
            case "!":
                return Not(Condition(scope, operands[0], operation.Operands[0]));
            case "!=":
                return Not(AsCondition(HostOperation(scope, operation with { Operator = "==" })));
            case ">":
                return HostOperation(scope, operation with { Operator = "<", Operands = operation.Operands.Reverse().ToEquatableArray() });
            case ">=":
                return HostOperation(scope, operation with { Operator = "<=", Operands = operation.Operands.Reverse().ToEquatableArray() });
            case "&&" or "||":
                return new ConditionOf(new ScalarExpression.Apply(OpCatalog.FindOperator(operation.Operator)!.Name, Condition(scope, operands[0], operation.Operands[0]), Condition(scope, operands[1], operation.Operands[1])));
            case "==" when operands.Any(static operand => operand is TextOf):
                return operands.FirstOrDefault(static operand => operand is not TextOf) switch
                {
                    OptionOf { Option: { Kind: OptionKind.Text or OptionKind.Enum } option } => new ConditionOf(new ScalarExpression.TextIs(option.Name, operands.OfType<TextOf>().Single().Value)),
                    TextItemOf listed => new ConditionOf(new ScalarExpression.TextIs(listed.Option.Name, operands.OfType<TextOf>().Single().Value, listed.Index)),
                    null => new ConditionOf(Truth(operands[0].Equals(operands[1]))),
                    _ => throw Wrong(DiagnosticCatalog.BadArgument, "a text is compared with a string option", scope, operation.Id),
                };
            case "==" when operands.All(static operand => operand is ConditionOf or TruthOf or OptionOf { Option: { Kind: OptionKind.Bool } }):
                return new ConditionOf(new ScalarExpression.Apply("equal", Condition(scope, operands[0], operation.Operands[0]), Condition(scope, operands[1], operation.Operands[1])));
            case "%":
                return new HostOf(new ScalarExpression.Apply(OpCatalog.FindOperator("%")!.Name, Number(scope, operands[0], operation.Operands[0]), Number(scope, operands[1], operation.Operands[1])), operands.All(IsInteger));
            default:
                return new ConditionOf(new ScalarExpression.Apply(OpCatalog.FindOperator(operation.Operator)!.Name, Number(scope, operands[0], operation.Operands[0]), Number(scope, operands[1], operation.Operands[1])));
        }
    }

    private static ConditionOf Not(ScalarExpression condition) => new(new ScalarExpression.Apply("not", condition));

    private static ScalarExpression AsCondition(Item item) => ((ConditionOf)item).Value;

    private ScalarExpression Condition(Scope scope, Item item, Expression source) => item switch
    {
        ConditionOf condition => condition.Value,
        TruthOf truth => Truth(truth.Value),
        OptionOf { Option: { Kind: OptionKind.Bool } option } => new ScalarExpression.Symbol(option.Name),
        _ => throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(source)}` is no condition that a checkpoint decides; compare dims, options and a block's index", scope, source.Id),
    };

    /// <summary>The condition, where it is known before a checkpoint is loaded.</summary>
    private static bool? Known(ScalarExpression condition) => OpCatalog.Fold(condition) is { } value ? value != 0 : null;

    private static ScalarExpression Truth(bool value) => new ScalarExpression.Apply("equal", new ScalarExpression.Constant(value ? 1 : 0), new ScalarExpression.Constant(1));

    private ScalarExpression Number(Scope scope, Item item, Expression source) => NumberOrNull(scope, item)
        ?? throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(source)}` is no number that a checkpoint decides; dims, options and a block's index are", scope, source.Id);

    private static bool IsInteger(Item item) => item is SizeOf or HostOf { IsInteger: true };

    private static ScalarExpression? NumberOrNull(Scope scope, Item item) => item switch
    {
        NumberOf number => new ScalarExpression.Constant(number.Value),
        SizeOf { Value: { Value: { } constant } } => new ScalarExpression.Constant(constant),
        SizeOf size => new ScalarExpression.Extent(size.Value),
        OptionOf { Option: { Kind: OptionKind.Float } option } => new ScalarExpression.Symbol(option.Name),
        HostOf host => host.Value,
        TensorOf tensor => scope.Builder.NumberOf(tensor.Value),
        _ => null,
    };

    private Item Choose(Scope scope, Conditional conditional)
    {
        var condition = Condition(scope, Evaluate(scope, conditional.Condition), conditional.Condition);
        if (Known(condition) is { } known)
            return Evaluate(scope, known ? conditional.WhenTrue : conditional.WhenFalse);
        var sides = EvaluateAll(scope, [conditional.WhenTrue, conditional.WhenFalse]);
        return Choose(scope, condition, sides[0], sides[1], conditional.Id, "the two sides");
    }

    private Item Choose(Scope scope, ScalarExpression condition, Item whenTrue, Item whenFalse, int id, string what)
    {
        if (whenTrue.Equals(whenFalse))
            return whenTrue;
        var origin = new Origin(scope.Type.TypeName, id);
        if (whenTrue is Items { Values: var first } && whenFalse is Items { Values: var second } && first.Count == second.Count)
            return new Items([.. first.Select((item, i) => Choose(scope, condition, item, second[i], id, what))]);
        if (NumberOrNull(scope, whenTrue) is { } left && NumberOrNull(scope, whenFalse) is { } right)
            return new HostOf(new ScalarExpression.Apply("choose", condition, left, right), IsInteger(whenTrue) && IsInteger(whenFalse));
        if (whenTrue is ConditionOf or TruthOf or OptionOf { Option: { Kind: OptionKind.Bool } } && whenFalse is ConditionOf or TruthOf or OptionOf { Option: { Kind: OptionKind.Bool } })
        {
            var (a, b) = (Condition(scope, whenTrue, new Truth(id, true)), Condition(scope, whenFalse, new Truth(id, true)));
            return new ConditionOf(new ScalarExpression.Apply("or", new ScalarExpression.Apply("and", condition, a), new ScalarExpression.Apply("and", new ScalarExpression.Apply("not", condition), b)));
        }

        if (whenTrue is OptionOf { Option.Kind: OptionKind.Rotary } || whenFalse is OptionOf { Option.Kind: OptionKind.Rotary })
            throw Wrong(DiagnosticCatalog.NotSupported, "rotary positions are no value to choose; choose between what they turn: `.. ? Rotate(x, A) : Rotate(x, B)`", scope, id);

        var source = new Truth(id, true);
        var parameter = new Ops.OpParameter("x");
        var (taken, other) = (AsTensor(scope, whenTrue, source, parameter), AsTensor(scope, whenFalse, source, parameter));
        if (scope.Builder.TypeOf(taken) != scope.Builder.TypeOf(other))
            throw Wrong(DiagnosticCatalog.Shape, $"{what} must have one shape but are {scope.Builder.TypeOf(taken)} and {scope.Builder.TypeOf(other)}", scope, id);
        var decided = scope.Builder.Scalar(new ScoreValue(condition), origin);
        return new TensorOf(scope.Builder.Add("choose", [decided, taken, other], origin: origin));
    }

    private void Run(Scope scope, If choice)
    {
        var condition = Condition(scope, Evaluate(scope, choice.Condition), choice.Condition);
        if (Known(condition) is { } known)
        {
            RunAll(scope, known ? choice.Then : choice.Else);
            return;
        }

        var before = scope.Locals.ToDictionary(static local => local.Key, static local => local.Value, StringComparer.Ordinal);
        var whenTrue = Branch(scope, choice.Then, before);
        var whenFalse = Branch(scope, choice.Else, before);
        foreach (var name in Assigned([choice]).OrderBy(static name => name, StringComparer.Ordinal))
        {
            // A local of one branch has no value behind it, which is what C# says of it too.
            if (whenTrue.TryGetValue(name, out var a) && whenFalse.TryGetValue(name, out var b))
                scope.Locals[name] = a is Items { Values.Count: 0 } || b is Items { Values.Count: 0 } ? new Items([]) : Choose(scope, condition, a, b, choice.Id, $"the values of '{name}' in the two branches");
        }
    }

    private Dictionary<string, Item> Branch(Scope scope, EquatableArray<Statement> statements, Dictionary<string, Item> before)
    {
        RunAll(scope, statements);
        var after = scope.Locals.ToDictionary(static local => local.Key, static local => local.Value, StringComparer.Ordinal);
        scope.Restore(before);
        return after;
    }
}
