using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>Prints the formula of a weight that is computed from others when a checkpoint is loaded.</summary>
internal static class FormulaEmitter
{
    private const string Parameter = RuntimeNames.Parameter;

    public static string Call(WeightInfo weight) => $"Compute{weight.Name}(reader, s{(weight.InStack ? ", layer" : "")})";

    public static void Emit(CodeWriter writer, Module module, WeightInfo weight)
    {
        var formula = module[weight.Name];
        var names = new Dictionary<int, string>();
        using (writer.Block($"private static {Parameter} Compute{weight.Name}({RuntimeNames.CheckpointReader} reader, Settings s{(weight.InStack ? ", int layer" : "")})"))
        {
            foreach (var node in formula.Nodes)
            {
                // A condition is printed at the choice that reads it.
                if (node.Op == "scalar" && formula.Nodes.Any(reader => reader.Op == "choose" && reader.Operands[0] == node.Result))
                    continue;
                var name = names[node.Result] = "p" + names.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
                writer.Line($"var {name} = {Value(module, formula, node, names)};");
            }

            writer.Line($"return {names[formula.Returns[0]]};");
        }
    }

    private static string Value(Module module, Function formula, Node node, Dictionary<int, string> names)
    {
        var operands = node.Operands.Select(operand => names.TryGetValue(operand, out var name) ? name : "").ToList();
        var shape = $"[{string.Join(", ", formula.Types[node.Result].Shape.Select(static size => CSharp.Size(size)))}]";
        switch (node.Op)
        {
            case "weight":
                var info = module.Weight(node.SymbolOf("name"));
                var read = $"{Parameter}.Read(reader, {TensorText.PathOf(module, info)}, {TensorText.ShapeOf(info)}{TensorText.SliceOf(info)}){(info.IsTransposed ? ".Transpose()" : "")}";
                return info.When is null ? read : $"s.{info.When} ? {read} : {Parameter}.Zeros({shape})";
            case "scalar":
                return $"{Parameter}.Of({HostText.Number(node["value"]!.AsNumber()!)})";
            case "range":
                return $"{Parameter}.Range({CSharp.Size(node.SizeOf("count"))})";
            case "choose":
                return $"{HostText.Condition(formula.Producers[node.Operands[0]]["value"]!.AsNumber()!)} ? {operands[1]} : {operands[2]}";
            case "mean":
                return $"{operands[0]}.Mean()";
            case "sum":
                return $"{operands[0]}.Sum()";
            case "reduce_max":
                return $"{operands[0]}.MaximumOf()";
            case "reshape":
                return $"{operands[0]}.Reshape({shape})";
            case "slice":
                return $"{operands[0]}.Slice({CSharp.Size(node.SizeOf("begin"))}, {CSharp.Size(node.SizeOf("count"))})";
            case "concat":
                return $"{Parameter}.Concat({string.Join(", ", operands)})";
            case "matmul":
                return $"{operands[0]}.MatMul({operands[1]})";
            case "transpose":
                return $"{operands[0]}.Transpose()";
        }

        if (OpCatalog.KindOf(node) != OpKind.Elementwise)
            throw new InvalidOperationException($"'{node.Op}' takes rows, so it cannot be in a formula of weights");
        string[] letters = ["a", "b", "c"];
        var arguments = letters.Take(operands.Count).ToList();
        return $"{Parameter}.Map({string.Join(", ", operands)}, static {(arguments.Count == 1 ? "a" : $"({string.Join(", ", arguments)})")} => {CSharp.Trim(OpText.Scalar(node.Op, arguments))})";
    }
}
