using Cambium.Compiler.Kernels;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints the structs that fill the slots of one kernel's skeleton.</summary>
internal sealed class KernelEmitter(CodeWriter writer, ProgramPlan plan, FunctionPlan function, KernelPlan kernel)
{
    public void Emit()
    {
        foreach (var slot in kernel.Slots)
        {
            var text = new SlotText(plan, function, slot);
            using (writer.Block($"private struct {slot.Name} : {RuntimeNames.Cpu}{InterfaceOf(slot.Kind)}"))
            {
                foreach (var field in slot.Fields)
                    writer.Line($"public {LaunchText.TypeOf(field.Source.Type)} {field.Name};");
                if (slot.Fields.Count > 0)
                    writer.Line();
                Body(slot, text);
            }

            writer.Line();
        }
    }

    private static string InterfaceOf(SlotKind kind) => kind switch
    {
        SlotKind.Row => "IRowKernel",
        SlotKind.Prologue => "IPrologue",
        SlotKind.Epilogue => "IEpilogue",
        SlotKind.Score => "IScore",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such slot"),
    };

    private void Body(SlotPlan slot, SlotText text)
    {
        switch ((slot.Kind, kernel.Kernel))
        {
            case (SlotKind.Row, GatherKernel gather):
                Rows(text, gather.After!, "public void Row<V>(int row)");
                break;
            case (SlotKind.Row, RowwiseKernel rowwise):
                Rows(text, rowwise.Program, "public void Row<V>(int row)");
                break;
            case (SlotKind.Prologue, MatmulKernel matmul):
                Rows(text, matmul.Prologue!, "public void Prepare<V>(int row, float* x)", "x", matmul.Input);
                break;
            case (SlotKind.Epilogue, MatmulKernel matmul):
                Epilogue(slot, text, matmul);
                break;
            case (SlotKind.Score, AttendKernel attend):
                using (Method("public V Apply<V>(V score, V keyPosition, float queryPosition, int head)"))
                    new ScorePrinter(writer, text, attend.Tables).Print(kernel.Score!);
                writer.Line();
                using (Method("public V ApplyWithoutPosition<V>(V score, int head)"))
                    new ScorePrinter(writer, text, attend.Tables).Print(kernel.PositionFreeScore!);
                break;
            default:
                throw new InvalidOperationException($"{kernel.Kernel.GetType().Name} has no slot '{slot.Kind}'");
        }
    }

    private IDisposable Method(string header)
    {
        writer.Line(header);
        using (writer.Indent())
            writer.Line($"where V : unmanaged, {RuntimeNames.Cpu}ILanes<V>");
        return writer.Block(null);
    }

    private void Rows(SlotText text, RowProgram program, string header, string? prepared = null, int preparedValue = -1)
    {
        using (Method(header))
        {
            var width = text.Size(program.Width!);
            if (program.Groups == Size.One)
            {
                new RowProgramPrinter(writer, text, program, width, null, prepared, preparedValue).Print();
                return;
            }

            using (writer.Block($"for (var group = 0; group < {text.Size(program.Groups)}; group++)"))
            {
                if (prepared is not null || RowProgramPrinter.NeedsOffset(program))
                    writer.Line($"var offset = (nint)group * {width};");
                new RowProgramPrinter(writer, text, program, width, "offset",
                    prepared is null ? null : $"{prepared} + offset", preparedValue).Print();
            }
        }
    }

    private void Epilogue(SlotPlan slot, SlotText text, MatmulKernel matmul)
    {
        var segments = matmul.Segments;
        var methods = NameTable.Of([slot.Name, "Finish", "V", .. slot.Fields.Select(static field => field.Name)]);
        string[] names = [.. segments.Select(segment => methods.Take("Finish" + ProgramNames.NameOf(plan.Module, segment.Parts)))];
        using (Method("public void Finish<V>(int segment, int group, int row, float* product, int partStride)"))
        {
            if (segments.Count == 1)
            {
                Segment(text, segments[0], 0);
                return;
            }

            writer.Switch("segment", segments.Count, index => writer.Line($"{names[index]}<V>(group, row, product, partStride);"));
        }

        for (var i = 0; i < segments.Count; i++)
        {
            writer.Line();
            using (Method($"private void {names[i]}<V>(int group, int row, float* product, int partStride)"))
                Segment(text, segments[i], i);
        }
    }

    private void Segment(SlotText text, Segment segment, int index)
    {
        if (segment.Epilogue.Width is { } group)
        {
            var width = text.Size(group);
            if (RowProgramPrinter.NeedsOffset(segment.Epilogue))
                writer.Line($"var offset = (nint)group * {width};");
            new RowProgramPrinter(writer, text, segment.Epilogue, width, "offset").Print();
            return;
        }

        // The skeleton chooses how many columns it finishes at once; the last slice may be shorter.
        var columns = text.Field(new FieldSource.Columns(index));
        writer.Line($"var offset = (nint)group * {columns};");
        writer.Line($"var width = int.Min({columns}, {text.Size(segment.Outputs)} - (int)offset);");
        new RowProgramPrinter(writer, text, segment.Epilogue, "width", "offset").Print();
    }
}
