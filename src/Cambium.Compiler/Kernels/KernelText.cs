using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;

namespace Cambium.Compiler.Kernels;

/// <summary>
/// Kernels as text: every skeleton with what lies in its slots. Two programs with equal text compute the same numbers in the
/// same order, whatever their weights are called if <c>weight</c> gives equal names to both.
/// </summary>
public static class KernelText
{
    public static string Print(KernelModule module, Func<string, string>? weight = null)
    {
        weight ??= static name => name;
        var text = new StringBuilder();
        foreach (var function in module.Functions)
        {
            var values = new Dictionary<int, string>();
            string Value(int value) => values.TryGetValue(value, out var name) ? name : values[value] = "%" + values.Count.ToString(CultureInfo.InvariantCulture);

            text.Append("function ").Append(module.IsEntry(function) ? "main" : "body").Append('(').Append(string.Join(", ", function.Parameters.Select(Value))).Append(")\n");
            foreach (var kernel in function.Kernels)
            {
                switch (kernel)
                {
                    case GatherKernel gather:
                        text.Append($"  gather @{weight(gather.Table)}{(gather.Ids == new RowIds(0, null) ? "" : $" by {gather.Ids}")} -> {Value(gather.Result)}\n");
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
                            text.Append($"    segment {string.Join(" | ", segment.Parts.Select(part => "@" + weight(part)))} [{segment.Outputs}]\n");
                            Program("epilogue", segment.Epilogue);
                        }

                        break;
                    case AttendKernel attend:
                        text.Append($"  attend {Value(attend.Query)} -> {Value(attend.Result)} heads={attend.Heads}/{attend.KvHeads} size={attend.KeySize}/{attend.ValueSize} scale={attend.Scale} window={attend.Window?.ToString() ?? "none"}{(attend.IsCausal ? "" : " bidirectional")} score={attend.Score?.ToString() ?? "plain"}{(attend.Sinks is null ? "" : $" sinks=@{weight(attend.Sinks)}")}");
                        foreach (var pair in attend.Tables.OrderBy(static pair => pair.Key))
                            text.Append($" #{pair.Key}=@{weight(pair.Value)}");
                        text.Append('\n');
                        break;
                    case BranchKernel branch:
                        text.Append($"  branch {branch.Condition} ({string.Join(", ", branch.Operands.Select(Value))}) -> ({string.Join(", ", branch.Results.Select(Value))})\n");
                        break;
                    case LoopKernel loop:
                        text.Append($"  loop {loop.Count} ({string.Join(", ", loop.Operands.Select(Value))}) -> ({string.Join(", ", loop.Results.Select(Value))})\n");
                        break;
                }
            }

            text.Append("  return ").Append(string.Join(", ", function.Returns.Select(Value))).Append('\n');

            void Program(string slot, RowProgram program)
            {
                text.Append($"    {slot} {program.Groups} x {program.Width?.ToString() ?? "any"}\n");
                for (var i = 0; i < program.Inputs.Count; i++)
                    text.Append($"      ${i} = {PlaceText(program.Inputs[i].Place)} by {program.Inputs[i].Access.ToString().ToLowerInvariant()}\n");
                foreach (var stage in program.Stages)
                {
                    switch (stage)
                    {
                        case RowStage.Scalars scalars:
                            Lets(scalars.Lets);
                            Writes(scalars.Writes);
                            break;
                        case RowStage.Elements elements:
                            text.Append("      each\n");
                            Lets(elements.Lets);
                            foreach (var accumulate in elements.Accumulates)
                                text.Append($"        %{accumulate.Local} = {accumulate.Op} {accumulate.Value}\n");
                            Writes(elements.Writes);
                            break;
                        case RowStage.Rotate rotate:
                            text.Append($"      rotate {PlaceText(rotate.Place)} by {rotate.Rotary}{(rotate.Interleaved ? " interleaved" : "")}\n");
                            break;
                        case RowStage.Move move:
                            text.Append($"      move [{string.Join(", ", move.Extents)}] {PlaceText(move.From)} by ({string.Join(", ", move.FromStrides)}) to {PlaceText(move.To)} by ({string.Join(", ", move.ToStrides)})\n");
                            break;
                        case RowStage.Multiply multiply:
                            text.Append($"      multiply {multiply.Batch} x [{multiply.N}, {multiply.K}] {PlaceText(multiply.Left)} by {multiply.LeftStride}, [{multiply.K}, {multiply.M}] {PlaceText(multiply.Right)} by {multiply.RightStride} to {PlaceText(multiply.To)}\n");
                            break;
                        case RowStage.Append append:
                            text.Append($"      append {(append.IsKey ? "key" : "value")} {PlaceText(append.Place)}\n");
                            break;
                    }
                }
            }

            void Lets(EquatableArray<Let> lets)
            {
                foreach (var let in lets)
                    text.Append($"        %{let.Local} = {let.Value}\n");
            }

            void Writes(EquatableArray<Write> writes)
            {
                foreach (var write in writes)
                    text.Append($"        {PlaceText(write.Place)} <- {write.Value}\n");
            }

            string PlaceText(Place place) => place switch
            {
                Place.Buffer buffer => buffer.Print(Value(buffer.Value)),
                Place.Parameter parameter => "@" + weight(parameter.Weight),
                _ => place.ToString(),
            };
        }

        return text.ToString();
    }
}
