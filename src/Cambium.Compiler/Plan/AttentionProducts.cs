using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>The product with a weight that gives the keys or the values of an attention, before norm and rotation.</summary>
/// <param name="Weight">[heads * size, inputs]</param>
/// <param name="Bias">Added to the product; null for none.</param>
public sealed record AttentionProduct(string Weight, string? Bias);

/// <summary>
/// Finds these products as operands of the attention. Prefixes that bring rows for each layer (LLaMA-Adapter) get their keys and values by them.
/// </summary>
internal static class AttentionProducts
{
    /// <summary>The products of each site of an entry, by the index of the site.</summary>
    public static IReadOnlyList<(AttentionProduct? Keys, AttentionProduct? Values)> Of(Module module, KernelModule kernels, KernelFunction entry)
    {
        var products = new SortedDictionary<int, (AttentionProduct?, AttentionProduct?)>();
        foreach (var function in kernels.Reached(entry))
        {
            // Both are in the order of the function.
            AttendKernel[] attends = [.. function.Kernels.OfType<AttendKernel>().OrderBy(static attend => attend.Site.Index)];
            Node[] nodes = [.. module.Functions.Where(source => source.Name == function.Name).SelectMany(static source => source.Nodes)
                .Where(static node => node.Op == "attend")];
            for (var i = 0; i < attends.Length; i++)
            {
                products[attends[i].Site.Index] = nodes.Length == attends.Length
                    ? (Find(module[function.Name], nodes[i].Operands[1]), Find(module[function.Name], nodes[i].Operands[2]))
                    : default;
            }
        }

        return [.. products.Values];
    }

    // Every operand's way up must end at the same product.
    private static AttentionProduct? Find(Function function, int value)
    {
        var (found, bias) = (new HashSet<Node>(), default(string));
        var pending = new Stack<int>([value]);
        var seen = new HashSet<int>();
        while (pending.Count > 0)
        {
            var at = pending.Pop();
            if (!seen.Add(at) || !function.Types[at].IsRows)
                continue;
            if (!function.Producers.TryGetValue(at, out var node) || node.Kind == Ops.OpKind.Control)
                return null;
            if (node.Op == "linear")
            {
                found.Add(node);
                continue;
            }

            if (node.Op == "add" && BiasOf(function, node) is { } name)
                bias = name;
            foreach (var operand in node.Operands)
                pending.Push(operand);
        }

        return found.Count == 1 && WeightOf(function, found.Single().Operands[1]) is { } weight ? new AttentionProduct(weight, bias) : null;
    }

    // The weight that is added to a product right away.
    private static string? BiasOf(Function function, Node add)
    {
        for (var i = 0; i < 2; i++)
        {
            if (function.Producers.TryGetValue(add.Operands[i], out var product) && product.Op == "linear")
                return WeightOf(function, add.Operands[1 - i]);
        }

        return null;
    }

    private static string? WeightOf(Function function, int value) =>
        function.Producers.TryGetValue(value, out var node) && node.Op == "weight" ? node.SymbolOf("name") : null;
}
