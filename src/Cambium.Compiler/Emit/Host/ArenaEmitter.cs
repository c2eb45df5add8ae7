using System.Globalization;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Host;

/// <summary>
/// Prints the working memory of each entry point: one method computes the sizes and the offsets of its slots. Program instances keep the offsets.
/// </summary>
internal static class ArenaEmitter
{
    /// <summary>The address of a slot, in a method that has <c>step</c>.</summary>
    public static string Pointer(ArenaSlotPlan slot) => $"(float*)(step.Arena + _offsets[ArenaSlots.{slot.Name}])";

    public static void Fields(CodeWriter writer, ProgramPlan plan)
    {
        writer.Line($"private readonly long[] _offsets = new long[{SlotCount(plan)}];");
    }

    public static void Methods(CodeWriter writer, ProgramPlan plan)
    {
        writer.Line("/// <inheritdoc/>");
        writer.Line(
            "public override long ArenaBytes(int entry, int maxRows, int maxOutputs) => "
                + $"Layout(entry, _settings, maxRows, maxOutputs, stackalloc long[{SlotCount(plan)}]);");
        writer.Line();
        writer.Line("/// <summary>Lays out the working memory of an entry point for steps of at most these sizes. Returns its bytes.</summary>");
        writer.Line("/// <param name=\"offsets\">Receives the byte at which each slot begins.</param>");
        using (writer.Block($"private static long Layout(int entry, Settings s, int maxRows, int maxOutputs, {RuntimeNames.Span}<long> offsets)"))
        {
            writer.Line("long bytes = 0;");
            writer.Switch("entry", plan.Entries.Count, index =>
            {
                var slots = plan.Entries[index].Slots;
                for (var i = 0; i < slots.Count; i++)
                {
                    if (i > 0 || plan.Entries.Count == 1)
                        writer.Line();
                    Slot(writer, slots[i]);
                }
            });
            writer.Line();
            writer.Line("return bytes;");
        }

        writer.Line();
        Constants(writer, plan);
    }

    private static string SlotCount(ProgramPlan plan) => plan.Entries.Max(static entry => entry.Slots.Count).ToString(CultureInfo.InvariantCulture);

    private static void Slot(CodeWriter writer, ArenaSlotPlan plan)
    {
        var widths = plan.Slot.RowBytes.Select(CSharp.LongSize).ToList();
        var widest = widths.Aggregate(static (a, b) => $"long.Max({a}, {b})");
        writer.Line($"// {string.Join(", ", plan.Buffers)}");
        writer.Line($"offsets[ArenaSlots.{plan.Name}] = bytes;");
        writer.Line($"bytes += {RuntimeNames.Binding}.SlotBytes({(plan.Slot.Rows == Size.Outputs ? "maxOutputs" : "maxRows")}, {widest});");
    }

    private static void Constants(CodeWriter writer, ProgramPlan plan)
    {
        if (plan.Entries.All(static entry => entry.Slots.Count == 0))
            return;
        writer.Line("/// <summary>Slots of working memory, named after the first buffer in each.</summary>");
        using (writer.Block("private static class ArenaSlots"))
        {
            foreach (var slot in plan.Entries.SelectMany(static entry => entry.Slots))
                writer.Line($"public const int {slot.Name} = {slot.Slot.Index.ToString(CultureInfo.InvariantCulture)};");
        }

        writer.Line();
    }
}
