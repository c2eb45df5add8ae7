using Cambium.Compiler.Graph;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>Prints the formula of a weight that is computed from others when a checkpoint is loaded.</summary>
internal static class FormulaEmitter
{
    private const string Parameter = RuntimeNames.Parameter;

    public static string Call(WeightInfo weight) => $"{MethodOf(weight)}(reader, s{(weight.InStack ? ", layer" : "")})";

    private static string MethodOf(WeightInfo weight) => Identifiers.Bounded("Compute" + weight.Name);

    public static void Emit(CodeWriter writer, Module module, WeightInfo weight)
    {
        var formula = module[weight.Name];
        var names = new Dictionary<int, string>();
        using (writer.Block(
            $"private static {Parameter} {MethodOf(weight)}({RuntimeNames.CheckpointReader} reader, "
                + $"Settings s{(weight.InStack ? ", int layer" : "")})"))
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
        var op = OpCatalog.Get(node.Op);
        var shape = $"[{string.Join(", ", formula.Types[node.Result].Shape.Select(static size => CSharp.Size(size)))}]";
        if (node.Op == "weight")
        {
            var info = module.Weight(node.SymbolOf("name"));
            var read =
                $"{Parameter}.Read(reader, {TensorText.PathOf(module, info)}, "
                    + $"{TensorText.ShapeOf(info)}{TensorText.SliceOf(info)}){(info.IsTransposed ? ".Transpose()" : "")}";
            return info.When is null ? read : $"s.{info.When} ? {read} : {Parameter}.Zeros({shape})";
        }

        if (node.Op == "scalar")
            return $"{Parameter}.Of({HostText.Number(node["value"]!.AsNumber()!)})";

        var operands =
            node.Operands.Select((operand, i) =>
                names.TryGetValue(operand, out var name) ? name : HostText.Condition(formula.Producers[operand]["value"]!.AsNumber()!)).ToList();
        if (op.AtLoad is { } template)
        {
            foreach (var attribute in node.Attributes)
                template = template.Replace($"{{{attribute.Name}}}", attribute.Value is SizeValue size ? CSharp.Size(size.Value) : "");
            return OpText.Fill(
                template.Replace("{operands}", string.Join(", ", operands)).Replace("{shape}", shape).Replace("Parameter.", Parameter + "."),
                operands);
        }

        if (op.Scalar?.Float is null)
            throw new InvalidOperationException($"'{node.Op}' takes rows, so it is not in a formula");
        string[] letters = ["a", "b", "c"];
        var arguments = letters.Take(operands.Count).ToList();
        return $"{Parameter}.Map({string.Join(", ", operands)}, static {(arguments.Count == 1 ? "a" : $"({string.Join(", ", arguments)})")} => "
            + $"{CSharp.Trim(OpText.Print(node.Op, Dialect.Float, arguments))})";
    }
}
