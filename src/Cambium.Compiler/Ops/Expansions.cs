using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>Definitions of ops in terms of simpler ones.</summary>
internal static class Expansions
{
    public static IReadOnlyList<int> Clamp(IExpansion build) =>
        [build.Add("min", build.Add("max", build.Operands[0], build.Operands[1]), build.Operands[2])];

    public static IReadOnlyList<int> Softmax(IExpansion build)
    {
        var x = build.Operands[0];
        var shares = build.Add("exp", build.Add("sub", x, build.Add("reduce_max", x)));
        return [build.Add("div", shares, build.Add("sum", shares))];
    }

    public static IReadOnlyList<int> RmsNorm(IExpansion build)
    {
        var (x, weight, epsilon) = (build.Operands[0], build.Operands[1], build.Operands[2]);
        var scale = build.Add("rsqrt", build.Add("add", build.Add("mean", build.Add("square", x)), epsilon));
        return [Unless(build, 1, "mul", build.Add("mul", x, scale), weight)];
    }

    public static IReadOnlyList<int> LayerNorm(IExpansion build)
    {
        var (x, weight, bias, epsilon) = (build.Operands[0], build.Operands[1], build.Operands[2], build.Operands[3]);
        var centred = build.Add("sub", x, build.Add("mean", x));
        var scale = build.Add("rsqrt", build.Add("add", build.Add("mean", build.Add("square", centred)), epsilon));
        return [Unless(build, 0, "add", Unless(build, 1, "mul", build.Add("mul", centred, scale), weight), bias)];
    }

    /// <summary>
    /// The bias is an add of its own, which fuses into the epilogue. The product's kernel takes rows of one axis; an operand with more
    /// axes multiplies matrices row by row.
    /// </summary>
    public static IReadOnlyList<int>? Linear(IExpansion build)
    {
        var (x, weight) = (build.Operands[0], build.Operands[1]);
        var isMatrix = build.TypeOf(x).Rank > 2;
        if (!isMatrix && build.Operands.Count == 2)
            return null;
        var product = isMatrix ? build.Add("matmul", x, build.Add("transpose", weight)) : build.Add("linear", x, weight);
        return [build.Operands.Count > 2 ? build.Add("add", product, build.Operands[2]) : product];
    }

    /// <summary>Rows times a parameter are a product; the transposed parameter becomes a computed weight.</summary>
    public static IReadOnlyList<int>? MatMul(IExpansion build) =>
        build.TypeOf(build.Operands[0]) is { IsRows: true, Rank: 2 } && build.TypeOf(build.Operands[1]) is { IsRows: false, Rank: 2 }
            ? [build.Add("linear", build.Operands[0], build.Add("transpose", build.Operands[1]))]
            : null;

    /// <summary>Known exponents for which simpler ops are exact, with the same bits as the general function.</summary>
    public static IReadOnlyList<int>? Power(IExpansion build)
    {
        var x = build.Operands[0];
        return build.ConstantOf(build.Operands[1]) switch
        {
            1 => [x],
            2 => [build.Add("square", x)],
            3 => [build.Add("mul", build.Add("square", x), x)],
            0.5 => [build.Add("sqrt", x)],
            -0.5 => [build.Add("rsqrt", x)],
            -1 => [build.Add("reciprocal", x)],
            _ => null,
        };
    }

    public static IReadOnlyList<int> Split(IExpansion build)
    {
        var (parts, begin) = (new List<int>(), Size.Constant(0));
        foreach (var size in ShapeRules.SplitSizes(OpCatalog.Get("split"), name => build[name]))
        {
            parts.Add(build.Slice(build.Operands[0], begin, size));
            begin += size;
        }

        return parts;
    }

    /// <summary>Omits the op where its second operand is the neutral number, which the author did not write.</summary>
    private static int Unless(IExpansion build, double neutral, string op, int x, int operand) =>
        build.ConstantOf(operand) == neutral ? x : build.Add(op, x, operand);
}
