using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>Replaces composites, the bias of a product and powers that are known by the ops that define them.</summary>
internal static class ExpandComposites
{
    private static readonly Dictionary<string, Func<Expansion, IReadOnlyList<int>, int>> Definitions = new(StringComparer.Ordinal)
    {
        ["clamp"] = static (build, operands) => build.Add("min", build.Add("max", operands[0], operands[1]), operands[2]),
        ["softmax"] = static (build, operands) =>
        {
            var shares = build.Add("exp", build.Add("sub", operands[0], build.Add("reduce_max", operands[0])));
            return build.Add("div", shares, build.Add("sum", shares));
        },
        ["rms_norm"] = static (build, operands) =>
        {
            var (x, weight, epsilon) = (operands[0], operands[1], operands[2]);
            var scale = build.Add("rsqrt", build.Add("add", build.Add("mean", build.Add("square", x)), epsilon));
            return build.Unless(1, "mul", build.Add("mul", x, scale), weight);
        },
        ["layer_norm"] = static (build, operands) =>
        {
            var (x, weight, bias, epsilon) = (operands[0], operands[1], operands[2], operands[3]);
            var centred = build.Add("sub", x, build.Add("mean", x));
            var scale = build.Add("rsqrt", build.Add("add", build.Add("mean", build.Add("square", centred)), epsilon));
            return build.Unless(0, "add", build.Unless(1, "mul", build.Add("mul", centred, scale), weight), bias);
        },
    };

    public static Module Run(Module module) => module.Map(static function => new Rewriter(function).Run(Replace));

    private static bool Replace(Rewriter rewriter, Node node)
    {
        var build = new Expansion(rewriter.Builder, node.Origin);
        var operands = node.Operands.Select(operand => rewriter[operand]).ToList();

        // Over the axis before the last: turned, over the last, and turned back.
        if (node["axis"] is not null)
        {
            var turned = build.Add("transpose", operands[0]);
            rewriter[node.Result] = build.Add("transpose", OpCatalog.KindOf(node) == OpKind.Composite ? Definitions[node.Op](build, [turned]) : build.Add(node.Op, turned));
            return true;
        }

        // The product's kernel takes rows of one axis and a weight [out, in]; whatever has more axes multiplies matrices token by token.
        if (node.Op == "linear" && rewriter.Builder.TypeOf(operands[0]).Rank > 2)
        {
            var product = build.Add("matmul", operands[0], build.Add("transpose", operands[1]));
            rewriter[node.Result] = operands.Count > 2 ? build.Add("add", product, operands[2]) : product;
            return true;
        }

        if (node.Op == "matmul" && rewriter.Builder.TypeOf(operands[0]) is { IsRows: true, Rank: 2 } && rewriter.Builder.TypeOf(operands[1]) is { IsRows: false, Rank: 2 })
        {
            rewriter[node.Result] = build.Add("linear", operands[0], build.Add("transpose", operands[1]));
            return true;
        }

        if (OpCatalog.KindOf(node) == OpKind.Composite)
        {
            rewriter[node.Result] = Definitions[node.Op](build, operands);
            return true;
        }

        if (OpCatalog.KindOf(node) == OpKind.Product && operands.Count > 2)
        {
            rewriter[node.Result] = build.Add("add", build.Add(node.Op, operands[0], operands[1]), operands[2]);
            return true;
        }

        if (node.Op == "pow" && build.Constant(operands[1]) is { } exponent && Power(build, operands[0], exponent) is { } power)
        {
            rewriter[node.Result] = power;
            return true;
        }

        return false;
    }

    /// <summary>Powers that are exact by simpler ops, with the bits that the general function gives them.</summary>
    private static int? Power(Expansion build, int x, double exponent) => exponent switch
    {
        1 => x,
        2 => build.Add("square", x),
        3 => build.Add("mul", build.Add("square", x), x),
        0.5 => build.Add("sqrt", x),
        -0.5 => build.Add("rsqrt", x),
        -1 => build.Add("reciprocal", x),
        _ => null,
    };

    private sealed class Expansion(FunctionBuilder builder, Origin origin)
    {
        public int Add(string op, params int[] operands) => builder.Add(op, operands, origin: origin);

        public double? Constant(int value) => (builder.NumberOf(value) as ScalarExpression.Constant)?.Value;

        /// <summary>Leaves out what changes nothing: an operand that the author did not give.</summary>
        public int Unless(double neutral, string op, int x, int operand) => Constant(operand) == neutral ? x : Add(op, x, operand);
    }
}
