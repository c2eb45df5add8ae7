using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Lowering;

/// <summary>Lowers calls of operations to nodes, or to constants, sizes and host numbers where no tensor is among the arguments.</summary>
internal sealed class OperationLowering(LoweringContext context, ExpressionLowering expressions)
{
    private readonly AttributeLowering _attributes = new(context, expressions);

    /// <summary>An argument and its source.</summary>
    private readonly record struct Given(Item Item, Expression Source);

    public Item Call(Scope scope, OpCall call)
    {
        if (OpCatalog.FindMethod(call.Op) is not { } op)
            throw context.Error(DiagnosticCodes.UnknownOperation, $"this version has no operation '{call.Op}'", scope, call.Id);

        var arguments = new Dictionary<string, Given>(StringComparer.Ordinal);
        var values = expressions.EvaluateAll(scope, call.Arguments.Select(static argument => argument.Value));
        for (var i = 0; i < values.Count; i++)
            arguments[call.Arguments[i].Parameter] = new Given(values[i], call.Arguments[i].Value);
        if (op.Kind == OpKind.Elementwise && op.Parameters.All(parameter => arguments.ContainsKey(parameter.Name)))
        {
            List<Given> ordered = [.. op.Parameters.Select(parameter => arguments[parameter.Name])];
            if (ordered.All(static argument => argument.Item is SizeItem or NumberItem))
                return Fold(scope, call, op, ordered);
            if (ordered.Any(static argument => argument.Item is HostItem) && OnHost(scope, op, ordered) is { } computed)
                return computed;
        }

        return Node(scope, call, op, arguments);
    }

    /// <summary>The value of an item in the graph; numbers become nodes.</summary>
    /// <param name="parameter">The parameter that takes it, for the message.</param>
    public int AsTensor(Scope scope, Item item, Expression source, string parameter)
    {
        return item switch
        {
            TensorItem tensor => tensor.Value,
            NumberItem number => Scalar(new NumberValue(number.Value)),
            SizeItem size => Scalar(new SizeValue(size.Value)),
            HostItem host => Scalar(new ScoreValue(host.Value)),
            OptionItem { Option: { Kind: OptionKind.Float } option } => Scalar(new SymbolValue(option.Name)),
            _ => throw context.Error(
                DiagnosticCodes.BadArgument,
                $"'{parameter}' takes a tensor, but `{Item.Describe(source)}` is not a tensor",
                scope,
                source.Id),
        };

        int Scalar(AttributeValue value) => scope.Builder.Scalar(value, scope.OriginOf(source));
    }

    private Item Node(Scope scope, OpCall call, OpDefinition op, Dictionary<string, Given> arguments)
    {
        var origin = scope.OriginOf(call);
        var (operands, attributes) = (new OperandList(), new List<NodeAttribute>());
        foreach (var parameter in op.Parameters)
        {
            if (!arguments.TryGetValue(parameter.Name, out var argument))
            {
                if (!parameter.Optional)
                    throw context.Error(DiagnosticCodes.BadArgument, $"{call.Op} needs '{parameter.Name}'", scope, call.Id);
                if (parameter.Neutral is { } neutral)
                    operands.Add(scope.Builder.Scalar(new NumberValue(neutral), origin), call);
            }
            else if (parameter.Role == ParameterRole.Tensors && argument.Item is TupleItem { Values: var parts })
            {
                for (var i = 0; i < parts.Count; i++)
                {
                    var source = argument.Source is TupleOf tuple ? tuple.Items[i] : argument.Source;
                    operands.Add(AsTensor(scope, parts[i], source, parameter.Name), source);
                }
            }
            else if (parameter.Role != ParameterRole.Attribute)
            {
                operands.Add(AsTensor(scope, argument.Item, argument.Source, parameter.Name), argument.Source);
            }
            else
            {
                _attributes.Add(scope, parameter, argument.Item, argument.Source, attributes, operands);
            }
        }

        try
        {
            var results = scope.Builder.AddAll(
                op.Name,
                operands.Values,
                attributes,
                origin,
                i => $"`{Item.Describe(operands.Sources[i])}` is {scope.Builder.TypeOf(operands.Values[i])}");
            return results.Count == 1 ? new TensorItem(results[0]) : new TupleItem([.. results.Select(static result => new TensorItem(result))]);
        }
        catch (ShapeException error)
        {
            throw context.Error(DiagnosticCodes.Shape, error.Message, scope, call.Id);
        }
    }

    /// <summary>Arithmetic of sizes and numbers.</summary>
    private Item Fold(Scope scope, OpCall call, OpDefinition op, List<Given> arguments)
    {
        if (arguments.All(static argument => argument.Item is SizeItem) && op.Scalar!.Sizes is { } sizes)
        {
            try
            {
                return new SizeItem(sizes([.. arguments.Select(static argument => ((SizeItem)argument.Item).Value)]));
            }
            catch (OverflowException)
            {
                throw context.Error(DiagnosticCodes.BadArgument, "the number does not fit into 64 bits", scope, call.Id);
            }
        }

        var numbers = arguments
            .Select(static argument => argument.Item is NumberItem number ? (double?)number.Value : ((SizeItem)argument.Item).Value.Value)
            .ToList();
        if (!numbers.Contains(null) && op.Scalar!.Fold?.Invoke(numbers) is { } known)
            return new NumberItem(known);

        // A number that depends on a dim, or an op without folding: a scalar of the graph.
        var operands = arguments.Select((argument, i) => AsTensor(scope, argument.Item, argument.Source, op.Parameters[i].Name)).ToList();
        return new TensorItem(scope.Builder.Add(op.Name, operands, null, scope.OriginOf(call)));
    }

    /// <summary>Arithmetic of numbers that a checkpoint decides; null where a tensor is among them.</summary>
    private static HostItem? OnHost(Scope scope, OpDefinition op, List<Given> arguments)
    {
        var numbers = arguments.Select(argument => argument.Item is TensorItem ? null : argument.Item.AsNumber(scope)).ToList();
        if (numbers.Contains(null))
            return null;
        var isWhole = op.Scalar!.Integer is not null && arguments.All(static argument => argument.Item.IsInteger);
        var name = (isWhole ? op.Scalar.OnIntegers : null) ?? op.Name;
        return new HostItem(new ScalarExpression.Apply(name, numbers.Select(static number => number!).ToEquatableArray()), isWhole);
    }
}

/// <summary>Operands of a node with the author's expressions for them.</summary>
internal sealed class OperandList
{
    public List<int> Values { get; } = [];

    public List<Expression> Sources { get; } = [];

    /// <returns>The operand's index.</returns>
    public int Add(int value, Expression source)
    {
        Values.Add(value);
        Sources.Add(source);
        return Values.Count - 1;
    }
}
