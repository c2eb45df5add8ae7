using Cambium.Compiler.Collections;
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
        if (op.Kind == OpKind.Sugar)
            return Split(scope, call, op, arguments);

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
            return new TensorOf(scope.Builder.Add(
                op.Name,
                operands,
                attributes,
                new Origin(scope.Type.TypeName, call.Id),
                i => $"`{Words(sources[i])}` is {scope.Builder.TypeOf(operands[i])}"));
        }
        catch (ShapeException wrong)
        {
            throw Wrong(DiagnosticCatalog.Shape, wrong.Message, scope, call.Id);
        }
    }

    /// <summary>Runs of the last axis, which together are all of it.</summary>
    private Items Split(Scope scope, OpCall call, OpDefinition op, Dictionary<string, (Item Item, Expression Source)> arguments)
    {
        var x = AsTensor(scope, arguments["x"].Item, arguments["x"].Source, op.Parameters[0]);
        var (parts, begin, origin) = (new List<Item>(), Size.Constant(0), new Origin(scope.Type.TypeName, call.Id));
        foreach (var parameter in op.Parameters.Skip(1).Where(parameter => arguments.ContainsKey(parameter.Name)))
        {
            if (arguments[parameter.Name] is not (SizeOf { Value: var count }, _))
                throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(arguments[parameter.Name].Source)}` is not what '{parameter.Name}' takes: a size", scope, call.Id);
            parts.Add(new TensorOf(scope.Builder.Add("slice", [x], scope.Builder.TypeOf(x).WithLast(count), [new("begin", new SizeValue(begin)), new("count", new SizeValue(count))], origin)));
            begin += count;
        }

        var type = scope.Builder.TypeOf(x);
        if (type.Rank == 0 || type.Last != begin)
            throw Wrong(DiagnosticCatalog.Shape, $"Split into {string.Join(" and ", parts.Select(part => scope.Builder.TypeOf(((TensorOf)part).Value).Last))} needs [.., {begin}] but `{Words(arguments["x"].Source)}` is {type}", scope, call.Id);
        return new Items(parts);
    }

    private Item Fold(Scope scope, OpCall call, OpDefinition op, Dictionary<string, (Item Item, Expression Source)> arguments)
    {
        var items = op.Parameters.Select(parameter => arguments[parameter.Name].Item).ToList();
        if (items.All(static item => item is SizeOf))
        {
            var sizes = items.Select(static item => ((SizeOf)item).Value).ToList();
            Size? folded = op.Name switch
            {
                "add" => sizes[0] + sizes[1],
                "sub" => sizes[0] - sizes[1],
                "mul" => sizes[0] * sizes[1],
                "div" => sizes[0] / sizes[1],
                "negate" => Size.Constant(-1) * sizes[0],
                _ => null,
            };
            if (folded is not null)
                return new SizeOf(folded);
        }

        var numbers = items.Select(static item => item is NumberOf number ? (double?)number.Value : ((SizeOf)item).Value.Value).ToList();
        double? value = numbers.Any(static number => number is null) ? null : op.Name switch
        {
            "add" => numbers[0] + numbers[1],
            "sub" => numbers[0] - numbers[1],
            "mul" => numbers[0] * numbers[1],
            "div" => numbers[0] / numbers[1],
            "negate" => -numbers[0],
            "floor" => Math.Floor(numbers[0]!.Value),
            "ceiling" => Math.Ceiling(numbers[0]!.Value),
            "round" => Math.Round(numbers[0]!.Value),
            "sqrt" => Math.Sqrt(numbers[0]!.Value),
            "exp" => Math.Exp(numbers[0]!.Value),
            "log" => Math.Log(numbers[0]!.Value),
            "rsqrt" => 1 / Math.Sqrt(numbers[0]!.Value),
            _ => null,
        };
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
        var isInteger = op.Name is "add" or "sub" or "mul" or "div" or "negate" && items.All(IsInteger);
        return new HostOf(new ScalarExpression.Apply(isInteger && op.Name == "div" ? "quotient" : op.Name, numbers.Select(static number => number!).ToEquatableArray()), isInteger);
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
        switch (parameter.Name, item)
        {
            case ("trailing", Items items):
                attributes.AddRange(NodeAttribute.Trailing(items.Values.Select(item => item is SizeOf size ? size.Value : throw Wrong(DiagnosticCatalog.BadArgument, "a shape is made of dims", scope, source.Id))));
                break;
            case ("axis", SizeOf { Value.Value: -1 }):
                break;
            case ("axis", SizeOf { Value.Value: -2 }):
                attributes.Add(new NodeAttribute("axis", new NumberValue(-2)));
                break;
            case ("axis", _):
                throw Wrong(DiagnosticCatalog.BadArgument, "an axis is -1, the last one, or -2, the one before it", scope, source.Id);
            case ("rotary", OptionOf { Option: { Kind: OptionKind.Rotary } option }):
                attributes.Add(new NodeAttribute("rotary", new SymbolValue(option.Name)));
                break;
            case ("interleaved", TruthOf { Value: var interleaved }):
                if (interleaved)
                    attributes.Add(new NodeAttribute("interleaved", new NumberValue(1)));
                break;
            case ("causal", TruthOf { Value: var causal }):
                if (!causal)
                    attributes.Add(new NodeAttribute("causal", new NumberValue(0)));
                break;
            case ("score", LambdaItem { Lambda: { Parameters: [var score, var at] } lambda }):
                attributes.Add(new NodeAttribute("score", new ScoreValue(new ScoreReader(this, scope, operands.Values, operands.Sources) { [score] = ScoreReader.Score, [at] = null }.Read(lambda.Body))));
                break;
            case ("visible", LambdaItem { Lambda: { Parameters: [var at] } lambda }):
                {
                    // What is not visible has the score that the softmax turns into an exact zero.
                    var visible = new ScoreReader(this, scope, operands.Values, operands.Sources) { [at] = null }.Read(lambda.Body);
                    var scored = attributes.Find(static attribute => attribute.Name == "score");
                    if (scored is not null)
                        attributes.Remove(scored);
                    var shown = new ScalarExpression.Apply("where", visible, scored is null ? ScoreReader.Score : ((ScoreValue)scored.Value).Body, new ScalarExpression.Constant(double.NegativeInfinity));
                    attributes.Add(new NodeAttribute("score", new ScoreValue(shown)));
                    break;
                }

            case ("sinks", TensorOf sinks):
                operands.Values.Add(sinks.Value);
                operands.Sources.Add(source);
                attributes.Add(new NodeAttribute("sinks", new ScoreValue(new ScalarExpression.Lookup(operands.Values.Count - 1, EquatableArray.Of<ScalarExpression>(new ScalarExpression.Input("head"))))));
                break;
            case ("begin" or "count" or "by" or "times", SizeOf size):
                attributes.Add(new NodeAttribute(parameter.Name, new SizeValue(size.Value)));
                break;
            case ("window", SizeOf size):
                if (size.Value.Value != 0)
                    attributes.Add(new NodeAttribute("window", new SizeValue(size.Value)));
                break;
            case ("window" or "scale", HostOf host):
                attributes.Add(new NodeAttribute(parameter.Name, new ScoreValue(host.Value)));
                break;
            case ("window", TensorOf tensor) when scope.Builder.NumberOf(tensor.Value) is { } computed:
                attributes.Add(new NodeAttribute("window", new ScoreValue(computed)));
                break;
            case ("scale", NumberOf number):
                if (number.Value != 0)
                    attributes.Add(new NodeAttribute("scale", new NumberValue(number.Value)));
                break;
            case ("scale", SizeOf size):
                if (size.Value.Value != 0)
                    attributes.Add(new NodeAttribute("scale", new SizeValue(size.Value)));
                break;
            case ("scale", OptionOf { Option: { Kind: OptionKind.Float } option }):
                attributes.Add(new NodeAttribute("scale", new SymbolValue(option.Name)));
                break;
            case ("scale", TensorOf tensor) when scope.Builder.NumberOf(tensor.Value) is { } computed:
                attributes.Add(new NodeAttribute("scale", new ScoreValue(computed)));
                break;
            default:
                throw Wrong(DiagnosticCatalog.BadArgument, $"`{Words(source)}` is not what '{parameter.Name}' takes", scope, source.Id);
        }
    }
}
