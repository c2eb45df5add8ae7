using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <content>Lambdas of attention.</content>
public sealed partial class ModelLowering
{
    /// <summary>Reads bodies of score and visibility lambdas, and of the methods that they call.</summary>
    /// <param name="operands">Receives the parameters in which the lambda looks something up.</param>
    /// <param name="sources">Receives the author's expressions of these.</param>
    private sealed class ScoreReader(ModelLowering owner, Scope scope, List<int> operands, List<Expression> sources)
    {
        // What names stand for; null is the position.
        private readonly Dictionary<string, ScalarExpression?> _names = new(StringComparer.Ordinal);

        public static ScalarExpression Score { get; } = new ScalarExpression.Input("score");

        /// <summary>What a name stands for; null for the position.</summary>
        public ScalarExpression? this[string name]
        {
            set => _names[name] = value;
        }

        public ScalarExpression Read(Expression expression)
        {
            switch (expression)
            {
                case LocalRef local when _names.TryGetValue(local.Name, out var known) && known is not null:
                    return known;
                case PropertyRef { Target: LocalRef target } property when _names.TryGetValue(target.Name, out var known) && known is null:
                    return new ScalarExpression.Input(property.Name.ToLowerInvariant());
                case OpCall { Op: "Gather" } gather:
                    return Lookup(gather);
                case OpCall call when IsOfScores(expression) && OpCatalog.FindMethod(call.Op) is { Kind: OpKind.Elementwise } op:
                    return new ScalarExpression.Apply(
                        op.Name,
                        op.Parameters.Select(parameter => Read(call.Arguments.First(argument => argument.Parameter == parameter.Name).Value)).ToEquatableArray());
                case Conditional conditional when IsOfScores(expression):
                    // A condition over scores is a number; one that a checkpoint decides is decided outside of the kernel.
                    var (whenTrue, whenFalse) = (Read(conditional.WhenTrue), Read(conditional.WhenFalse));
                    return IsOfScores(conditional.Condition)
                        ? new ScalarExpression.Apply("where", Read(conditional.Condition), whenTrue, whenFalse)
                        : new ScalarExpression.Apply("choose", owner.Condition(scope, owner.Evaluate(scope, conditional.Condition), conditional.Condition), whenTrue, whenFalse);
                case BlockCall { Target: null } call when IsOfScores(expression):
                    return Call(call);
            }

            // What is none of these, and what is decided when a checkpoint is loaded.
            return (IsOfScores(expression) ? null : owner.Evaluate(scope, expression)) switch
            {
                { } item when NumberOrNull(scope, item) is { } number => number,
                { } item and (TruthOf or ConditionOf or OptionOf { Option: { Kind: OptionKind.Bool } }) =>
                    new ScalarExpression.Apply("choose", owner.Condition(scope, item, expression), new ScalarExpression.Constant(1), new ScalarExpression.Constant(0)),
                _ => throw owner.Wrong(DiagnosticCatalog.NotSupported, $"`{Words(expression)}` cannot be used in a score", scope, expression.Id),
            };
        }

        private ScalarExpression.Lookup Lookup(OpCall gather)
        {
            var table = gather.Arguments.First(static argument => argument.Parameter == "table").Value;
            if (owner.Evaluate(scope, table) is not TensorOf { Value: var value })
                throw owner.Wrong(DiagnosticCatalog.BadArgument, $"a parameter is expected but `{Words(table)}` is none", scope, table.Id);
            var indices = gather.Arguments.Where(static argument => argument.Parameter != "table").Select(argument => Read(argument.Value)).ToEquatableArray();
            operands.Add(value);
            sources.Add(table);
            return new ScalarExpression.Lookup(operands.Count - 1, indices);
        }

        /// <summary>A method of the class over scores: its body in the place of the call.</summary>
        private ScalarExpression Call(BlockCall call)
        {
            if (FunctionOf(scope, call) is not var (type, function) || function.Parameters.Count != call.Arguments.Count)
                throw owner.Wrong(DiagnosticCatalog.UnknownName, $"'{scope.Type.Name}' has no function '{call.Function}' of {call.Arguments.Count} arguments", scope, call.Id);
            if (scope.Depth > 64)
                throw owner.Wrong(DiagnosticCatalog.NotSupported, $"'{function.Name}' calls itself; a model's functions cannot be recursive", scope, function.Id);
            var inner = scope.Inner(type, scope.Self, scope.Prefix);
            var body = new ScoreReader(owner, inner, operands, sources);
            for (var i = 0; i < call.Arguments.Count; i++)
            {
                var (parameter, argument) = (function.Parameters[i], call.Arguments[i]);
                switch (parameter.Kind)
                {
                    case ParameterKind.Score:
                        body[parameter.Name] = Read(argument);
                        break;
                    case ParameterKind.Position:
                        body[parameter.Name] = null;
                        break;
                    default:
                        inner.Locals[parameter.Name] = owner.Evaluate(scope, argument);
                        break;
                }
            }

            foreach (var statement in function.Body)
            {
                switch (statement)
                {
                    case Return result:
                        return body.Read(result.Value);
                    case Assign { Value: TupleOf tuple } assign when tuple.Items.Count == assign.Targets.Count:
                        for (var i = 0; i < tuple.Items.Count; i++)
                            body.Bind(assign.Targets[i], tuple.Items[i]);
                        break;
                    case Assign { Targets: [var target] } assign:
                        body.Bind(target, assign.Value);
                        break;
                    default:
                        throw owner.Wrong(DiagnosticCatalog.NotSupported, "a function over scores assigns locals and returns; write `condition ? a : b` for a choice", scope, statement.Id);
                }
            }

            throw new Abandoned();
        }

        private void Bind(string name, Expression value)
        {
            if (IsOfScores(value))
                _names[name] = Read(value);
            else
                scope.Locals[name] = owner.Evaluate(scope, value);
        }

        /// <summary>Does an expression depend on the place of a score? What does not is decided when a checkpoint is loaded.</summary>
        private bool IsOfScores(Expression expression) => expression switch
        {
            LocalRef local => _names.ContainsKey(local.Name),
            PropertyRef property => IsOfScores(property.Target),
            OpCall { Op: "Gather" } => true,
            OpCall call => call.Arguments.Any(argument => IsOfScores(argument.Value)),
            Conditional conditional => IsOfScores(conditional.Condition) || IsOfScores(conditional.WhenTrue) || IsOfScores(conditional.WhenFalse),
            BlockCall call => call.Arguments.Any(IsOfScores),
            _ => false,
        };
    }
}
