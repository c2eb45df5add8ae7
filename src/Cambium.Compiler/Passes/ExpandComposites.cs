using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>Replaces ops by their definition in simpler ops: composites always, other ops if their operands allow it.</summary>
internal static class ExpandComposites
{
    public static Module Run(Module module) => module.Map(static function => new Rewriter(function).Run(Replace));

    private static bool Replace(Rewriter rewriter, Node node)
    {
        var op = OpCatalog.Get(node.Op);
        int[] operands = [.. node.Operands.Select(operand => rewriter[operand])];

        // An op over the axis before the last is transposed, computed over the last axis, and transposed back.
        if (node["axis"] is SizeValue { Value.Value: -2 })
        {
            var inner = new Expansion(rewriter.Builder, node, [rewriter.Builder.Add("transpose", operands, origin: node.Origin)]);
            var result = op.Expand?.Invoke(inner) is [var expanded] ? expanded : inner.Add(node.Op, inner.Operands[0]);
            rewriter[node.Result] = inner.Add("transpose", result);
            return true;
        }

        if (op.Expand?.Invoke(new Expansion(rewriter.Builder, node, operands)) is not { } values)
            return false;
        for (var i = 0; i < values.Count; i++)
            rewriter[node.Results[i]] = values[i];
        return true;
    }

    private sealed class Expansion(FunctionBuilder builder, Node node, IReadOnlyList<int> operands) : IExpansion
    {
        public IReadOnlyList<int> Operands => operands;

        public AttributeValue? this[string attribute] => node[attribute];

        public TensorType TypeOf(int value) => builder.TypeOf(value);

        public double? ConstantOf(int value) => (builder.NumberOf(value) as ScalarExpression.Constant)?.Value;

        public int Add(string op, params int[] operands) => builder.Add(op, operands, origin: node.Origin);

        public int Slice(int x, Size begin, Size count) =>
            builder.Add(
                "slice",
                [x],
                builder.TypeOf(x).WithLast(count),
                [new("begin", new SizeValue(begin)), new("count", new SizeValue(count))],
                node.Origin);
    }
}
