using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Kernels as text: every skeleton with the programs in its slots. Two modules with equal text compute the same numbers in the same order. Values
/// are numbered in the order in which they appear. <see cref="KernelParser"/> reads the text.
/// </summary>
public static class KernelText
{
    /// <param name="weight">Names of weights; null for their own.</param>
    /// <param name="withSlots">Prints the slot of each buffer, too.</param>
    public static string Print(KernelModule module, Func<string, string>? weight = null, bool withSlots = false)
    {
        var text = new StringBuilder();
        foreach (var function in module.Functions)
            new FunctionPrinter(text, module, function, weight ?? (static name => name), withSlots).Print();
        return text.ToString();
    }

    /// <summary>A kernel in a few words, for error messages.</summary>
    public static string Describe(Kernel kernel) => kernel switch
    {
        GatherKernel gather => $"gather of {gather.Table}",
        RowwiseKernel rowwise => $"row program to {string.Join(", ", rowwise.Writes.Select(static value => $"%{value}"))}",
        MatmulKernel matmul => $"product with {string.Join(", ", matmul.Segments.SelectMany(static segment => segment.Parts))}",
        AttendKernel attend => $"attention at {attend.Site}",
        LoopKernel loop => $"loop over {loop.Body}",
        BranchKernel branch => $"branch to {branch.Then} or {branch.Else}",
        _ => kernel.GetType().Name,
    };

    private sealed class FunctionPrinter(StringBuilder text, KernelModule module, KernelFunction function,
        Func<string, string> weight, bool withSlots)
    {
        private readonly List<int> _values = [];

        public void Print()
        {
            text.Append($"{(module.IsEntry(function) ? "entry" : "function")} {function.Name}({Values(function.Parameters)})\n");
            foreach (var kernel in function.Kernels)
                Kernel(kernel);
            text.Append($"  return {Values(function.Returns)}\n");
            for (var i = 0; i < _values.Count; i++)
            {
                var slot = withSlots ? module.Arena?.SlotOf(function.Name, _values[i]) : null;
                text.Append(
                    $"  %{i.ToString(CultureInfo.InvariantCulture)}: "
                        + $"{function.Types[_values[i]]}{(slot is null ? "" : $" in slot {slot.Index.ToString(CultureInfo.InvariantCulture)}")}\n");
            }
        }

        private string Value(int value)
        {
            var index = _values.IndexOf(value);
            if (index < 0)
            {
                index = _values.Count;
                _values.Add(value);
            }

            return "%" + index.ToString(CultureInfo.InvariantCulture);
        }

        private string Values(IEnumerable<int> values) => string.Join(", ", values.Select(Value));

        private string Weight(string name) => "@" + weight(name);

        private void Kernel(Kernel kernel)
        {
            switch (kernel)
            {
                case GatherKernel gather:
                    text.Append($"  gather {Weight(gather.Table)} by {gather.Ids} -> {Value(gather.Result)}\n");
                    if (gather.After is not null)
                        Program("after", gather.After);
                    break;
                case RowwiseKernel rowwise:
                    text.Append($"  rowwise [{rowwise.Rows}]\n");
                    Program("row", rowwise.Program);
                    break;
                case MatmulKernel matmul:
                    text.Append($"  matmul [{matmul.Rows}, {matmul.Inputs}] {Value(matmul.Input)}\n");
                    if (matmul.Prologue is not null)
                        Program("prologue", matmul.Prologue);
                    foreach (var segment in matmul.Segments)
                    {
                        text.Append($"    segment {string.Join(" | ", segment.Parts.Select(Weight))} [{segment.Outputs}]\n");
                        Program("epilogue", segment.Epilogue);
                    }

                    break;
                case AttendKernel attend:
                    Attend(attend);
                    break;
                case BranchKernel branch:
                    text.Append(
                        $"  branch {branch.Then} else {branch.Else} ({Values(branch.Operands)}) -> ({Values(branch.Results)}) "
                            + $"if {branch.Condition}\n");
                    break;
                case LoopKernel loop:
                    text.Append($"  loop {loop.Body} x {loop.Count} ({Values(loop.Operands)}) -> ({Values(loop.Results)})\n");
                    break;
                default:
                    throw new InvalidOperationException(kernel.GetType().Name);
            }
        }

        private void Attend(AttendKernel attend)
        {
            text.Append(
                $"  attend {Value(attend.Query)} -> {Value(attend.Result)}, {attend.Site}, heads [{attend.Heads}, {attend.KvHeads}], "
                    + $"sizes [{attend.KeySize}, {attend.ValueSize}], scale {attend.Scale}");
            if (attend.Window is not null)
                text.Append($", window {attend.Window}");
            if (!attend.IsCausal)
                text.Append(", bidirectional");
            if (attend.Score is not null)
                text.Append($", score {attend.Score}");
            if (attend.Sinks is not null)
                text.Append($", sinks {Weight(attend.Sinks)}");
            foreach (var pair in attend.Tables.OrderBy(static pair => pair.Key))
                text.Append($", table #{pair.Key.ToString(CultureInfo.InvariantCulture)} = {Weight(pair.Value)}");
            text.Append('\n');
        }

        private void Program(string slot, RowProgram program)
        {
            text.Append($"    {slot} {program.Groups} x {program.Width?.ToString() ?? "any"}\n");
            for (var i = 0; i < program.Inputs.Count; i++)
            {
                var input = program.Inputs[i];
                text.Append(
                    $"      ${i.ToString(CultureInfo.InvariantCulture)} = {Place(input.Place)} by "
                        + $"{input.Access.ToString().ToLowerInvariant()}{(input.Raw ? " raw" : "")}\n");
            }

            foreach (var stage in program.Stages)
                Stage(stage);
        }

        private void Stage(RowStage stage)
        {
            switch (stage)
            {
                case RowStage.Scalars scalars:
                    text.Append("      once\n");
                    Lets(scalars.Lets);
                    Writes(scalars.Writes);
                    break;
                case RowStage.Elements elements:
                    text.Append("      each\n");
                    Lets(elements.Lets);
                    foreach (var accumulate in elements.Accumulates)
                        text.Append($"        %{accumulate.Local.ToString(CultureInfo.InvariantCulture)} = {accumulate.Op} {accumulate.Value}\n");
                    Writes(elements.Writes);
                    break;
                case RowStage.Rotate rotate:
                    text.Append($"      rotate {Place(rotate.Place)} by {rotate.Rotary}{(rotate.Interleaved ? " interleaved" : "")}\n");
                    break;
                case RowStage.Move move:
                    text.Append(
                        $"      move [{List(move.Extents)}] {Place(move.From)} by [{List(move.FromStrides)}] to {Place(move.To)} by "
                            + $"[{List(move.ToStrides)}]\n");
                    break;
                case RowStage.Multiply multiply:
                    text.Append(
                        $"      multiply [{List([multiply.Batch, multiply.N, multiply.K, multiply.M])}] {Place(multiply.Left)} by "
                            + $"[{multiply.LeftStride}] and {Place(multiply.Right)} by [{multiply.RightStride}] to {Place(multiply.To)}\n");
                    break;
                case RowStage.Append append:
                    text.Append($"      append {(append.IsKey ? "key" : "value")} {Place(append.Place)} to {append.Site}\n");
                    break;
                default:
                    throw new InvalidOperationException(stage.GetType().Name);
            }
        }

        private static string List(IEnumerable<Size> sizes) => string.Join(", ", sizes);

        private void Lets(EquatableArray<Let> lets)
        {
            foreach (var let in lets)
                text.Append($"        %{let.Local.ToString(CultureInfo.InvariantCulture)} = {let.Value}\n");
        }

        private void Writes(EquatableArray<Write> writes)
        {
            foreach (var write in writes)
                text.Append($"        {Place(write.Place)} <- {write.Value}\n");
        }

        private string Place(Place place) => place switch
        {
            Kernels.Place.Buffer buffer => buffer.Print(Value(buffer.Value)),
            Kernels.Place.Parameter parameter => Weight(parameter.Weight),
            _ => place.ToString(),
        };
    }
}
