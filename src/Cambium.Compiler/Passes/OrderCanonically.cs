using Cambium.Compiler.Collections;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Puts nodes into depth-first post-order from the results, operands left to right. So the result does not depend on the order of independent
/// statements in the source. Removes unused nodes and merges equal ones (CSE).
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

        var read = functions
            .SelectMany(static function => function.Nodes)
            .Where(static node => node.Op == "weight")
            .Select(static node => node.SymbolOf("name"));
        var weights = new HashSet<string>(read, StringComparer.Ordinal);
        foreach (var weight in module.Weights.Where(weight => weight.TiedTo is not null && weights.Contains(weight.Name)).ToList())
            weights.Add(weight.TiedTo!);
        return module with { Functions = functions, Weights = [.. module.Weights.Where(weight => weights.Contains(weight.Name))] };
    }

    private static Function Order(Function function)
    {
        var rewriter = new Rewriter(function);
        var done = new HashSet<int>();
        var known = new Dictionary<(string Op, EquatableArray<int> Operands, EquatableArray<NodeAttribute> Attributes,
            EquatableArray<TensorType> Types), IReadOnlyList<int>>();

        IReadOnlyList<int>? OperandsOf(int value) => done.Add(value) && function.Producers.TryGetValue(value, out var node) ? node.Operands : null;

        void Emit(int value)
        {
            var node = function.Producers[value];
            foreach (var result in node.Results)
                done.Add(result);

            // An append is an effect of one call of attention, so two calls never share it.
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
            DepthFirst.Visit(value, OperandsOf, Emit);

        // A tap of an unused value is removed: taps never cause computation.
        foreach (var tap in function.Nodes.Where(node => node.Kind == OpKind.Tap))
        {
            if (done.Contains(tap.Operands[0]) || function.Parameters.Contains(tap.Operands[0]))
                rewriter.Copy(tap);
        }

        return rewriter.Finish(function.Returns);
    }
}
