using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Moves slices towards their sources: a slice of a product becomes a product with a slice of the weight's rows, a slice of an elementwise
/// result becomes an op on slices. So a checkpoint with several matrices in one tensor gives the same kernels as one with separate tensors.
/// </summary>
internal static class PushSlices
{
    private const string Ending = "Part";

    /// <summary>The author's name of a weight: for a slice that this pass made, the name of the whole tensor.</summary>
    public static string AuthorNameOf(WeightInfo weight)
    {
        if (weight.Begin is null)
            return weight.Name;
        var end = weight.Name.Length;
        while (end > 0 && char.IsDigit(weight.Name[end - 1]))
            end--;
        return end > Ending.Length && weight.Name.Substring(0, end).EndsWith(Ending, StringComparison.Ordinal)
            ? weight.Name.Substring(0, end - Ending.Length)
            : weight.Name;
    }

    public static Module Run(Module module)
    {
        var weights = module.Weights.ToList();
        var functions = module.Functions.Select(function => new Pusher(function, weights).Run()).ToList();
        return module with { Functions = functions, Weights = weights };
    }

    /// <summary>
    /// A slice of a row: <paramref name="Count"/> elements of the last axis from <paramref name="Begin"/> on. With a stride: this slice of each of
    /// several groups, for a row whose groups are not an axis.
    /// </summary>
    private sealed record RowSlice(Size Begin, Size Count, Size? Stride = null, Size? Groups = null)
    {
        public Size Width => Groups is null ? Count : Groups * Count;
    }

    private sealed class Pusher(Function function, List<WeightInfo> weights)
    {
        private readonly Dictionary<(int Value, RowSlice Slice), int> _known = [];
        private int _depth;

        public Function Run() => new Rewriter(function).Run((rewriter, node) =>
        {
            if (node.Kind != OpKind.Slice
                || Push(rewriter, node.Operands[0], new RowSlice(node.SizeOf("begin"), node.SizeOf("count"))) is not { } value)
                return false;
            rewriter[node.Result] = value;
            return true;
        });

        /// <summary>The slice of an old value; null if it cannot move before the value.</summary>
        private int? Push(Rewriter rewriter, int value, RowSlice slice)
        {
            if (_known.TryGetValue((value, slice), out var known))
                return known;
            var type = function.Types[value];
            if (slice.Stride is null && slice.Begin == Size.Constant(0) && slice.Count == type.Last)
                return rewriter[value];
            if (!function.Producers.TryGetValue(value, out var node))
                return null;

            // A slice that is far from its source stays where it is.
            if (_depth >= CompilerLimits.Depth)
                return null;
            _depth++;
            int? pushed = node.Kind switch
            {
                OpKind.Product => Product(rewriter, node, slice),
                OpKind.Elementwise => Elementwise(rewriter, node, slice),
                OpKind.View when type.IsRows => View(rewriter, node, slice),
                OpKind.Slice => Push(rewriter, node.Operands[0], slice with { Begin = node.SizeOf("begin") + slice.Begin }),
                OpKind.Source when node.Op == "weight" && type.Rank == 1 => Weight(rewriter, node, slice),
                _ => null,
            };
            _depth--;
            if (pushed is { } result)
                _known.Add((value, slice), result);
            return pushed;
        }

        private int? Product(Rewriter rewriter, Node node, RowSlice slice) =>
            function.Producers.TryGetValue(node.Operands[1], out var weight) && weight.Op == "weight"
                ? rewriter.Builder.Add(node.Op, [rewriter[node.Operands[0]], Weight(rewriter, weight, slice)], origin: node.Origin)
                : null;

        private int? Elementwise(Rewriter rewriter, Node node, RowSlice slice)
        {
            var operands = new List<int>();
            foreach (var operand in node.Operands)
            {
                // An operand with one element along the axis is the same for every slice.
                var last = function.Types[operand].Last;
                if (function.Types[operand].Rank == 0 || last == Size.One)
                    operands.Add(rewriter[operand]);
                else if (Push(rewriter, operand, slice) is { } pushed)
                    operands.Add(pushed);
                else
                    return null;
            }

            return rewriter.Builder.Add(node.Op, operands, node.Attributes, node.Origin);
        }

        /// <summary>
        /// The same elements in the shape before the view: a slice of each head is a slice of the row with a stride, and vice versa.
        /// </summary>
        private int? View(Rewriter rewriter, Node node, RowSlice slice)
        {
            var (from, to) = (function.Types[node.Operands[0]], function.Types[node.Result]);
            RowSlice? before = null;
            if (slice.Stride is not null)
                before = from.Last == slice.Stride && slice.Groups! * slice.Stride == from.Width ? new RowSlice(slice.Begin, slice.Count) : null;
            else if (from.Last == to.Last)
                before = slice;
            else if (from.Rank == 2)
                before = slice with { Stride = to.Last, Groups = Size.Product(to.Shape.Skip(1).Take(to.Rank - 2)) };
            if (before is null || Push(rewriter, node.Operands[0], before) is not { } pushed)
                return null;
            var type = to.WithLast(slice.Width);
            return rewriter.Builder.Add(node.Op, [pushed], type, [new("trailing", new ShapeValue(type.RowShape.ToEquatableArray()))], node.Origin);
        }

        private int Weight(Rewriter rewriter, Node node, RowSlice slice)
        {
            var whole = weights.First(weight => weight.Name == node.SymbolOf("name"));
            var wanted = whole with
            {
                Shape = whole.Shape.Skip(1).Prepend(slice.Width).ToEquatableArray(),
                Begin = slice.Begin,
                WholeRows = whole.Shape[0],
                GroupRows = slice.Stride is null ? null : slice.Count,
                RowStride = slice.Stride,
            };
            var part = weights.FirstOrDefault(weight => weight with { Name = wanted.Name } == wanted);
            if (part is null)
            {
                var name = UniqueName.Take(whole.Name + Ending, name => weights.All(weight => weight.Name != name));
                weights.Add(part = wanted with { Name = name });
            }

            return rewriter.Builder.Add(node.Op, [], new TensorType(DType.F32, part.Shape), [new("name", new SymbolValue(part.Name))], node.Origin);
        }
    }
}
