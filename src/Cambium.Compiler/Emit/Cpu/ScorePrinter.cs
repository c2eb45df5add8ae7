using Cambium.Compiler.Ops;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints a score function as the body of a method over vectors of keys.</summary>
internal sealed class ScorePrinter(CodeWriter writer, SlotText text, IReadOnlyDictionary<int, string> tables)
{
    private readonly Dictionary<int, string> _locals = [];
    private readonly NameTable _names = NameTable.Of("score", "keyPosition", "queryPosition", "head");

    public void Print(ScoreProgram score)
    {
        foreach (var let in score.Lets)
        {
            var value = CSharp.Trim(Text(let.Value));
            var wanted =
                let.Value is ScalarExpression.Apply { Op: not "choose" } apply ? Identifiers.Camel(OpCatalog.Get(apply.Op).Method!) : "value";
            writer.Line($"var {_locals[let.Local] = _names.Take(wanted)} = {value};");
        }

        writer.Line($"return {CSharp.Trim(Text(score.Result))};");
    }

    private string Text(ScalarExpression expression)
    {
        switch (expression)
        {
            case ScalarExpression.Local local:
                return _locals[local.Index];
            case ScalarExpression.Input { Name: "score" }:
                return "score";
            case ScalarExpression.Input { Name: "key" }:
                return "keyPosition";
            case ScalarExpression.Input { Name: "query" }:
                return "V.Broadcast(queryPosition)";
            case ScalarExpression.Input { Name: "head" }:
                return "V.Broadcast(head)";
            case ScalarExpression.Lookup { Indices: [ScalarExpression.Input { Name: "head" }] } lookup:
                return $"V.Broadcast({text.Weight(tables[lookup.Operand])}[head])";
            case ScalarExpression.Lookup lookup:
                var table = tables[lookup.Operand];
                var sizes = lookup.Indices.Select((_, axis) => text.Axis(table, axis));
                var indices = lookup.Indices.Select(index => CSharp.Trim(Text(index)));
                return $"{RuntimeNames.Cpu}Functions.LookUp({string.Join(", ", sizes.Prepend(text.Weight(table)).Concat(indices))})";
            case var uniform when ScoreProgram.IsUniform(uniform):
                return $"V.Broadcast({text.Constant(uniform)})";
            case ScalarExpression.Apply apply:
                return OpText.Print(apply, Dialect.Lanes, Text, text.Condition);
            default:
                throw new InvalidOperationException(expression.ToString());
        }
    }
}
