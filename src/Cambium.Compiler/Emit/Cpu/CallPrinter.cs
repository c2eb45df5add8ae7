using Cambium.Compiler.Plan;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints a call of a skeleton whose last arguments are the structs of its slots.</summary>
internal static class CallPrinter
{
    /// <param name="value">Prints the value of a field.</param>
    /// <param name="rest">Arguments after the structs, with the comma before them.</param>
    public static void Print(CodeWriter writer, string call, IReadOnlyList<SlotPlan> slots, Func<FieldSource, string> value, string rest = "")
    {
        if (slots.Count == 0)
        {
            writer.Line($"{call}{rest});");
            return;
        }

        writer.Line(call + ",");
        using (writer.Indent())
        {
            for (var i = 0; i < slots.Count; i++)
            {
                var end = i < slots.Count - 1 ? "," : rest + ");";
                if (slots[i].Fields.Count == 0)
                {
                    writer.Line($"new {slots[i].Name}(){end}");
                    continue;
                }

                using (writer.Block($"new {slots[i].Name}", "}" + end))
                {
                    foreach (var field in slots[i].Fields)
                        writer.Line($"{field.Name} = {value(field.Source)},");
                }
            }
        }
    }
}
