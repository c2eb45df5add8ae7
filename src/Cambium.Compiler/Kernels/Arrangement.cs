using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>Ops that move elements inside a row, as counted moves with strides.</summary>
internal static class Arrangement
{
    public static RowProgram Build(FunctionView view, Node node)
    {
        if (node.Kind == OpKind.MatrixProduct)
            return Product(view, node);
        var (stages, inputs) = (new List<RowStage>(), new List<RowInput>());
        var begin = Size.Constant(0);
        foreach (var operand in node.Operands)
        {
            // Axes of a row, or of a parameter, which is the same for every row.
            var isRows = view.IsRows(operand);
            List<Size> shape = [.. view.Type(operand).RowShape], result = [.. view.Type(node.Result).RowShape];
            var from = Strides(shape);
            if (isRows && view.ViewOf(operand).Stride is { } stride)
            {
                // Groups of the last axis are strided; all axes before it count them.
                from = [.. Strides([.. shape.Take(shape.Count - 1)]).Select(inner => inner * stride), Size.One];
            }

            var (extents, to) = (shape, Strides(result));
            switch (node.Op)
            {
                case "repeat":
                    var (heads, times) = (shape.Count - 2, node.SizeOf("times"));
                    extents = [.. shape.Take(heads + 1), times, shape[heads + 1]];
                    from = [.. from.Take(heads + 1), Size.Constant(0), from[heads + 1]];
                    to = [.. to.Take(heads), to[heads] * times, to[heads], Size.One];
                    break;
                case "transpose":
                    extents = result;
                    from = [.. from.Take(from.Count - 2), from[from.Count - 1], from[from.Count - 2]];
                    break;
                case "expand":
                    extents = result;
                    var missing = result.Count - shape.Count;
                    from =
                        [.. result.Select((size, axis) =>
                            axis < missing || shape[axis - missing] == Size.One ? Size.Constant(0) : from[axis - missing])];
                    break;
            }

            var source = PlaceOf(view, operand);
            inputs.Add(new RowInput(source, Access.Full));
            stages.Add(Simplest(source, new Place.Buffer(node.Result, Offset: node.Operands.Count > 1 ? begin : null), extents, from, to));
            begin += shape[shape.Count - 1];
        }

        return new RowProgram(Size.One, view.Type(node.Result).Width, inputs.Distinct().ToEquatableArray(), stages.ToEquatableArray());
    }

    private static RowProgram Product(FunctionView view, Node node)
    {
        List<Size> left = [.. view.Type(node.Operands[0]).RowShape], right = [.. view.Type(node.Operands[1]).RowShape];
        if (left.Count == 1)
            left.Insert(0, Size.One);
        var (n, k, m) = (left[left.Count - 2], left[left.Count - 1], right[right.Count - 1]);
        var (batch, other) = (Size.Product(left.Take(left.Count - 2)), Size.Product(right.Take(right.Count - 2)));
        var (a, b) = (PlaceOf(view, node.Operands[0]), PlaceOf(view, node.Operands[1]));
        var zero = Size.Constant(0);
        return new RowProgram(
            Size.One,
            view.Type(node.Result).Width,
            EquatableArray.Of(new RowInput(a, Access.Full), new RowInput(b, Access.Full)),
            EquatableArray.Of<RowStage>(new RowStage.Multiply(
                a, b, new Place.Buffer(node.Result), batch == Size.One ? other : batch, n, k, m, batch == Size.One ? zero : n * k,
                other == Size.One ? zero : k * m)));
    }

    private static Place PlaceOf(FunctionView view, int operand) =>
        view.IsRows(operand) ? view.ViewOf(operand).Place : new Place.Parameter(view.Producer(operand)!.SymbolOf("name"));

    private static List<Size> Strides(List<Size> shape) => [.. shape.Select((_, axis) => Size.Product(shape.Skip(axis + 1)))];

    /// <summary>Merges axes that are contiguous on both sides.</summary>
    private static RowStage.Move Simplest(Place source, Place target, List<Size> extents, List<Size> from, List<Size> to)
    {
        var axes = extents.Select((extent, axis) => (Extent: extent, From: from[axis], To: to[axis]))
            .Where(static axis => axis.Extent != Size.One).ToList();
        for (var axis = axes.Count - 2; axis >= 0; axis--)
        {
            var (outer, inner) = (axes[axis], axes[axis + 1]);
            if (outer.From != inner.From * inner.Extent || outer.To != inner.To * inner.Extent)
                continue;
            axes[axis] = (outer.Extent * inner.Extent, inner.From, inner.To);
            axes.RemoveAt(axis + 1);
        }

        if (axes.Count == 0)
            axes.Add((Size.One, Size.One, Size.One));
        return new RowStage.Move(source, target, axes.Select(static axis => axis.Extent).ToEquatableArray(),
            axes.Select(static axis => axis.From).ToEquatableArray(), axes.Select(static axis => axis.To).ToEquatableArray());
    }
}
