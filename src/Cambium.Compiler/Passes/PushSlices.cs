using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Spec;

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

    private sealed class Pusher(Function function, List<WeightInfo> weights)
    {
        private readonly Dictionary<(int Value, Size Begin, Size Count), int> _known = [];

        public Function Run() => new Rewriter(function).Run((rewriter, node) =>
        {
            if (OpCatalog.KindOf(node) != OpKind.Slice || Push(rewriter, node.Operands[0], node.SizeOf("begin"), node.SizeOf("count")) is not { } value)
                return false;
            rewriter[node.Result] = value;
            return true;
        });

        /// <summary>The run of an old value, or null where it has to be taken of the finished one.</summary>
        private int? Push(Rewriter rewriter, int value, Size begin, Size count)
        {
            if (_known.TryGetValue((value, begin, count), out var known))
                return known;
            var type = function.Types[value];
            if (begin == Size.Constant(0) && count == type.Last)
                return rewriter[value];
            if (!function.Producers.TryGetValue(value, out var node))
                return null;

            int? pushed = OpCatalog.KindOf(node) switch
            {
                OpKind.Product => Product(rewriter, node, begin, count),
                OpKind.Elementwise => Elementwise(rewriter, node, begin, count),
                OpKind.Slice => Push(rewriter, node.Operands[0], node.SizeOf("begin") + begin, count),
                OpKind.Source when node.Op == "weight" && type.Rank == 1 => Weight(rewriter, node, begin, count),
                _ => null,
            };
            if (pushed is { } result)
                _known.Add((value, begin, count), result);
            return pushed;
        }

        private int? Product(Rewriter rewriter, Node node, Size begin, Size count) =>
            function.Producers.TryGetValue(node.Operands[1], out var weight) && weight.Op == "weight"
                ? rewriter.Builder.Add(node.Op, [rewriter[node.Operands[0]], Weight(rewriter, weight, begin, count)], origin: node.Origin)
                : null;

        private int? Elementwise(Rewriter rewriter, Node node, Size begin, Size count)
        {
            var operands = new List<int>();
            foreach (var operand in node.Operands)
            {
                // What is one number along the axis is the same for every run of it.
                var last = function.Types[operand].Last;
                if (function.Types[operand].Rank == 0 || last == Size.One)
                    operands.Add(rewriter[operand]);
                else if (Push(rewriter, operand, begin, count) is { } run)
                    operands.Add(run);
                else
                    return null;
            }

            return rewriter.Builder.Add(node.Op, operands, node.Attributes, node.Origin);
        }

        private int Weight(Rewriter rewriter, Node node, Size begin, Size count)
        {
            var whole = weights.First(weight => weight.Name == node.SymbolOf("name"));
            var part = weights.FirstOrDefault(weight => weight.Path == whole.Path && weight.Begin == (whole.Begin ?? Size.Constant(0)) + begin && weight.Shape[0] == count);
            if (part is null)
            {
                var name = whole.Name + "Part";
                for (var number = 1; weights.Any(weight => weight.Name == name); number++)
                    name = whole.Name + "Part" + (number + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
                part = whole with
                {
                    Name = name,
                    Shape = whole.Shape.Skip(1).Prepend(count).ToEquatableArray(),
                    Begin = (whole.Begin ?? Size.Constant(0)) + begin,
                    WholeRows = whole.WholeRows ?? whole.Shape[0],
                };
                weights.Add(part);
            }

            return rewriter.Builder.Add(node.Op, [], new TensorType(DType.F32, part.Shape), [new("name", new SymbolValue(part.Name))], node.Origin);
        }
    }
}
