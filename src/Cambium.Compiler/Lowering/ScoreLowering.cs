using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>Lowers the bodies of score and visibility lambdas, and of the methods that they call, to scalar expressions.</summary>
/// <param name="operands">Receives the parameters in which the lambda looks up elements.</param>
internal sealed class ScoreLowering(LoweringContext context, ExpressionLowering expressions, Scope scope, OperandList operands)
{
    // Null is the position.
    private readonly Dictionary<string, ScalarExpression?> _names = new(StringComparer.Ordinal);

    public static ScalarExpression Score { get; } = new ScalarExpression.Input("score");

    /// <summary>Declares the parameter that is the score.</summary>
    public ScoreLowering AddScore(string name)
    {
        _names[name] = Score;
        return this;
    }

    /// <summary>Declares the parameter that is the position: query, key and head.</summary>
    public ScoreLowering AddPosition(string name)
    {
        _names[name] = null;
        return this;
    }

    public ScalarExpression Lower(Expression expression)
    {
        context.Limits.Enter(scope, expression);
        try
        {
            var value = ValueOf(expression);
            return context.Limits.Checked(scope, expression.Id, value, value);
        }
        finally
        {
            context.Limits.Leave();
        }
    }

    private ScalarExpression ValueOf(Expression expression)
    {
        switch (expression)
        {
            case LocalRef local when _names.TryGetValue(local.Name, out var known) && known is not null:
                return known;
            case PropertyRef { Target: LocalRef target } property when _names.TryGetValue(target.Name, out var known) && known is null:
                return new ScalarExpression.Input(property.Name.ToLowerInvariant());
            case OpCall { Op: "Gather" } gather:
                return Lookup(gather);
            case OpCall call when IsPerScore(expression) && OpCatalog.FindMethod(call.Op) is { Kind: OpKind.Elementwise } op:
                return new ScalarExpression.Apply(
                    op.Name,
                    op.Parameters
                        .Select(parameter => Lower(call.Arguments.First(argument => argument.Parameter == parameter.Name).Value))
                        .ToEquatableArray());
            case Conditional conditional when IsPerScore(expression):
                return Choose(conditional);
            case BlockCall { Target: null } call when IsPerScore(expression):
                return Call(call);
            case var _ when !IsPerScore(expression):
                return OnHost(expression);
            default:
                throw NotSupported(expression);
        }
    }

    /// <summary>A condition over scores is a number. One that a checkpoint decides is evaluated outside the kernel.</summary>
    private ScalarExpression Choose(Conditional conditional)
    {
        var (whenTrue, whenFalse) = (Lower(conditional.WhenTrue), Lower(conditional.WhenFalse));
        return IsPerScore(conditional.Condition)
            ? new ScalarExpression.Apply("where", Lower(conditional.Condition), whenTrue, whenFalse)
            : new ScalarExpression.Apply("choose", expressions.Hosts.Condition(scope, conditional.Condition), whenTrue, whenFalse);
    }

    /// <summary>A value that a checkpoint decides; a condition becomes 1 or 0.</summary>
    private ScalarExpression OnHost(Expression expression)
    {
        var item = expressions.Evaluate(scope, expression);
        if (item.AsNumber(scope) is { } number)
            return number;
        return item.IsCondition
            ? new ScalarExpression.Apply(
                "choose",
                expressions.Hosts.Condition(scope, item, expression),
                new ScalarExpression.Constant(1),
                new ScalarExpression.Constant(0))
            : throw NotSupported(expression);
    }

    private StatementFailed NotSupported(Expression expression) =>
        context.Error(DiagnosticCodes.NotSupported, $"`{Item.Describe(expression)}` cannot be used in a score", scope, expression.Id);

    private ScalarExpression.Lookup Lookup(OpCall gather)
    {
        var table = gather.Arguments.First(static argument => argument.Parameter == "table").Value;
        if (expressions.Evaluate(scope, table) is not TensorItem { Value: var value })
            throw context.Error(
                DiagnosticCodes.BadArgument,
                $"a score looks up elements of parameters, but `{Item.Describe(table)}` is not a parameter",
                scope,
                table.Id);
        var indices = gather.Arguments
            .Where(static argument => argument.Parameter != "table")
            .Select(argument => Lower(argument.Value))
            .ToEquatableArray();
        return new ScalarExpression.Lookup(operands.Add(value, table), indices);
    }

    /// <summary>A method of the class over scores, inlined.</summary>
    private ScalarExpression Call(BlockCall call)
    {
        if (ExpressionLowering.FunctionOf(scope, call) is not var (type, function) || function.Parameters.Count != call.Arguments.Count)
            throw context.Error(
                DiagnosticCodes.UnknownName,
                $"'{scope.Type.Name}' has no function '{call.Function}' of {call.Arguments.Count} arguments",
                scope,
                call.Id);
        var inner = scope.Inner(type, scope.Self, scope.Prefix, scope.Owners, call, function);
        context.Limits.EnterBody(inner, function);
        try
        {
            return Call(call, function, inner);
        }
        finally
        {
            context.Limits.LeaveBody();
        }
    }

    private ScalarExpression Call(BlockCall call, FunctionSpec function, Scope inner)
    {
        var body = new ScoreLowering(context, expressions, inner, operands);
        for (var i = 0; i < call.Arguments.Count; i++)
        {
            var (parameter, argument) = (function.Parameters[i], call.Arguments[i]);
            switch (parameter.Kind)
            {
                case ParameterKind.Score:
                    body._names[parameter.Name] = Lower(argument);
                    break;
                case ParameterKind.Position:
                    body.AddPosition(parameter.Name);
                    break;
                default:
                    inner.Locals[parameter.Name] = expressions.Evaluate(scope, argument);
                    break;
            }
        }

        foreach (var statement in function.Body)
        {
            switch (statement)
            {
                case Return result:
                    return body.Lower(result.Value);
                case Assign { Value: TupleOf tuple } assign when tuple.Items.Count == assign.Targets.Count:
                    for (var i = 0; i < tuple.Items.Count; i++)
                        body.Bind(assign.Targets[i], tuple.Items[i]);
                    break;
                case Assign { Targets: [var target] } assign:
                    body.Bind(target, assign.Value);
                    break;
                default:
                    throw context.Error(
                        DiagnosticCodes.NotSupported,
                        "a function over scores can only assign locals and return; write `condition ? a : b` for a choice",
                        inner,
                        statement.Id);
            }
        }

        throw new StatementFailed();
    }

    private void Bind(string name, Expression value)
    {
        if (IsPerScore(value))
            _names[name] = Lower(value);
        else
            scope.Locals[name] = expressions.Evaluate(scope, value);
    }

    /// <summary>Whether the expression depends on the score or its position. Other expressions are evaluated when a checkpoint is loaded.</summary>
    private bool IsPerScore(Expression expression) => expression switch
    {
        LocalRef local => _names.ContainsKey(local.Name),
        PropertyRef property => IsPerScore(property.Target),
        OpCall { Op: "Gather" } => true,
        OpCall call => call.Arguments.Any(argument => IsPerScore(argument.Value)),
        Conditional conditional => IsPerScore(conditional.Condition) || IsPerScore(conditional.WhenTrue) || IsPerScore(conditional.WhenFalse),
        BlockCall call => call.Arguments.Any(IsPerScore),
        _ => false,
    };
}
