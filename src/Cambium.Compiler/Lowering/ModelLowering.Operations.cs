using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <content>Calls of operations, and arithmetic that needs no graph.</content>
public sealed partial class ModelLowering
{
    private Item Operation(Scope scope, OpCall call)
    {
        if (OpCatalog.FindMethod(call.Op) is not { } op)
            throw Wrong(DiagnosticCatalog.UnknownOperation, $"'{call.Op}' is no operation of this version", scope, call.Id);

        var arguments = new Dictionary<string, (Item Item, Expression Source)>(StringComparer.Ordinal);
        var values = EvaluateAll(scope, call.Arguments.Select(static argument => argument.Value));
        for (var i = 0; i < values.Count; i++)
            arguments[call.Arguments[i].Parameter] = (values[i], call.Arguments[i].Value);

        // Arithmetic of sizes and numbers happens here.
        if (op.Kind == OpKind.Elementwise && arguments.Values.All(static argument => argument.Item is SizeOf or NumberOf))
            return Fold(scope, call, op, arguments);
        if (op.Kind == OpKind.Elementwise && op.Parameters.Count == arguments.Count && arguments.Values.Any(static argument => argument.Item is HostOf) && Computed(scope, op, arguments) is { } computed)
            return computed;

        var operands = new List<int>();
        var sources = new List<Expression>();
        var attributes = new List<NodeAttribute>();
        foreach (var parameter in op.Parameters)
        {
            if (!arguments.TryGetValue(parameter.Name, out var argument))
            {
                if (!parameter.Optional)
                    throw Wrong(DiagnosticCatalog.BadArgument, $"{call.Op} needs '{parameter.Name}'", scope, call.Id);
                if (parameter.Neutral is { } neutral)
                {
                    operands.Add(scope.Builder.Scalar(new NumberValue(neutral), new Origin(scope.Type.TypeName, call.Id)));
                    sources.Add(call);
                }
            }
            else if (parameter.Role == ParameterRole.Tensors && argument.Item is Items { Values: var parts })
            {
                for (var i = 0; i < parts.Count; i++)
                {
                    var source = argument.Source is TupleOf tuple ? tuple.Items[i] : argument.Source;
                    operands.Add(AsTensor(scope, parts[i], source, parameter));
                    sources.Add(source);
                }
            }
            else if (parameter.Role != ParameterRole.Attribute)
            {
                operands.Add(AsTensor(scope, argument.Item, argument.Source, parameter));
                sources.Add(argument.Source);
            }
            else
            {
                Attribute(scope, parameter, argument.Item, argument.Source, attributes, (operands, sources));
            }
        }

        try
        {
            var results = scope.Builder.AddAll(
                op.Name,
                operands,
                attributes,
                new Origin(scope.Type.TypeName, call.Id),
                i => $"`{Words(sources[i])}` is {scope.Builder.TypeOf(operands[i])}");
            return results.Count == 1 ? new TensorOf(results[0]) : new Items([.. results.Select(static result => new TensorOf(result))]);
        }
        catch (ShapeException wrong)
        {
            throw Wrong(DiagnosticCatalog.Shape, wrong.Message, scope, call.Id);
        }
    }

    private Item Fold(Scope scope, OpCall call, OpDefinition op, Dictionary<string, (Item Item, Expression Source)> arguments)
    {
        var items = op.Parameters.Select(parameter => arguments[parameter.Name].Item).ToList();
        if (items.All(static item => item is SizeOf))
        {
            var sizes = items.Select(static item => ((SizeOf)item).Value).ToList();
            var folded = op.Scalar?.Sizes?.Invoke(sizes);
            if (folded is not null)
                return new SizeOf(folded);
        }

        var numbers = items.Select(static item => item is NumberOf number ? (double?)number.Value : ((SizeOf)item).Value.Value).ToList();
        var value = numbers.Contains(null) ? null : op.Scalar?.Fold?.Invoke(numbers);
        if (value is { } known)
            return new NumberOf(known);

        // A number that depends on a dim: computed as a scalar of the graph.
        var operands = items.Select((item, i) => AsTensor(scope, item, arguments[op.Parameters[i].Name].Source, op.Parameters[i])).ToList();
        return new TensorOf(scope.Builder.Add(op.Name, operands, null, new Origin(scope.Type.TypeName, call.Id)));
    }

    /// <summary>Arithmetic of numbers of which a checkpoint decides one; null where a tensor is among them. Whole numbers are divided as C# does it.</summary>
    private static HostOf? Computed(Scope scope, OpDefinition op, Dictionary<string, (Item Item, Expression Source)> arguments)
    {
        var items = op.Parameters.Select(parameter => arguments[parameter.Name].Item).ToList();
        var numbers = items.Select(item => item is TensorOf ? null : NumberOrNull(scope, item)).ToList();
        if (numbers.Contains(null))
            return null;
        var isInteger = op.Scalar!.Integer is not null && items.All(IsInteger);
        return new HostOf(new ScalarExpression.Apply((isInteger ? op.Scalar.OnIntegers : null) ?? op.Name, numbers.Select(static number => number!).ToEquatableArray()), isInteger);
    }

    private int AsTensor(Scope scope, Item item, Expression source, OpParameter parameter) => item switch
    {
        TensorOf tensor => tensor.Value,
        NumberOf number => scope.Builder.Scalar(new NumberValue(number.Value), new Origin(scope.Type.TypeName, source.Id)),
        SizeOf size => scope.Builder.Scalar(new SizeValue(size.Value), new Origin(scope.Type.TypeName, source.Id)),
        HostOf host => scope.Builder.Scalar(new ScoreValue(host.Value), new Origin(scope.Type.TypeName, source.Id)),
        OptionOf { Option: { Kind: OptionKind.Float } option } => scope.Builder.Scalar(new SymbolValue(option.Name), new Origin(scope.Type.TypeName, source.Id)),
        _ => throw Wrong(DiagnosticCatalog.BadArgument, $"a tensor is expected for '{parameter.Name}' but `{Words(source)}` is none", scope, source.Id),
    };

    private void Attribute(Scope scope, OpParameter parameter, Item item, Expression source, List<NodeAttribute> attributes, (List<int> Values, List<Expression> Sources) operands)
    {
        if (parameter.Name == "visible")
        {
            Visible(scope, item, source, attributes, operands);
            return;
        }

        AttributeValue value = (parameter.Type, item) switch
        {
            (AttributeType.Shape, Items items) => new ShapeValue(items.Values.Select(item => item is SizeOf size ? size.Value : throw Wrong(DiagnosticCatalog.BadArgument, "a shape is made of dims", scope, source.Id)).ToEquatableArray()),
            (AttributeType.Axis, SizeOf { Value.Value: -1 or -2 } axis) => new SizeValue(axis.Value),
            (AttributeType.Axis, _) => throw Wrong(DiagnosticCatalog.BadArgument, "an axis is -1, the last one, or -2, the one before it", scope, source.Id),
            (AttributeType.Rotary, OptionOf { Option: { Kind: OptionKind.Rotary } option }) => new SymbolValue(option.Name),
            (AttributeType.Flag, TruthOf truth) => new FlagValue(truth.Value),
            (AttributeType.Score, LambdaItem { Lambda: { Parameters: [var score, var at] } lambda }) => new ScoreValue(new ScoreReader(this, scope, operands.Values, operands.Sources) { [score] = ScoreReader.Score, [at] = null }.Read(lambda.Body)),
            (AttributeType.Sinks, TensorOf sinks) => new ScoreValue(Sinks(sinks.Value, source, operands)),
            (AttributeType.Scale, SizeOf { Value.Value: 0 }) => new NumberValue(0),
            (AttributeType.Size or AttributeType.Window or AttributeType.Scale, SizeOf size) => new SizeValue(size.Value),
            (AttributeType.Scale, NumberOf number) => new NumberValue(number.Value),
            (AttributeType.Scale, OptionOf { Option: { Kind: OptionKind.Float } option }) => new SymbolValue(option.Name),
            (AttributeType.Window or AttributeType.Scale, HostOf host) => new ScoreValue(host.Value),
            (AttributeType.Window or AttributeType.Scale, TensorOf tensor) when scope.Builder.NumberOf(tensor.Value) is { } computed => new ScoreValue(computed),
            _ => throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(source)}` is not what '{parameter.Name}' takes", scope, source.Id),
        };
        if (value != parameter.Default)
            attributes.Add(new NodeAttribute(parameter.Name, value));
    }

    /// <summary>A key that is not visible gets the score -inf, which the softmax turns into an exact zero. So the lambda becomes part of the score.</summary>
    private void Visible(Scope scope, Item item, Expression source, List<NodeAttribute> attributes, (List<int> Values, List<Expression> Sources) operands)
    {
        if (item is not LambdaItem { Lambda: { Parameters: [var at] } lambda })
            throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(source)}` is not what 'visible' takes", scope, source.Id);
        var visible = new ScoreReader(this, scope, operands.Values, operands.Sources) { [at] = null }.Read(lambda.Body);
        var scored = attributes.Find(static attribute => attribute.Name == "score");
        if (scored is not null)
            attributes.Remove(scored);
        var score = scored is null ? ScoreReader.Score : ((ScoreValue)scored.Value).Body;
        attributes.Add(new NodeAttribute("score", new ScoreValue(new ScalarExpression.Apply("where", visible, score, new ScalarExpression.Constant(double.NegativeInfinity)))));
    }

    private static ScalarExpression.Lookup Sinks(int sinks, Expression source, (List<int> Values, List<Expression> Sources) operands)
    {
        operands.Values.Add(sinks);
        operands.Sources.Add(source);
        return new ScalarExpression.Lookup(operands.Values.Count - 1, EquatableArray.Of<ScalarExpression>(new ScalarExpression.Input("head")));
    }
}
