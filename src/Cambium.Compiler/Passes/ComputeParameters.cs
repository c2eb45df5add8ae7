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
        var functions = module.Functions.Select(function => new Rewriter(function).Run((rewriter, node) =>
        {
            // A value that only other computed parameters read is a part of their formulas.
            if (!IsComputed(function, node) || !IsReadInStep(function, node))
                return false;
            var weight = Formula(module, function, node, taken, formulas);
            weights.Add(weight);
            rewriter[node.Result] = rewriter.Builder.Add(
                "weight",
                [],
                function.Types[node.Result],
                [new("name", new SymbolValue(weight.Name))],
                node.Origin);
            return true;
        })).ToList();
        return module with { Functions = [.. functions, .. formulas], Weights = weights };
    }

    private static bool IsComputed(Function function, Node node) =>
        node.Results.Count == 1 && node.Op != "weight" && function.Types[node.Result] is { IsRows: false, Rank: > 0 } && IsParameter(
            function,
            node.Result);

    private static bool IsReadInStep(Function function, Node node) =>
        function.Returns.Contains(node.Result)
            || function.Nodes.Any(reader => reader.Operands.Contains(node.Result) && !IsComputed(function, reader));

    /// <summary>Whether a value depends only on weights, dims and options.</summary>
    public static bool IsParameter(Function function, int value) =>
        !function.Types[value].IsRows
        && function.Producers.TryGetValue(value, out var node)
        && node.Kind != OpKind.Control
        && node.Operands.All(operand => IsParameter(function, operand));

    private static WeightInfo Formula(Module module, Function function, Node node, HashSet<string> taken, List<Function> formulas)
    {
        var scratch = new FunctionBuilder("");
        var body = scratch.Build([scratch.Copy(function, node.Result, [])]);
        var read = body.Nodes.Where(static inner => inner.Op == "weight").Select(inner => module.Weight(inner.SymbolOf("name"))).ToList();
        var name = UniqueName.Take((read.Count > 0 ? read[0].Name : "Values") + "Computed", taken.Add);
        formulas.Add(body with { Name = name });

        var isInStack = read.Any(static weight => weight.InStack) || body.Nodes.Any(ReadsLayer);
        return new WeightInfo(name, isInStack ? "{i}" : "", function.Types[node.Result].Shape, null, null, null) { IsComputed = true };
    }

    private static bool ReadsLayer(Node node) =>
        node["value"] is ScoreValue score && score.Body.Walk().Any(static part => part is ScalarExpression.Input { Name: "layer" });
}
