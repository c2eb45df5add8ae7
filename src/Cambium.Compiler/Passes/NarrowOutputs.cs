using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Selects the rows whose results are wanted directly after the last op that needs all rows, so the ops after it (a final norm, the head) run
/// only for the selected rows. The rows of these ops are independent, so no value changes.
/// </summary>
internal static class NarrowOutputs
{
    public static Module Run(Module module)
    {
        return module with { Functions = [.. module.Functions.Select(function => module.IsEntry(function.Name) ? Narrow(function) : function)] };
    }

    private static Function Narrow(Function entry)
    {
        var rewriter = new Rewriter(entry);
        var narrowed = new Dictionary<int, int>();

        // The function is copied with all rows. The copies for the selected rows are added to it, and a later pass removes dead nodes.
        foreach (var node in entry.Nodes)
            rewriter.Copy(node);
        return rewriter.Builder.Build([.. entry.Returns.Select(value => Narrow(entry, rewriter, narrowed, value))]);
    }

    private static int Narrow(Function entry, Rewriter rewriter, Dictionary<int, int> narrowed, int value)
    {
        DepthFirst.Visit(value, OperandsOf, next =>
        {
            var node = entry.Producers[next];
            var operands = node.Operands.Select(Narrowed).ToList();
            var results = rewriter.Builder.Add(node.Op, operands, [.. node.Results.Select(result => entry.Types[result].WithRows(Size.Outputs))],
                node.Attributes, node.Origin);
            for (var i = 0; i < results.Count; i++)
                narrowed.Add(node.Results[i], results[i]);
        });
        return Narrowed(value);

        IReadOnlyList<int>? OperandsOf(int next)
        {
            if (!HasAllRows(next) || narrowed.ContainsKey(next))
                return null;
            var node = entry.Producers.TryGetValue(next, out var producer) ? producer : null;
            if (node is not null && IsRowLocal(node.Kind))
                return node.Operands;
            narrowed.Add(next, rewriter.Builder.Add("select", [rewriter[next]], origin: node?.Origin));
            return null;
        }

        int Narrowed(int next) => HasAllRows(next) ? narrowed[next] : rewriter[next];

        bool HasAllRows(int next) => entry.Types[next].IsRows && entry.Types[next].Shape[0] != Size.Outputs;
    }

    // A rotation needs the positions of its rows and a gather needs their tokens, which exist only for all rows.
    private static bool IsRowLocal(OpKind kind) =>
        kind is OpKind.Elementwise or OpKind.Reduction or OpKind.View or OpKind.Slice or OpKind.Arrange or OpKind.MatrixProduct or OpKind.Product;
}
