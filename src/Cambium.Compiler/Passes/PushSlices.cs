using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Takes a run of a result where it is made: of a product by a run of its weight's rows, of an elementwise result by runs of the
/// operands. A checkpoint that keeps several matrices in one tensor then gives the kernels of one that does not.
/// </summary>
internal static class PushSlices
{
    public static Module Run(Module module)
    {
        var weights = module.Weights.ToList();
        var functions = module.Functions.Select(function => new Pusher(function, weights).Run()).ToList();
        return module with { Functions = functions, Weights = weights };
    }

    /// <summary>Elements of a row: of the last axis <paramref name="Count"/> from <paramref name="Begin"/> on; or, with a stride, as many of each of so many groups of a row that has no axis of them.</summary>
    private sealed record RowRun(Size Begin, Size Count, Size? Stride = null, Size? Groups = null)
    {
        public Size Width => Groups is null ? Count : Groups * Count;
    }

    private sealed class Pusher(Function function, List<WeightInfo> weights)
    {
        private readonly Dictionary<(int Value, RowRun Run), int> _known = [];

        public Function Run() => new Rewriter(function).Run((rewriter, node) =>
        {
            if (node.Kind != OpKind.Slice || Push(rewriter, node.Operands[0], new RowRun(node.SizeOf("begin"), node.SizeOf("count"))) is not { } value)
                return false;
            rewriter[node.Result] = value;
            return true;
        });

        /// <summary>The run of an old value, or null where it has to be taken of the finished one.</summary>
        private int? Push(Rewriter rewriter, int value, RowRun run)
        {
            if (_known.TryGetValue((value, run), out var known))
                return known;
            var type = function.Types[value];
            if (run.Stride is null && run.Begin == Size.Constant(0) && run.Count == type.Last)
                return rewriter[value];
            if (!function.Producers.TryGetValue(value, out var node))
                return null;

            int? pushed = node.Kind switch
            {
                OpKind.Product => Product(rewriter, node, run),
                OpKind.Elementwise => Elementwise(rewriter, node, run),
                OpKind.View when type.IsRows => View(rewriter, node, run),
                OpKind.Slice => Push(rewriter, node.Operands[0], run with { Begin = node.SizeOf("begin") + run.Begin }),
                OpKind.Source when node.Op == "weight" && type.Rank == 1 => Weight(rewriter, node, run),
                _ => null,
            };
            if (pushed is { } result)
                _known.Add((value, run), result);
            return pushed;
        }

        private int? Product(Rewriter rewriter, Node node, RowRun run) =>
            function.Producers.TryGetValue(node.Operands[1], out var weight) && weight.Op == "weight"
                ? rewriter.Builder.Add(node.Op, [rewriter[node.Operands[0]], Weight(rewriter, weight, run)], origin: node.Origin)
                : null;

        private int? Elementwise(Rewriter rewriter, Node node, RowRun run)
        {
            var operands = new List<int>();
            foreach (var operand in node.Operands)
            {
                // What is one number along the axis is the same for every run of it.
                var last = function.Types[operand].Last;
                if (function.Types[operand].Rank == 0 || last == Size.One)
                    operands.Add(rewriter[operand]);
                else if (Push(rewriter, operand, run) is { } pushed)
                    operands.Add(pushed);
                else
                    return null;
            }

            return rewriter.Builder.Add(node.Op, operands, node.Attributes, node.Origin);
        }

        /// <summary>The same elements under the shape behind the view: a run of each head of a row is a run of the row with a stride, and the other way round.</summary>
        private int? View(Rewriter rewriter, Node node, RowRun run)
        {
            var (from, to) = (function.Types[node.Operands[0]], function.Types[node.Result]);
            RowRun? before = null;
            if (run.Stride is not null)
                before = from.Last == run.Stride && run.Groups! * run.Stride == from.Width ? new RowRun(run.Begin, run.Count) : null;
            else if (from.Last == to.Last)
                before = run;
            else if (from.Rank == 2)
                before = run with { Stride = to.Last, Groups = Size.Product(to.Shape.Skip(1).Take(to.Rank - 2)) };
            if (before is null || Push(rewriter, node.Operands[0], before) is not { } pushed)
                return null;
            var type = to.WithLast(run.Width);
            return rewriter.Builder.Add(node.Op, [pushed], type, [new("trailing", new ShapeValue(type.RowShape.ToEquatableArray()))], node.Origin);
        }

        private int Weight(Rewriter rewriter, Node node, RowRun run)
        {
            var whole = weights.First(weight => weight.Name == node.SymbolOf("name"));
            var wanted = whole with
            {
                Shape = whole.Shape.Skip(1).Prepend(run.Width).ToEquatableArray(),
                Begin = run.Begin,
                WholeRows = whole.Shape[0],
                GroupRows = run.Stride is null ? null : run.Count,
                RowStride = run.Stride,
            };
            var part = weights.FirstOrDefault(weight => weight with { Name = wanted.Name } == wanted);
            if (part is null)
            {
                var name = UniqueName.Take(whole.Name + "Part", name => weights.All(weight => weight.Name != name));
                weights.Add(part = wanted with { Name = name });
            }

            return rewriter.Builder.Add(node.Op, [], new TensorType(DType.F32, part.Shape), [new("name", new SymbolValue(part.Name))], node.Origin);
        }
    }
}
