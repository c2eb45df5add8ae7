using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Ops;

/// <summary>Shape rules that several ops share, or that are too long for the table.</summary>
internal static class ShapeRules
{
    /// <summary>The type of the first operand.</summary>
    public static TensorType Same(OpUse use) => use.Operands[0];

    /// <summary>The ids or positions of the first operand.</summary>
    public static TensorType Ids(OpUse use) => use.Operands[0] is { DType: DType.I32, Rank: 1, IsRows: true } tokens
        ? tokens
        : throw use.Error($"{use.Op.Method} expects {(use.Op.Name == "positions" ? "tokens" : "tokens or positions")} but {use.Describe(0)}");

    public static TensorType Reduce(OpUse use) => use.Operands[0] switch
    {
        var x when IsOverHeads(use) => x with { Shape = x.Shape.Take(x.Rank - 2).Append(Size.One).Append(x.Last).ToEquatableArray() },
        { Rank: 0 } => throw use.Error($"{use.Op.Method} expects an axis but {use.Describe(0)}"),
        var x => x.WithLast(Size.One),
    };

    public static TensorType Softmax(OpUse use) =>
        IsOverHeads(use) || use.Operands[0].Rank > 0 ? use.Operands[0] : throw use.Error($"Softmax expects an axis but {use.Describe(0)}");

    public static TensorType Choose(OpUse use) => use.Operands[0].Rank == 0 && use.Operands[1].AgreesWith(use.Operands[2])
        ? use.Operands[1]
        : throw use.Error($"choose needs a condition and two values of one shape but {use.Describe(1)} and {use.Describe(2)}");

    public static TensorType Rotate(OpUse use) => use.Operands[0].Rank == 3 && use.Operands[0].IsRows
        ? use.Operands[0]
        : throw use.Error($"Rotate expects [T, heads, size] but {use.Describe(0)}; use Reshape(x, heads, size)");

    public static TensorType Repeat(OpUse use) => use.Operands[0] is { Rank: > 2, IsRows: true } x
        ? x with { Shape = x.Shape.Take(x.Rank - 2).Append(x.Shape[x.Rank - 2] * use.SizeOf("times")).Append(x.Last).ToEquatableArray() }
        : throw use.Error($"Repeat expects [T, heads, size] but {use.Describe(0)}; use Reshape(x, heads, size)");

    public static TensorType Transpose(OpUse use) => use.Operands[0] is var x && x.Rank - (x.IsRows ? 1 : 0) >= 2
        ? x with { Shape = x.Shape.Take(x.Rank - 2).Append(x.Last).Append(x.Shape[x.Rank - 2]).ToEquatableArray() }
        : throw use.Error($"Transpose swaps the last two axes and needs two in addition to T, but {use.Describe(0)}");

    public static TensorType Gather(OpUse use) =>
        use.Operands[0] is { Rank: 2, IsRows: false } table && use.Operands[1] is { DType: DType.I32, Rank: 1 } tokens
        ? TensorType.F32(tokens.Shape[0], table.Shape[1])
        : throw use.Error($"indexing expects a table of two dims and tokens, but {use.Describe(0)} and {use.Describe(1)}");

    public static TensorType Expand(OpUse use) => use.Operands[0] is { IsRows: true } x
        ? x with { Shape = use.ShapeOf("trailing").Prepend(x.Shape[0]).ToEquatableArray() }
        : TensorType.F32([.. use.ShapeOf("trailing")]);

    /// <summary>A result for each given size.</summary>
    public static IReadOnlyList<TensorType> Split(OpUse use)
    {
        var (x, sizes) = (use.Operands[0], SplitSizes(use.Op, name => use[name]));
        var total = sizes.Aggregate(Size.Constant(0), static (sum, size) => sum + size);
        if (x.Rank == 0 || !Size.AgreeIfExact(x.Last, total))
            throw use.Error($"Split into {string.Join(" and ", sizes)} needs [.., {total}] but {use.Describe(0)}");
        return [.. sizes.Select(x.WithLast)];
    }

    public static List<Size> SplitSizes(OpDefinition op, Func<string, AttributeValue?> attribute) =>
        [.. op.Attributes.Select(parameter => attribute(parameter.Name)).OfType<SizeValue>().Select(static size => size.Value)];

    /// <summary>Whether the op works over the axis before the last. That axis must not be T.</summary>
    public static bool IsOverHeads(OpUse use)
    {
        if (use["axis"] is not SizeValue { Value.Value: -2 })
            return false;
        var x = use.Operands[0];
        return x.Rank - (x.IsRows ? 1 : 0) >= 2
            ? true
            : throw use.Error(
                $"{use.Op.Method} over the axis before the last expects [T, heads, size] but {use.Describe(0)}; use Reshape(x, heads, size)");
    }

    public static TensorType Broadcast(OpUse use)
    {
        var result = use.Operands[0];
        for (var i = 1; i < use.Operands.Count; i++)
            result = Broadcast(use, result, i);
        return result;
    }

    /// <param name="a">The shape of the operands before <paramref name="other"/>.</param>
    public static TensorType Broadcast(OpUse use, TensorType a, int other)
    {
        var b = use.Operands[other];
        var rank = Math.Max(a.Rank, b.Rank);
        string Both() => string.Join(" and ", Enumerable.Range(0, other + 1).Select(use.Describe));

        // Broadcasting aligns the last axes, so the row axis of one would be paired with a head axis of the other.
        if (a.IsRows && b.IsRows && a.Rank != b.Rank)
            throw use.Error($"{use.Op.Method} combines rows of the same number of axes, but {Both()}; use Reshape(x, ..)");
        var shape = new Size[rank];
        for (var i = 0; i < rank; i++)
        {
            var x = i < rank - a.Rank ? Size.One : a.Shape[i - (rank - a.Rank)];
            var y = i < rank - b.Rank ? Size.One : b.Shape[i - (rank - b.Rank)];
            shape[i] = y == Size.One || Size.AgreeIfExact(x, y)
                ? x
                : x == Size.One ? y : throw use.Error($"{use.Op.Method} cannot combine the shapes: {Both()}");
        }

        // Rows and parameters align at their ends: a row axis must not meet a parameter's axis.
        if (a.IsRows != b.IsRows && Math.Max(a.IsRows ? b.Rank : 0, b.IsRows ? a.Rank : 0) >= rank)
            throw use.Error($"{use.Op.Method} cannot combine rows with a parameter of as many axes: {Both()}");
        return TensorType.F32(shape);
    }

    public static TensorType Reshape(OpUse use)
    {
        var x = use.Operands[0];
        var trailing = use.ShapeOf("trailing");
        var width = Size.Product(trailing);
        if (!x.IsRows && x.Rank == 0)
            throw use.Error($"Reshape expects an axis but {use.Describe(0)}");
        if (!Size.AgreeIfExact(width, x.Width))
        {
            var (rows, perRow) = x.IsRows ? ("T, ", " a row") : ("", "");
            throw use.Error(
                $"Reshape to [{rows}{string.Join(", ", trailing)}] needs {width} values{perRow}, but {use.Describe(0)}, which has {x.Width}");
        }

        return x with { Shape = (x.IsRows ? trailing.Prepend(x.Shape[0]) : trailing).ToEquatableArray() };
    }

    public static TensorType Slice(OpUse use)
    {
        var (x, begin, count) = (use.Operands[0], use.SizeOf("begin"), use.SizeOf("count"));
        if (x.Rank == 0)
            throw use.Error($"Slice expects an axis but {use.Describe(0)}");

        // Only sizes without symbols can be compared here; the others are checked at load.
        if (begin.Value < 0
            || count.Value <= 0
            || (x.Last - begin - count).Value < 0
            || (x.Last - begin).Value <= 0
            || (x.Last - count).Value < 0
            || (begin / x.Last).Value >= 1
            || (count / x.Last).Value > 1)
            throw use.Error($"Slice takes {count} from {begin} on, but {use.Describe(0)}");
        return x.WithLast(count);
    }

    public static TensorType Concat(OpUse use)
    {
        if (use.Operands.Count == 0)
            throw use.Error("Concat expects at least one tensor");
        var first = use.Operands[0];
        for (var i = 0; i < use.Operands.Count; i++)
        {
            var part = use.Operands[i];
            if (part.Rank - (part.IsRows ? 1 : 0) < 1)
                throw use.Error($"Concat expects an axis in addition to T but {use.Describe(i)}");
            if (!part.WithLast(Size.One).AgreesWith(first.WithLast(Size.One)))
                throw use.Error($"Concat joins values with the same axes except the last, but {use.Describe(0)} and {use.Describe(i)}");
        }

        return first.WithLast(use.Operands.Aggregate(Size.Constant(0), static (sum, part) => sum + part.Last));
    }

    public static TensorType MatMul(OpUse use)
    {
        var (a, b) = (use.Operands[0], use.Operands[1]);
        List<Size> left = [.. a.RowShape], right = [.. b.RowShape];

        // A row alone is a matrix of one row.
        var isRow = a.IsRows && left.Count == 1;
        if (isRow)
            left.Insert(0, Size.One);
        if (left.Count < 2 || right.Count < 2 || !Size.AgreeIfExact(left[left.Count - 1], right[right.Count - 2]) || (isRow && b.IsRows))
            throw use.Error($"MatMul expects [.., n, k] and [.., k, m] but {use.Describe(0)} and {use.Describe(1)}");
        List<Size> batch = [.. left.Take(left.Count - 2)], other = [.. right.Take(right.Count - 2)];
        if (batch.Count > 0 && other.Count > 0 && !(batch.Count == other.Count && batch.Zip(other, Size.AgreeIfExact).All(static agree => agree)))
            throw use.Error($"MatMul expects the same axes before the last two, or none on one side, but {use.Describe(0)} and {use.Describe(1)}");
        var shape = (batch.Count > 0 ? batch : other).Concat(isRow ? [] : [left[left.Count - 2]]).Append(right[right.Count - 1]);
        return TensorType.F32([.. a.IsRows ? [a.Shape[0]] : b.IsRows ? [b.Shape[0]] : Enumerable.Empty<Size>(), .. shape]);
    }

    public static TensorType Linear(OpUse use)
    {
        var (x, weight) = (use.Operands[0], use.Operands[1]);
        if (weight.Rank != 2 || weight.IsRows)
            throw use.Error($"Linear expects a weight [out, in] but {use.Describe(1)}");
        if (!x.IsRows || x.Rank < 2 || !Size.AgreeIfExact(x.Last, weight.Shape[1]))
            throw use.Error($"Linear expects [.., {weight.Shape[1]}] but {use.Describe(0)}");
        if (use.Operands.Count > 2 && (use.Operands[2].Rank != 1 || !Size.AgreeIfExact(use.Operands[2].Shape[0], weight.Shape[0])))
            throw use.Error($"Linear expects a bias [{weight.Shape[0]}] but {use.Describe(2)}");
        return x.WithLast(weight.Shape[0]);
    }

    public static TensorType Attend(OpUse use)
    {
        var (q, k, v) = (use.Operands[0], use.Operands[1], use.Operands[2]);
        for (var i = 0; i < 3; i++)
        {
            if (use.Operands[i].Rank != 3 || !use.Operands[i].IsRows)
                throw use.Error($"Attend expects [T, heads, size] for '{"qkv"[i]}' but {use.Describe(i)}; use Reshape(x, heads, size)");
        }

        if (!Size.AgreeIfExact(q.Last, k.Last))
            throw use.Error($"Attend expects queries and keys of the same size but {use.Describe(0)} and {use.Describe(1)}");
        if (!Size.AgreeIfExact(k.Shape[1], v.Shape[1]))
            throw use.Error($"Attend expects as many key heads as value heads but {use.Describe(1)} and {use.Describe(2)}");
        if (Size.NeverDivides(q.Shape[1], k.Shape[1]))
            throw use.Error($"Attend expects a multiple of the KV heads as query heads (GQA), but {use.Describe(0)} and {use.Describe(1)}");
        var scores = use.Attributes.Select(static attribute => attribute.Value).OfType<ScoreValue>();
        foreach (var lookup in scores.SelectMany(static score => score.Body.Walk()).OfType<ScalarExpression.Lookup>())
        {
            var table = use.Operands[lookup.Operand];
            if (table.IsRows || table.DType != DType.F32)
                throw use.Error($"a score looks up elements of parameters, but {use.Describe(lookup.Operand)}");
            if (table.Rank != lookup.Indices.Count)
            {
                var indices = lookup.Indices.Count == 1 ? "one index names" : $"{lookup.Indices.Count} indices name";
                throw use.Error($"in a score {indices} an element of a parameter of as many axes, but {use.Describe(lookup.Operand)}");
            }

            for (var axis = 0; axis < table.Rank; axis++)
            {
                if (lookup.Indices[axis] is ScalarExpression.Input { Name: "head" } && !Size.AgreeIfExact(table.Shape[axis], q.Shape[1]))
                    throw use.Error($"Attend has {q.Shape[1]} heads, but {use.Describe(lookup.Operand)}, which is indexed by the head");
            }
        }

        return q.WithLast(v.Last);
    }

    public static TensorType Norm(OpUse use)
    {
        var x = use.Operands[0];
        if (x.Rank == 0)
            throw use.Error($"{use.Op.Method} expects an axis but {use.Describe(0)}");
        for (var i = 1; i < use.Op.Tensors.Count() - 1; i++)
        {
            // A missing operand is a number here.
            if (use.Operands[i].Rank != 0 && (use.Operands[i].Rank != 1 || !Size.AgreeIfExact(use.Operands[i].Shape[0], x.Last)))
                throw use.Error($"{use.Op.Method} expects [{x.Last}] for '{use.Op.Parameters[i].Name}' but {use.Describe(i)}");
        }

        return x;
    }
}
