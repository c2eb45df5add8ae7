using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>Every op, one entry each. Adding an op is one entry here, one line in the emitters' tables and one in the tests' interpreter.</summary>
public static class OpCatalog
{
    private static readonly OpDefinition[] Table =
    [
        // Sources.
        new("weight", null, OpKind.Source, "A tensor of the checkpoint.", None, static use => throw use.Wrong("a weight's type is its declaration")),
        new("range", "Range", OpKind.Source, "0, 1, .. count - 1.", EquatableArray.Of(SizeOf("count")), static use => TensorType.F32(((SizeValue)use["count"]!).Value)),
        new("scalar", null, OpKind.Source, "A constant, a dim or an option.", None, static _ => TensorType.F32()),

        // Elementwise, one operand.
        Unary("negate", "Negate", "-x", 1),
        Unary("abs", "Abs", "|x|", 1),
        Unary("square", "Square", "x * x", 1),
        Unary("sqrt", "Sqrt", "Square root.", 4),
        Unary("rsqrt", "Rsqrt", "1 / sqrt(x), correctly rounded division.", 8),
        Unary("reciprocal", "Reciprocal", "1 / x", 4),
        Unary("sign", "Sign", "-1, 0 or 1", 2),
        Unary("floor", "Floor", "The largest whole number that is not above x.", 3),
        Unary("ceiling", "Ceiling", "The smallest whole number that is not below x.", 3),
        Unary("round", "Round", "The nearest whole number, the even one of two.", 1),
        Unary("exp", "Exp", "e^x", 12),
        Unary("log", "Log", "Natural logarithm.", 16),
        Unary("sin", "Sin", "Sine.", 24),
        Unary("cos", "Cos", "Cosine.", 24),
        Unary("sigmoid", "Sigmoid", "1 / (1 + e^-x)", 16),
        Unary("tanh", "Tanh", "Hyperbolic tangent.", 16),
        Unary("relu", "Relu", "max(x, 0)", 1),
        Unary("silu", "Silu", "x * sigmoid(x)", 17),
        Unary("gelu", "Gelu", "x * Phi(x), Phi by erf.", 24),
        Unary("gelu_tanh", "GeluTanh", "GELU by the tanh approximation.", 24),
        Unary("softplus", "Softplus", "log(1 + e^x)", 28),

        // Elementwise, two operands.
        Binary("add", "Add", "left + right"),
        Binary("sub", "Subtract", "left - right"),
        Binary("mul", "Multiply", "left * right"),
        Binary("div", "Divide", "left / right"),
        Binary("min", "Minimum", "The smaller one."),
        Binary("max", "Maximum", "The larger one."),
        Binary("is_less", "Less", "1 where left < right, else 0."),
        Binary("is_less_equal", "LessOrEqual", "1 where left <= right, else 0."),
        Binary("is_greater", "Greater", "1 where left > right, else 0."),
        Binary("is_greater_equal", "GreaterOrEqual", "1 where left >= right, else 0."),
        Binary("is_equal", "EqualTo", "1 where left = right, else 0."),
        new("pow", "Pow", OpKind.Elementwise, "x to the power of a number.", Parameters(new OpParameter("x"), new("exponent")), Broadcast, 48),

        // Elementwise, three operands.
        new("where", "Where", OpKind.Elementwise, "a where the condition is not 0, else b.", Parameters(new OpParameter("condition"), new("a"), new("b")), Broadcast, 1),

        new("choose", null, OpKind.Elementwise, "One of two values, by a condition that a checkpoint decides.",
            Parameters(new OpParameter("condition"), new("x"), new("other")), static use => use.Operands[0].Rank == 0 && use.Operands[1] == use.Operands[2] ? use.Operands[1] : throw use.Wrong($"choose needs a condition and two values of one shape but {use.Describe(1)} and {use.Describe(2)}"), 1),

        // Reductions over the last axis, or the one before it, which becomes 1.
        Reduction("mean", "Mean", "Mean over an axis."),
        Reduction("sum", "Sum", "Sum over an axis."),
        Reduction("reduce_max", "MaximumOf", "Maximum over an axis."),

        new("rotate", "Rotate", OpKind.Group, "Rotary position embedding over the last axis (RoFormer, eq. 15).",
            Parameters(new OpParameter("x"), Attribute("rotary"), Attribute("interleaved")),
            static use => use.Operands[0].Rank == 3 && use.Operands[0].IsRows
                ? use.Operands[0]
                : throw use.Wrong($"Rotate expects [T, heads, size] but {use.Describe(0)}; use Reshape(x, heads, size)"),
            3),

        new("reshape", "Reshape", OpKind.View, "The same elements of each row under another shape.",
            Parameters(new OpParameter("x"), Attribute("trailing")), Reshape),

        new("slice", "Slice", OpKind.Slice, "A run of the last axis: elements begin .. begin + count.",
            EquatableArray.Of(new OpParameter("x"), new OpParameter("begin", ParameterRole.Attribute), new OpParameter("count", ParameterRole.Attribute)), Slice),

        new("split", "Split", OpKind.Sugar, "Runs of the last axis, one behind the other.",
            EquatableArray.Of(new OpParameter("x"), SizeOf("first"), SizeOf("second"), Attribute("third"), Attribute("fourth")), static use => use.Operands[0]),

        new("concat", "Concat", OpKind.Arrange, "Values side by side along the last axis.", EquatableArray.Of(new OpParameter("parts", ParameterRole.Tensors)), Concat),
        new("repeat", "Repeat", OpKind.Arrange, "Each head several times in a row.", EquatableArray.Of(new OpParameter("x"), SizeOf("times")),
            static use => use.Operands[0] is { Rank: > 2, IsRows: true } x
                ? x with { Shape = x.Shape.Take(x.Rank - 2).Append(x.Shape[x.Rank - 2] * ((SizeValue)use["times"]!).Value).Append(x.Last).ToEquatableArray() }
                : throw use.Wrong($"Repeat expects [T, heads, size] but {use.Describe(0)}; use Reshape(x, heads, size)")),
        new("transpose", "Transpose", OpKind.Arrange, "The last two axes exchanged.", Parameters(new OpParameter("x")),
            static use => use.Operands[0] is var x && x.Rank - (x.IsRows ? 1 : 0) >= 2
                ? x with { Shape = x.Shape.Take(x.Rank - 2).Append(x.Last).Append(x.Shape[x.Rank - 2]).ToEquatableArray() }
                : throw use.Wrong($"Transpose exchanges two axes behind the rows', but {use.Describe(0)}")),

        new("positions", "Positions", OpKind.Source, "The logical position of each token.", Parameters(new OpParameter("tokens")),
            static use => use.Operands[0] is { DType: DType.I32, Rank: 1, IsRows: true } tokens ? tokens : throw use.Wrong($"Positions expects tokens but {use.Describe(0)}")),

        new("shift", "Shift", OpKind.Source, "Ids plus a number.", Parameters(new OpParameter("tokens"), new("by", ParameterRole.Attribute)),
            static use => use.Operands[0] is { DType: DType.I32, Rank: 1, IsRows: true } tokens ? tokens : throw use.Wrong($"Shift expects tokens or positions but {use.Describe(0)}")),

        new("cast", "Cast", OpKind.Source, "Ids or positions as numbers.", Parameters(new OpParameter("tokens")),
            static use => use.Operands[0] is { DType: DType.I32, Rank: 1, IsRows: true } tokens ? TensorType.F32(tokens.Shape[0], Size.One) : throw use.Wrong($"Cast expects tokens or positions but {use.Describe(0)}")),

        new("gather", "Gather", OpKind.Gather, "Rows of a table by token id.", Parameters(new OpParameter("table"), new("tokens")),
            static use => use.Operands[0] is { Rank: 2, IsRows: false } table && use.Operands[1] is { DType: DType.I32, Rank: 1 } tokens
                ? TensorType.F32(tokens.Shape[0], table.Shape[1])
                : throw use.Wrong($"indexing expects a table of two dims and tokens, but {use.Describe(0)} and {use.Describe(1)}")),

        new("linear", "Linear", OpKind.Product, "x * weight^T (+ bias); the weight is [out, in] as checkpoints store it.",
            Parameters(new OpParameter("x"), new("weight"), new("bias", Optional: true)), Linear),

        new("matmul", "MatMul", OpKind.Arrange, "Matrices times matrices, token by token: [T, n, k] by [T, k, m].", Parameters(new OpParameter("a"), new("b")), MatMul),

        new("attend", "Attend", OpKind.Attention, "Softmax attention over the tree of cached keys and values, causal unless said otherwise; grouped queries where q has more heads.",
            Parameters(new OpParameter("q"), new("k"), new("v"), Attribute("window"), Attribute("scale"), Attribute("score"), Attribute("visible"), Attribute("sinks"), Attribute("causal")), Attend),

        // Composites.
        new("clamp", "Clamp", OpKind.Composite, "min(max(x, low), high)", Parameters(new OpParameter("x"), new("low"), new("high")), Broadcast),
        new("softmax", "Softmax", OpKind.Composite, "e^x over its sum along the last axis.", Parameters(new OpParameter("x"), Attribute("axis")),
            static use => IsOverHeads(use) || use.Operands[0].Rank > 0 ? use.Operands[0] : throw use.Wrong($"Softmax expects an axis but {use.Describe(0)}")),
        new("rms_norm", "RmsNorm", OpKind.Composite, "x / sqrt(mean(x^2) + epsilon) * weight (Zhang & Sennrich 2019).",
            Parameters(new OpParameter("x"), new("weight", Optional: true, Neutral: 1), new("epsilon")), Norm),
        new("layer_norm", "LayerNorm", OpKind.Composite, "(x - mean) / sqrt(variance + epsilon) * weight + bias (Ba et al. 2016).",
            Parameters(new OpParameter("x"), new("weight", Optional: true, Neutral: 1), new("bias", Optional: true, Neutral: 0), new("epsilon")), Norm),

        // Made by passes.
        new("expand", null, OpKind.Arrange, "An axis of 1 repeated, to the shape of what it meets.", Parameters(new OpParameter("x"), Attribute("trailing")),
            static use => use.Operands[0] is { IsRows: true } x ? x with { Shape = Trailing(use).Prepend(x.Shape[0]).ToEquatableArray() } : TensorType.F32([.. Trailing(use)])),
        new("copy", null, OpKind.Elementwise, "The same elements side by side.", Parameters(new OpParameter("x")), static use => use.Operands[0]),
        new("append_key", null, OpKind.Append, "Stores the rows' keys in the tree.", Parameters(new OpParameter("k")), static use => use.Operands[0]),
        new("append_value", null, OpKind.Append, "Stores the rows' values in the tree.", Parameters(new OpParameter("v")), static use => use.Operands[0]),
        new("select", null, OpKind.Select, "The rows whose results are wanted.", Parameters(new OpParameter("x")), static use => use.Operands[0].WithRows(Size.Outputs)),
        new("branch", null, OpKind.Control, "Runs one of two functions, by a condition that a checkpoint decides.", None,
            static use => throw use.Wrong("a branch's types are its functions'")),
        new("loop", null, OpKind.Control, "Runs a function once per block of a stack; its first results are the next round's first operands.", None,
            static use => throw use.Wrong("a loop's types are its function's")),
    ];

    private static readonly Dictionary<string, OpDefinition> ByName = Table.ToDictionary(static op => op.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, OpDefinition> ByMethod =
        Table.Where(static op => op.Method is not null).ToDictionary(static op => op.Method!, StringComparer.Ordinal);

    private static EquatableArray<OpParameter> None => EquatableArray<OpParameter>.Empty;

    public static IReadOnlyList<OpDefinition> All => Table;

    public static OpDefinition Get(string name) => ByName[name];

    public static OpDefinition? Find(string name) => ByName.TryGetValue(name, out var op) ? op : null;

    public static OpDefinition? FindMethod(string method) => ByMethod.TryGetValue(method, out var op) ? op : null;

    public static OpKind KindOf(Node node) => Get(node.Op).Kind;

    private static EquatableArray<OpParameter> Parameters(params OpParameter[] parameters) => parameters.ToEquatableArray();

    private static OpParameter SizeOf(string name) => new(name, ParameterRole.Attribute);

    private static OpParameter Attribute(string name) => new(name, ParameterRole.Attribute, Optional: true);

    private static OpDefinition Unary(string name, string method, string summary, int flops) =>
        new(name, method, OpKind.Elementwise, summary, Parameters(new OpParameter("x")), static use => use.Operands[0], flops);

    private static OpDefinition Binary(string name, string method, string summary) =>
        new(name, method, OpKind.Elementwise, summary, Parameters(new OpParameter("left"), new("right")), Broadcast, 1);

    private static OpDefinition Reduction(string name, string method, string summary) =>
        new(name, method, OpKind.Reduction, summary, Parameters(new OpParameter("x"), Attribute("axis")), static use => use.Operands[0] switch
        {
            var x when IsOverHeads(use) => x with { Shape = x.Shape.Take(x.Rank - 2).Append(Size.One).Append(x.Last).ToEquatableArray() },
            { Rank: 0 } => throw use.Wrong($"{use.Op.Method} expects an axis but {use.Describe(0)}"),
            var x => x.WithLast(Size.One),
        }, 1);

    /// <summary>Over the axis before the last, which must not be the rows'.</summary>
    private static bool IsOverHeads(OpUse use)
    {
        if (use["axis"] is null)
            return false;
        var x = use.Operands[0];
        return x.Rank - (x.IsRows ? 1 : 0) >= 2
            ? true
            : throw use.Wrong($"{use.Op.Method} over the axis before the last expects [T, heads, size] but {use.Describe(0)}; use Reshape(x, heads, size)");
    }

    private static TensorType Broadcast(OpUse use)
    {
        var result = use.Operands[0];
        for (var i = 1; i < use.Operands.Count; i++)
            result = Broadcast(use, result, i);
        return result;
    }

    /// <param name="a">The shape of the operands before <paramref name="other"/>.</param>
    private static TensorType Broadcast(OpUse use, TensorType a, int other)
    {
        var b = use.Operands[other];
        var rank = Math.Max(a.Rank, b.Rank);
        string Both() => string.Join(" and ", Enumerable.Range(0, other + 1).Select(use.Describe));

        // Aligned at their ends, the rows of one would meet a head axis of the other.
        if (a.IsRows && b.IsRows && a.Rank != b.Rank)
            throw use.Wrong($"{use.Op.Method} combines rows of the same number of axes, but {Both()}; use Reshape(x, ..)");
        var shape = new Size[rank];
        for (var i = 0; i < rank; i++)
        {
            var x = i < rank - a.Rank ? Size.One : a.Shape[i - (rank - a.Rank)];
            var y = i < rank - b.Rank ? Size.One : b.Shape[i - (rank - b.Rank)];
            shape[i] = x == y || y == Size.One ? x : x == Size.One ? y : throw use.Wrong($"{use.Op.Method} cannot combine the shapes: {Both()}");
        }

        // Rows and parameters align at their ends: a row axis must not meet a parameter's axis.
        if (a.IsRows != b.IsRows && Math.Max(a.IsRows ? b.Rank : 0, b.IsRows ? a.Rank : 0) >= rank)
            throw use.Wrong($"{use.Op.Method} cannot combine rows with a parameter of as many axes: {Both()}");
        return TensorType.F32(shape);
    }

    private static List<Size> Trailing(OpUse use) =>
        [.. use.Attributes.Where(static attribute => attribute.Name.StartsWith("d", StringComparison.Ordinal)).Select(static attribute => ((SizeValue)attribute.Value).Value)];

    private static TensorType Reshape(OpUse use)
    {
        var x = use.Operands[0];
        var trailing = Trailing(use);
        var width = Size.Product(trailing);
        if (!x.IsRows && x.Rank == 0)
            throw use.Wrong($"Reshape expects an axis but {use.Describe(0)}");
        if (width != x.Width)
            throw use.Wrong($"Reshape to [{(x.IsRows ? "T, " : "")}{string.Join(", ", trailing)}] needs {width} values{(x.IsRows ? " a row" : "")}, but {use.Describe(0)}, which has {x.Width}");
        return x with { Shape = (x.IsRows ? trailing.Prepend(x.Shape[0]) : trailing).ToEquatableArray() };
    }

    private static TensorType Slice(OpUse use)
    {
        var (x, begin, count) = (use.Operands[0], ((SizeValue)use["begin"]!).Value, ((SizeValue)use["count"]!).Value);
        if (x.Rank == 0)
            throw use.Wrong($"Slice expects an axis but {use.Describe(0)}");

        // Sizes without symbols can be compared; the others are when a checkpoint is loaded.
        if (begin.Value < 0 || count.Value <= 0 || (x.Last - begin - count).Value < 0 || (x.Last - begin).Value <= 0 || (x.Last - count).Value < 0 || (begin / x.Last).Value >= 1 || (count / x.Last).Value > 1)
            throw use.Wrong($"Slice takes {count} from {begin} on, but {use.Describe(0)}");
        return x.WithLast(count);
    }

    private static TensorType Concat(OpUse use)
    {
        if (use.Operands.Count == 0)
            throw use.Wrong("Concat expects at least one tensor");
        var first = use.Operands[0];
        for (var i = 0; i < use.Operands.Count; i++)
        {
            var part = use.Operands[i];
            if (part.Rank - (part.IsRows ? 1 : 0) < 1)
                throw use.Wrong($"Concat expects an axis beside the rows' but {use.Describe(i)}");
            if (part.WithLast(Size.One) != first.WithLast(Size.One))
                throw use.Wrong($"Concat joins values whose axes are the same but for the last, but {use.Describe(0)} and {use.Describe(i)}");
        }

        return first.WithLast(use.Operands.Aggregate(Size.Constant(0), static (sum, part) => sum + part.Last));
    }

    private static TensorType MatMul(OpUse use)
    {
        var (a, b) = (use.Operands[0], use.Operands[1]);
        List<Size> left = [.. a.RowShape], right = [.. b.RowShape];

        // A row alone is a matrix of one row.
        var isRow = a.IsRows && left.Count == 1;
        if (isRow)
            left.Insert(0, Size.One);
        if (left.Count < 2 || right.Count < 2 || left[left.Count - 1] != right[right.Count - 2] || (isRow && b.IsRows))
            throw use.Wrong($"MatMul expects [.., n, k] and [.., k, m] but {use.Describe(0)} and {use.Describe(1)}");
        List<Size> batch = [.. left.Take(left.Count - 2)], other = [.. right.Take(right.Count - 2)];
        if (batch.Count > 0 && other.Count > 0 && !batch.SequenceEqual(other))
            throw use.Wrong($"MatMul expects the same axes before the last two, or none on one side, but {use.Describe(0)} and {use.Describe(1)}");
        var shape = (batch.Count > 0 ? batch : other).Concat(isRow ? [] : [left[left.Count - 2]]).Append(right[right.Count - 1]);
        return TensorType.F32([.. a.IsRows ? [a.Shape[0]] : b.IsRows ? [b.Shape[0]] : Enumerable.Empty<Size>(), .. shape]);
    }

    private static TensorType Linear(OpUse use)
    {
        var (x, weight) = (use.Operands[0], use.Operands[1]);
        if (weight.Rank != 2 || weight.IsRows)
            throw use.Wrong($"Linear expects a weight [out, in] but {use.Describe(1)}");
        if (!x.IsRows || x.Rank < 2 || x.Last != weight.Shape[1])
            throw use.Wrong($"Linear expects [.., {weight.Shape[1]}] but {use.Describe(0)}");
        if (use.Operands.Count > 2 && (use.Operands[2].Rank != 1 || use.Operands[2].Shape[0] != weight.Shape[0]))
            throw use.Wrong($"Linear expects a bias [{weight.Shape[0]}] but {use.Describe(2)}");
        return x.WithLast(weight.Shape[0]);
    }

    private static TensorType Attend(OpUse use)
    {
        var (q, k, v) = (use.Operands[0], use.Operands[1], use.Operands[2]);
        for (var i = 0; i < 3; i++)
        {
            if (use.Operands[i].Rank != 3 || !use.Operands[i].IsRows)
                throw use.Wrong($"Attend expects [T, heads, size] for '{"qkv"[i]}' but {use.Describe(i)}; use Reshape(x, heads, size)");
        }

        if (q.Last != k.Last)
            throw use.Wrong($"Attend expects queries and keys of one size but {use.Describe(0)} and {use.Describe(1)}");
        if (k.Shape[1] != v.Shape[1])
            throw use.Wrong($"Attend expects as many key heads as value heads but {use.Describe(1)} and {use.Describe(2)}");
        if (Size.NeverDivides(q.Shape[1], k.Shape[1]))
            throw use.Wrong($"Attend shares each head of keys among as many heads of queries, but {use.Describe(0)} and {use.Describe(1)}");
        foreach (var lookup in use.Attributes.Select(static attribute => attribute.Value).OfType<ScoreValue>().SelectMany(static score => score.Body.Walk()).OfType<ScalarExpression.Lookup>())
        {
            var table = use.Operands[lookup.Operand];
            if (table.IsRows || table.DType != DType.F32)
                throw use.Wrong($"a score looks up elements of parameters, but {use.Describe(lookup.Operand)}");
            if (table.Rank != lookup.Indices.Count)
                throw use.Wrong($"in a score {(lookup.Indices.Count == 1 ? "one index names" : $"{lookup.Indices.Count} indices name")} an element of a parameter of as many axes, but {use.Describe(lookup.Operand)}");
            for (var axis = 0; axis < table.Rank; axis++)
            {
                if (lookup.Indices[axis] is ScalarExpression.Input { Name: "head" } && table.Shape[axis] != q.Shape[1])
                    throw use.Wrong($"Attend has {q.Shape[1]} heads, but {use.Describe(lookup.Operand)}, which is indexed by the head");
            }
        }

        return q.WithLast(v.Last);
    }

    private static TensorType Norm(OpUse use)
    {
        var x = use.Operands[0];
        if (x.Rank == 0)
            throw use.Wrong($"{use.Op.Method} expects an axis but {use.Describe(0)}");
        for (var i = 1; i < use.Op.Tensors.Count() - 1; i++)
        {
            // A number stands for a missing one.
            if (use.Operands[i].Rank != 0 && (use.Operands[i].Rank != 1 || use.Operands[i].Shape[0] != x.Last))
                throw use.Wrong($"{use.Op.Method} expects [{x.Last}] for '{use.Op.Parameters[i].Name}' but {use.Describe(i)}");
        }

        return x;
    }
}
