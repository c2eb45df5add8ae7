using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler.Lowering;

/// <content>Score lambdas of attention.</content>
public sealed partial class ModelLowering
{
    /// <summary>Reads the body of a score lambda <c>(score, at) => ...</c>.</summary>
    private sealed class ScoreReader(ModelLowering owner, Scope scope, LambdaOf lambda, List<int> operands)
    {
        public ScalarExpression Read(Expression expression)
        {
            switch (expression)
            {
                case LocalRef local when local.Name == lambda.Parameters[0]:
                    return new ScalarExpression.Input("score");
                case PropertyRef { Target: LocalRef target } property when target.Name == lambda.Parameters[1]:
                    return new ScalarExpression.Input(property.Name.ToLowerInvariant());
                case OpCall { Op: "Gather" } gather:
                    var table = gather.Arguments.First(static argument => argument.Parameter is "table");
                    var index = gather.Arguments.First(static argument => argument.Parameter is "tokens");
                    if (Read(index.Value) is not ScalarExpression.Input { Name: "head" } || owner.Evaluate(scope, table.Value) is not TensorOf { Value: var value } || scope.Builder.TypeOf(value) is not { Rank: 1, IsRows: false })
                        throw owner.Wrong(DiagnosticCatalog.NotSupported, "in a score only a parameter of one value per head can be indexed, by the head", scope, gather.Id);
                    operands.Add(value);
                    return new ScalarExpression.PerHead(operands.Count - 1);
                case OpCall call when OpCatalog.FindMethod(call.Op) is { Kind: OpKind.Elementwise } op:
                    return new ScalarExpression.Apply(
                        op.Name,
                        op.Parameters.Select(parameter => Read(call.Arguments.First(argument => argument.Parameter == parameter.Name).Value)).ToEquatableArray());
            }

            return owner.Evaluate(scope, expression) switch
            {
                NumberOf number => new ScalarExpression.Constant(number.Value),
                SizeOf { Value: { Value: { } constant } } => new ScalarExpression.Constant(constant),
                SizeOf size => new ScalarExpression.Extent(size.Value),
                OptionOf { Option: { Kind: OptionKind.Float } option } => new ScalarExpression.Symbol(option.Name),
                TensorOf tensor when scope.Builder.NumberOf(tensor.Value) is { } computed => computed,
                _ => throw owner.Wrong(DiagnosticCatalog.NotSupported, $"`{Words(expression)}` cannot be used in a score", scope, expression.Id),
            };
        }
    }
}
