using Cambium.Compiler.Graph;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <content>Conditions on dims, options and a block's place in its stack. They are decided when a checkpoint is loaded.</content>
public sealed partial class ModelLowering
{
    private static readonly Dictionary<string, string> HostOperators = new(StringComparer.Ordinal)
    {
        ["=="] = "equal",
        ["<"] = "less",
        ["<="] = "less_equal",
        ["&&"] = "and",
        ["||"] = "or",
        ["%"] = "remainder",
    };

    /// <summary>A condition that a checkpoint decides.</summary>
    private sealed record ConditionOf(ScalarExpression Value) : Item;

    private sealed record TextOf(string Value) : Item;

    private Item HostOperation(Scope scope, HostOp operation)
    {
        var operands = operation.Operands.Select(operand => Evaluate(scope, operand)).ToList();
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
                return new ConditionOf(new ScalarExpression.Apply(HostOperators[operation.Operator], Condition(scope, operands[0], operation.Operands[0]), Condition(scope, operands[1], operation.Operands[1])));
            case "==" when operands.Any(static operand => operand is TextOf):
                if (operands.OfType<OptionOf>().SingleOrDefault() is not { Option: { Kind: OptionKind.Text } option })
                    throw Wrong(DiagnosticCatalog.BadArgument, "a text is compared with a string option", scope, operation.Id);
                return new ConditionOf(new ScalarExpression.TextIs(option.Name, operands.OfType<TextOf>().Single().Value));
            case "==" when operands.All(static operand => operand is ConditionOf or TruthOf or OptionOf { Option: { Kind: OptionKind.Bool } }):
                return new ConditionOf(new ScalarExpression.Apply("equal", Condition(scope, operands[0], operation.Operands[0]), Condition(scope, operands[1], operation.Operands[1])));
            case "%":
                return new TensorOf(scope.Builder.Scalar(new ScoreValue(new ScalarExpression.Apply("remainder", Number(scope, operands[0], operation.Operands[0]), Number(scope, operands[1], operation.Operands[1]))), new Origin(scope.Type.TypeName, operation.Id)));
            default:
                return new ConditionOf(new ScalarExpression.Apply(HostOperators[operation.Operator], Number(scope, operands[0], operation.Operands[0]), Number(scope, operands[1], operation.Operands[1])));
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

    private static ScalarExpression Truth(bool value) => new ScalarExpression.Apply("equal", new ScalarExpression.Constant(value ? 1 : 0), new ScalarExpression.Constant(1));

    private ScalarExpression Number(Scope scope, Item item, Expression source) => NumberOrNull(scope, item)
        ?? throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(source)}` is no number that a checkpoint decides; dims, options and a block's index are", scope, source.Id);

    private static ScalarExpression? NumberOrNull(Scope scope, Item item) => item switch
    {
        NumberOf number => new ScalarExpression.Constant(number.Value),
        SizeOf { Value: { Value: { } constant } } => new ScalarExpression.Constant(constant),
        SizeOf size => new ScalarExpression.Extent(size.Value),
        OptionOf { Option: { Kind: OptionKind.Float } option } => new ScalarExpression.Symbol(option.Name),
        TensorOf tensor => scope.Builder.NumberOf(tensor.Value),
        _ => null,
    };

    private Item Choose(Scope scope, Conditional conditional)
    {
        var condition = Condition(scope, Evaluate(scope, conditional.Condition), conditional.Condition);
        return Choose(scope, condition, Evaluate(scope, conditional.WhenTrue), Evaluate(scope, conditional.WhenFalse), conditional.Id, "the two sides");
    }

    private Item Choose(Scope scope, ScalarExpression condition, Item whenTrue, Item whenFalse, int id, string what)
    {
        if (whenTrue.Equals(whenFalse))
            return whenTrue;
        var origin = new Origin(scope.Type.TypeName, id);
        if (whenTrue is Items { Values: var first } && whenFalse is Items { Values: var second } && first.Count == second.Count)
            return new Items([.. first.Select((item, i) => Choose(scope, condition, item, second[i], id, what))]);
        if (NumberOrNull(scope, whenTrue) is { } left && NumberOrNull(scope, whenFalse) is { } right)
            return new TensorOf(scope.Builder.Scalar(new ScoreValue(new ScalarExpression.Apply("choose", condition, left, right)), origin));
        if (whenTrue is ConditionOf or TruthOf or OptionOf { Option: { Kind: OptionKind.Bool } } && whenFalse is ConditionOf or TruthOf or OptionOf { Option: { Kind: OptionKind.Bool } })
        {
            var (a, b) = (Condition(scope, whenTrue, new Truth(id, true)), Condition(scope, whenFalse, new Truth(id, true)));
            return new ConditionOf(new ScalarExpression.Apply("or", new ScalarExpression.Apply("and", condition, a), new ScalarExpression.Apply("and", new ScalarExpression.Apply("not", condition), b)));
        }

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
        foreach (var statement in statements)
        {
            if (statement is Return or ForEach)
                throw Wrong(DiagnosticCatalog.NotSupported, statement is Return ? "a branch cannot return; assign a local and return it behind the `if`" : "a branch cannot loop; put the loop before the `if` or behind it", scope, statement.Id);
            Run(scope, statement);
        }

        var after = scope.Locals.ToDictionary(static local => local.Key, static local => local.Value, StringComparer.Ordinal);
        scope.Locals.Clear();
        foreach (var local in before)
            scope.Locals[local.Key] = local.Value;
        return after;
    }
}
