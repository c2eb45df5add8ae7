using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>Lowers compile-time arguments to attributes, by the attribute's type.</summary>
internal sealed class AttributeLowering(LoweringContext context, ExpressionLowering expressions)
{
    private const string Score = "score";

    /// <param name="operands">Receives the parameters that a score looks up.</param>
    public void Add(Scope scope, OpParameter parameter, Item item, Expression source, List<NodeAttribute> attributes, OperandList operands)
    {
        var scores = new ScoreLowering(context, expressions, scope, operands);
        switch (parameter.Type, item)
        {
            case (AttributeType.Visible, LambdaItem { Lambda: { Parameters: [var at] } lambda }):
                scores.AddPosition(at);
                Mask(scores.Lower(lambda.Body), attributes);
                return;
            case (AttributeType.Axis, not SizeItem { Value.Value: -1 or -2 }):
                throw context.Error(DiagnosticCodes.BadArgument, "an axis is -1 (the last one) or -2 (the one before it)", scope, source.Id);
        }

        AttributeValue value = (parameter.Type, item) switch
        {
            (AttributeType.Size or AttributeType.Axis or AttributeType.Window, SizeItem size) => new SizeValue(size.Value),
            (AttributeType.Shape, TupleItem sizes) => new ShapeValue(sizes.Values.Select(SizeOf).ToEquatableArray()),
            (AttributeType.Flag, FlagItem flag) => new FlagValue(flag.Value),
            (AttributeType.Rotary, OptionItem { Option: { Kind: OptionKind.Rotary } option }) => new SymbolValue(option.Name),

            // 0 of either type means the default scale.
            (AttributeType.Scale, SizeItem { Value.Value: 0 }) => new NumberValue(0),
            (AttributeType.Scale, SizeItem size) => new SizeValue(size.Value),
            (AttributeType.Scale, NumberItem number) => new NumberValue(number.Value),
            (AttributeType.Scale, OptionItem { Option: { Kind: OptionKind.Float } option }) => new SymbolValue(option.Name),
            (AttributeType.Scale or AttributeType.Window, HostItem host) => new ScoreValue(host.Value),
            (AttributeType.Scale or AttributeType.Window, TensorItem tensor) when scope.Builder.NumberOf(tensor.Value) is { } computed =>
                new ScoreValue(computed),
            (AttributeType.Score, LambdaItem { Lambda: { Parameters: [var score, var at] } lambda }) =>
                new ScoreValue(scores.AddScore(score).AddPosition(at).Lower(lambda.Body)),
            (AttributeType.Sinks, TensorItem sinks) =>
                new ScoreValue(new ScalarExpression.Lookup(
                    operands.Add(sinks.Value, source),
                    EquatableArray.Of<ScalarExpression>(new ScalarExpression.Input("head")))),
            (AttributeType.Size or AttributeType.Shape, _) =>
                throw context.Error(DiagnosticCodes.BadArgument, WhyNotSize(parameter, item, source), scope, source.Id),
            _ => throw context.Error(
                DiagnosticCodes.BadArgument,
                $"'{parameter.Name}' does not take `{Item.Describe(source)}`",
                scope,
                source.Id),
        };
        if (value != parameter.Default)
            attributes.Add(new NodeAttribute(parameter.Name, value));

        Size SizeOf(Item axis, int index)
        {
            var text = source is TupleOf tuple && index < tuple.Items.Count ? tuple.Items[index] : source;
            if (axis is not SizeItem { Value: var size })
                throw context.Error(DiagnosticCodes.BadArgument, WhyNotSize(parameter, axis, text), scope, text.Id);
            return !(size.Value < 1)
                ? size
                : throw context.Error(
                    DiagnosticCodes.BadArgument,
                    $"`{Item.Describe(text)}` is not a size: sizes are not inferred, because shapes are checked at build. Write the size of each "
                        + $"axis, such as `Reshape(x, Heads, HeadDim)`",
                    scope,
                    text.Id);
        }
    }

    private static string WhyNotSize(OpParameter parameter, Item item, Expression source)
    {
        var text = Item.Describe(source);
        return item switch
        {
            HostItem { Value: var value } when value.Walk().Any(static part => part is ScalarExpression.Input { Name: "layer" }) =>
                $"`{text}` differs from block to block, but '{parameter.Name}' is one size for all blocks of a stack. If each block reads its own "
                    + $"part of a tensor, "
                + "the checkpoint must store the parts as weights of the blocks",
            HostItem or OptionItem or NumberItem =>
                $"`{text}` is a number, but '{parameter.Name}' is a size: an expression of dims, int options and whole numbers",
            TensorItem => $"`{text}` is computed, but '{parameter.Name}' is a size: an expression of dims, int options and whole numbers",
            _ => $"'{parameter.Name}' does not take `{text}`",
        };
    }

    /// <summary>
    /// A key that is not visible gets the score -inf, which the softmax turns into an exact zero. So the condition becomes part of the score.
    /// </summary>
    private static void Mask(ScalarExpression visible, List<NodeAttribute> attributes)
    {
        var known = attributes.Find(static attribute => attribute.Name == Score);
        if (known is not null)
            attributes.Remove(known);
        var score = known is null ? ScoreLowering.Score : ((ScoreValue)known.Value).Body;
        var masked = new ScalarExpression.Apply("where", visible, score, new ScalarExpression.Constant(double.NegativeInfinity));
        attributes.Add(new NodeAttribute(Score, new ScoreValue(masked)));
    }
}
