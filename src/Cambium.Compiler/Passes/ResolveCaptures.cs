using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Removes operands of loops that are not carried values: unused ones, and those that depend only on constants and weights, which the body
/// computes itself.
/// </summary>
internal static class ResolveCaptures
{
    public static Module Run(Module module)
    {
        var functions = module.Functions.ToDictionary(static function => function.Name, StringComparer.Ordinal);
        var budget = new NodeBudget("each loop computes the values from weights that it reads");
        for (var i = 0; i < module.Functions.Count; i++)
        {
            var outer = functions[module.Functions[i].Name];
            var parameters = ComputeParameters.ParametersOf(outer);
            functions[outer.Name] = new Rewriter(outer).Run((rewriter, node) => Replace(functions, outer, parameters, rewriter, node, budget));
        }

        return module with { Functions = [.. module.Functions.Select(function => functions[function.Name])] };
    }

    private static bool Replace(
        Dictionary<string, Function> functions, Function outer, HashSet<int> parameters, Rewriter rewriter, Node node, NodeBudget budget)
    {
        if (node.Op != "loop")
            return false;

        var body = functions[node.SymbolOf("body")];
        var builder = new FunctionBuilder(body.Name);
        var map = new Dictionary<int, int>();
        var operands = new List<int>();
        for (var i = 0; i < body.Parameters.Count; i++)
        {
            var parameter = body.Parameters[i];
            if (i < node.Results.Count || (!parameters.Contains(node.Operands[i]) && body.Uses.ContainsKey(parameter)))
            {
                map[parameter] = builder.Parameter(body.Types[parameter]);
                operands.Add(node.Operands[i]);
            }
        }

        var copied = new Dictionary<int, int>();
        for (var i = node.Results.Count; i < body.Parameters.Count; i++)
        {
            var parameter = body.Parameters[i];
            if (!map.ContainsKey(parameter) && body.Uses.ContainsKey(parameter))
                map[parameter] = builder.Copy(outer, node.Operands[i], copied);
        }

        foreach (var inner in body.Nodes)
        {
            IReadOnlyList<TensorType> types = [.. inner.Results.Select(result => body.Types[result])];
            var results = builder.Add(inner.Op, [.. inner.Operands.Select(operand => map[operand])], types, inner.Attributes, inner.Origin);
            for (var i = 0; i < results.Count; i++)
                map[inner.Results[i]] = results[i];
        }

        functions[body.Name] = budget.Add(builder.Build([.. body.Returns.Select(value => map[value])]));
        IReadOnlyList<TensorType> carried = [.. node.Results.Select(result => outer.Types[result])];
        var values = rewriter.Builder.Add(node.Op, [.. operands.Select(operand => rewriter[operand])], carried, node.Attributes, node.Origin);
        for (var i = 0; i < values.Count; i++)
            rewriter[node.Results[i]] = values[i];
        return true;
    }
}
