using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// Turns values that depend only on weights, dims and options into computed weights: they are computed once when a checkpoint is loaded, and
/// not per row in a kernel. Products, tables and scores read them like other weights.
/// </summary>
internal static class ComputeParameters
{
    public static Module Run(Module module)
    {
        var (weights, formulas) = (module.Weights.ToList(), new List<Function>());
        var names = weights.Select(static weight => weight.Name).Concat(module.Functions.Select(static function => function.Name));
        var taken = new HashSet<string>(names, StringComparer.Ordinal);
        var budget = new NodeBudget("each value that is computed from weights has a formula of its own");
        var functions = module.Functions.Select(function =>
        {
            var parameters = ParametersOf(function);
            var readInStep = new HashSet<int>(function.Returns.Concat(
                function.Nodes.Where(reader => !IsComputed(function, reader, parameters)).SelectMany(static reader => reader.Operands)));
            return new Rewriter(function).Run((rewriter, node) =>
            {
                // A value that only other computed parameters read is a part of their formulas.
                if (!IsComputed(function, node, parameters) || !readInStep.Contains(node.Result))
                    return false;
                var weight = Formula(module, function, node, taken, formulas, budget);
                weights.Add(weight);
                rewriter[node.Result] = rewriter.Builder.Add(
                    "weight",
                    [],
                    function.Types[node.Result],
                    [new("name", new SymbolValue(weight.Name))],
                    node.Origin);
                return true;
            });
        }).ToList();
        return module with { Functions = [.. functions, .. formulas], Weights = weights };
    }

    private static bool IsComputed(Function function, Node node, HashSet<int> parameters) =>
        node.Results.Count == 1 && node.Op != "weight" && function.Types[node.Result] is { IsRows: false, Rank: > 0 }
            && parameters.Contains(node.Result);

    /// <summary>The values that depend only on weights, dims and options.</summary>
    public static HashSet<int> ParametersOf(Function function)
    {
        var parameters = new HashSet<int>();
        foreach (var node in function.Nodes.Where(node => node.Kind != OpKind.Control && node.Operands.All(parameters.Contains)))
            parameters.UnionWith(node.Results.Where(result => !function.Types[result].IsRows));
        return parameters;
    }

    private static WeightInfo Formula(Module module, Function function, Node node, HashSet<string> taken, List<Function> formulas, NodeBudget budget)
    {
        var scratch = new FunctionBuilder("");
        var body = budget.Add(scratch.Build([scratch.Copy(function, node.Result, [])]));
        var read = body.Nodes.Where(static inner => inner.Op == "weight").Select(inner => module.Weight(inner.SymbolOf("name"))).ToList();
        var name = UniqueName.Take((read.Count > 0 ? read[0].Name : "Values") + "Computed", taken.Add);
        formulas.Add(body with { Name = name });

        var isInStack = read.Any(static weight => weight.InStack) || body.Nodes.Any(ReadsLayer);
        return new WeightInfo(name, isInStack ? "{i}" : "", function.Types[node.Result].Shape, null, null, null) { IsComputed = true };
    }

    private static bool ReadsLayer(Node node) =>
        node["value"] is ScoreValue score && score.Body.Walk().Any(static part => part is ScalarExpression.Input { Name: "layer" });
}
