using System.Globalization;
using System.Text;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>A plan as text, for tests and for people.</summary>
public static class PlanText
{
    public static string Print(ProgramPlan plan)
    {
        var text = new StringBuilder();
        text.Append($"program {plan.Identity.Name} {plan.Identity.Hash}\n");
        foreach (var entry in plan.Entries)
            Print(text, entry);
        foreach (var function in plan.Functions)
            Print(text, plan, function);
        Print(text, plan.Weights);
        Print(text, plan.Load);
        return text.ToString();
    }

    private static void Print(StringBuilder text, EntryPlan entry)
    {
        text.Append(
            $"entry {entry.Info.Method} = {entry.Run}, {entry.Info.Rows.ToLowerInvariant()} rows of "
                + $"{entry.OutputWidth}{(entry.IsCausal ? "" : ", bidirectional")}\n");
        foreach (var input in entry.Inputs)
            text.Append($"  input {input.Name}: {(input.Width is null ? "ids" : $"floats [{input.Width}]")}{Limits(input.Limits)}\n");
        foreach (var result in entry.Results.Skip(1))
            text.Append($"  result {result.Name}: {result.Width}\n");
        if (entry.MaxPositions.Count > 0)
            text.Append($"  positions{Limits(entry.MaxPositions)}\n");
        for (var i = 0; i < entry.Sites.Count; i++)
        {
            var (attend, layers) = entry.Sites[i];
            text.Append($"  site {i}: {layers} x {attend.KvHeads} heads of {attend.KeySize}/{attend.ValueSize}\n");
        }

        foreach (var slot in entry.Slots)
            text.Append(
                $"  slot {slot.Name} = {slot.Slot.Index}: {slot.Slot.Rows} x {string.Join(" | ", slot.Slot.RowBytes)} bytes: "
                    + $"{string.Join(", ", slot.Buffers)}\n");

        static string Limits(IReadOnlyList<Size> limits) => limits.Count == 0 ? "" : " below " + string.Join(", ", limits);
    }

    private static void Print(StringBuilder text, ProgramPlan plan, FunctionPlan function)
    {
        text.Append($"function {function.Name}{(function.IsInLoop ? " by layer" : "")}\n");
        foreach (var copy in function.Copies)
            text.Append($"  copy input {copy.Index} [{copy.Width}] to {plan.BufferName(function.Function, copy.Buffer)}\n");
        Observations(text, plan, function, -1);
        for (var i = 0; i < function.Kernels.Count; i++)
        {
            var kernel = function.Kernels[i];
            text.Append($"  {(kernel.Name.Length > 0 ? kernel.Name : kernel.Kernel is LoopKernel ? "loop" : "branch")}\n");
            foreach (var slot in kernel.Slots)
            {
                text.Append($"    {slot.Kind.ToString().ToLowerInvariant()} {slot.Name}\n");
                foreach (var field in slot.Fields)
                    text.Append($"      {field.Source.Type.ToString().ToLowerInvariant()} {field.Name} = {Source(plan, function, field.Source)}\n");
            }

            if (kernel.Score is { } score)
            {
                foreach (var let in score.Lets)
                    text.Append($"    %{let.Local.ToString(CultureInfo.InvariantCulture)} = {let.Value}\n");
                text.Append($"    score {score.Result}\n");
            }

            Observations(text, plan, function, i);
        }
    }

    private static void Observations(StringBuilder text, ProgramPlan plan, FunctionPlan function, int afterKernel)
    {
        foreach (var point in function.Observations.Where(point => point.AfterKernel == afterKernel))
            text.Append($"  observe {point.Name} {plan.BufferName(function.Function, point.Buffer)} [{point.Rows}, {point.Width}]\n");
    }

    private static string Source(ProgramPlan plan, FunctionPlan function, FieldSource source) =>
        source is FieldSource.Buffer buffer ? plan.BufferName(function.Function, buffer.Value) : source.ToString();

    private static void Print(StringBuilder text, WeightUses weights)
    {
        text.Append("weights\n");
        foreach (var matrix in weights.Matrices)
        {
            var segments =
                matrix.Segments.Select(static segment =>
                    $"{string.Join(" | ", segment.Parts)} [{segment.Outputs}]{(segment.Group is null ? "" : $" by {segment.Group}")}");
            text.Append(
                $"  {(matrix.IsTable ? "table" : "matrix")} of {matrix.Name}{Copies(matrix.Layers)}: "
                    + $"{string.Join(", ", segments)} x {matrix.Inputs}\n");
        }

        foreach (var vector in weights.Vectors)
            text.Append($"  vector {vector.Weight.Name}{Copies(vector.Layers)}\n");
        foreach (var rotary in weights.Rotaries)
            text.Append(
                $"  rotary {rotary.Option.Name} "
                    + $"[{rotary.Size}]{(rotary.HeadsToCheck.Count == 0 ? "" : $", also for heads of {string.Join(", ", rotary.HeadsToCheck)}")}\n");
    }

    private static void Print(StringBuilder text, LoadPlan load)
    {
        text.Append("load\n");
        foreach (var (left, right) in load.Divisions)
            text.Append($"  check {left} / {right}\n");
        foreach (var size in load.Sizes)
            text.Append($"  size {size.Value}{(size.IsExtent ? " at least 1" : "")}{If(size.Conditions)}\n");
        foreach (var number in load.Numbers)
            text.Append($"  {(number.IsDivisor ? "divisor" : "number")} {number.Value}{Copies(number.Layers)}{If(number.Conditions)}\n");
        foreach (var list in load.Lists)
            text.Append($"  list {list.Option.Name}: {string.Join(", ", list.Reads.Select(static read => $"{read.Index} in {read.Count}"))}\n");
        foreach (var slice in load.Slices)
            text.Append($"  check {slice.Count} from {slice.Begin} of {slice.Whole}{If(slice.Conditions)}\n");
        foreach (var tensor in load.Tensors)
            text.Append($"  tensor {tensor.Weight.Name}{Copies(tensor.Layers)}\n");
        foreach (var weight in load.Computed)
            text.Append($"  compute {weight.Name}\n");
    }

    private static string If(IReadOnlyList<(ScalarExpression Condition, bool Value)> conditions) => conditions.Count == 0
        ? ""
        : $" if {string.Join(", ", conditions.Select(static condition => $"{condition.Condition} is {(condition.Value ? "true" : "false")}"))}";

    private static string Copies(Size? layers) => layers is null ? "" : $" x {layers}";
}
