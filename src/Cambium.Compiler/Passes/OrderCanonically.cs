using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Puts nodes into depth-first post-order from the results, operands left to right. The order in which an author wrote
/// independent statements leaves no trace, unused nodes go, and equal nodes become one.
/// </summary>
internal static class OrderCanonically
{
    public static Module Run(Module module)
    {
        var live = new HashSet<string>(StringComparer.Ordinal);
        var functions = new List<Function>();
        var pending = new Queue<string>(module.Entries.Select(static entry => entry.Function));
        while (pending.Count > 0)
        {
            var name = pending.Dequeue();
            if (!live.Add(name))
                continue;
            var function = Order(module[name]);
            functions.Add(function);
            foreach (var body in function.Nodes.SelectMany(static node => node.Bodies))
                pending.Enqueue(body);
            foreach (var node in function.Nodes.Where(node => node.Op == "weight" && module.Weight(node.SymbolOf("name")).IsComputed))
                pending.Enqueue(node.SymbolOf("name"));
        }

        var weights = new HashSet<string>(functions.SelectMany(static function => function.Nodes).Where(static node => node.Op == "weight").Select(static node => node.SymbolOf("name")), StringComparer.Ordinal);
        foreach (var weight in module.Weights.Where(weight => weight.TiedTo is not null && weights.Contains(weight.Name)).ToList())
            weights.Add(weight.TiedTo!);
        return module with { Functions = functions, Weights = [.. module.Weights.Where(weight => weights.Contains(weight.Name))] };
    }

    private static Function Order(Function function)
    {
        var rewriter = new Rewriter(function);
        var done = new HashSet<int>();
        var known = new Dictionary<(string Op, EquatableArray<int> Operands, EquatableArray<NodeAttribute> Attributes, EquatableArray<TensorType> Types), IReadOnlyList<int>>();

        void Visit(int value)
        {
            if (!done.Add(value) || !function.Producers.TryGetValue(value, out var node))
                return;
            foreach (var operand in node.Operands)
                Visit(operand);
            foreach (var result in node.Results)
                done.Add(result);

            // An append is an effect at one call of attention; two calls never share it.
            if (node.Kind == OpKind.Append)
            {
                rewriter.Copy(node);
                return;
            }

            var key = (
                node.Op,
                node.Operands.Select(operand => rewriter[operand]).ToEquatableArray(),
                node.Attributes.ToEquatableArray(),
                node.Results.Select(result => function.Types[result]).ToEquatableArray());
            if (known.TryGetValue(key, out var same))
            {
                for (var i = 0; i < same.Count; i++)
                    rewriter[node.Results[i]] = same[i];
                return;
            }

            rewriter.Copy(node);
            known.Add(key, [.. node.Results.Select(result => rewriter[result])]);
        }

        foreach (var value in function.Returns)
            Visit(value);

        // A tap shows what is computed anyway; it keeps no dead value alive.
        foreach (var tap in function.Nodes.Where(node => node.Kind == OpKind.Tap && (done.Contains(node.Operands[0]) || function.Parameters.Contains(node.Operands[0]))))
            rewriter.Copy(tap);
        return rewriter.Finish(function.Returns);
    }
}
