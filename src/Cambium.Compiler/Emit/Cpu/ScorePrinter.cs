using Cambium.Compiler.Kernels;
using Cambium.Compiler.Ops;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints a score function as the body of a method over lanes of keys. What occurs twice is computed once.</summary>
internal sealed class ScorePrinter(CodeWriter writer, KernelStruct kernel, AttendKernel attend)
{
    private readonly Dictionary<ScalarExpression, int> _uses = [];
    private readonly Dictionary<ScalarExpression, string> _locals = [];
    private readonly NameTable _names = NameTable.Of("score", "keyPosition", "queryPosition", "head");

    public void Print(ScalarExpression score)
    {
        Count(score);
        var text = Text(score);
        writer.Line($"return {CSharp.Trim(text)};");
    }

    private void Count(ScalarExpression expression)
    {
        _uses.TryGetValue(expression, out var uses);
        _uses[expression] = uses + 1;
        if (uses > 0)
            return;
        foreach (var part in expression.Parts)
            Count(part);
    }

    private string Text(ScalarExpression expression)
    {
        if (_locals.TryGetValue(expression, out var local))
            return local;
        var text = Whole(expression);
        if (_uses[expression] == 1 || !expression.Parts.Any() || IsConstant(expression))
            return text;
        local = _names.Take(expression is ScalarExpression.Apply { Op: not "choose" } apply ? CSharp.Camel(OpCatalog.Get(apply.Op).Method!) : "value");
        writer.Line($"var {local} = {CSharp.Trim(text)};");
        return _locals[expression] = local;
    }

    private string Whole(ScalarExpression expression)
    {
        switch (expression)
        {
            case ScalarExpression.Input { Name: "score" }:
                return "score";
            case ScalarExpression.Input { Name: "key" }:
                return "keyPosition";
            case ScalarExpression.Input { Name: "query" }:
                return "V.Broadcast(queryPosition)";
            case ScalarExpression.Input { Name: "head" }:
                return "V.Broadcast(head)";
            case ScalarExpression.Lookup { Indices: [ScalarExpression.Input { Name: "head" }] } lookup:
                return $"V.Broadcast({kernel.Weight(attend.Tables[lookup.Operand])}[head])";
            case ScalarExpression.Lookup lookup:
                var table = attend.Tables[lookup.Operand];
                var sizes = lookup.Indices.Select((_, axis) => kernel.Axis(table, axis));
                return $"Cpu.Functions.LookUp({string.Join(", ", sizes.Prepend(kernel.Weight(table)).Concat(lookup.Indices.Select(index => CSharp.Trim(Text(index)))))})";
            case var constant when IsConstant(constant):
                return $"V.Broadcast({kernel.Constant(constant)})";
            case ScalarExpression.Apply apply:
                return OpText.Print(apply, Dialect.Lanes, Text, kernel.Condition);
            default:
                throw new InvalidOperationException(expression.ToString());
        }
    }

    // The same for every score: computed where the kernel is called.
    private static bool IsConstant(ScalarExpression expression) => !expression.Walk().Any(static part => part is ScalarExpression.Input { Name: not "layer" } or ScalarExpression.Lookup);
}
