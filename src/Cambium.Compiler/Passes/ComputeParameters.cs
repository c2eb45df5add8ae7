using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Passes;

/// <summary>
/// What follows from weights, dims and options alone becomes a weight of its own, computed once when a checkpoint is loaded. So
/// whatever reads a weight (a product, a table, a score) reads a computed one as well, and no kernel computes it again for each row.
/// </summary>
internal static class ComputeParameters
{
    public static Module Run(Module module)
    {
        var (weights, formulas) = (module.Weights.ToList(), new List<Function>());
        var taken = new HashSet<string>(weights.Select(static weight => weight.Name).Concat(module.Functions.Select(static function => function.Name)), StringComparer.Ordinal);
        var functions = module.Functions.Select(function => new Rewriter(function).Run((rewriter, node) =>
        {
            // What only other parameters are made of is a part of their formulas.
            if (!IsComputed(function, node) || !(function.Returns.Contains(node.Result) || function.Nodes.Any(reader => reader.Operands.Contains(node.Result) && !IsComputed(function, reader))))
                return false;
            var weight = Formula(module, function, node, taken, formulas);
            weights.Add(weight);
            rewriter[node.Result] = rewriter.Builder.Add("weight", [], function.Types[node.Result], [new("name", new SymbolValue(weight.Name))], node.Origin);
            return true;
        })).ToList();
        return module with { Functions = [.. functions, .. formulas], Weights = weights };
    }

    private static bool IsComputed(Function function, Node node) =>
        node.Results.Count == 1 && node.Op != "weight" && function.Types[node.Result] is { IsRows: false, Rank: > 0 } && IsParameter(function, node.Result);

    /// <summary>Does a value follow from weights, dims and options alone?</summary>
    public static bool IsParameter(Function function, int value) =>
        !function.Types[value].IsRows && function.Producers.TryGetValue(value, out var node) && node.Kind != OpKind.Control && node.Operands.All(operand => IsParameter(function, operand));

    private static WeightInfo Formula(Module module, Function function, Node node, HashSet<string> taken, List<Function> formulas)
    {
        var scratch = new FunctionBuilder("");
        var body = scratch.Build([scratch.Copy(function, node.Result, [])]);
        var read = body.Nodes.Where(static inner => inner.Op == "weight").Select(inner => module.Weight(inner.SymbolOf("name"))).ToList();
        var name = UniqueName.Take((read.Count > 0 ? read[0].Name : "Values") + "Computed", taken.Add);
        formulas.Add(body with { Name = name });

        var isInStack = read.Any(static weight => weight.InStack)
            || body.Nodes.Any(static inner => inner["value"] is ScoreValue score && score.Body.Walk().Any(static part => part is ScalarExpression.Input { Name: "layer" }));
        return new WeightInfo(name, isInStack ? "{i}" : "", function.Types[node.Result].Shape, null, null, null) { IsComputed = true };
    }
}
