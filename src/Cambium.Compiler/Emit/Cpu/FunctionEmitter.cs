using System.Globalization;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints functions as calls of skeletons, then the structs that fill their slots.</summary>
internal sealed class FunctionEmitter(CodeWriter writer, MemoryPlan plan, ModelNames names, WeightLayout weights)
{
    private readonly List<(KernelStruct Kernel, string Header, Action Body)> _structs = [];

    private KernelModule Kernels => plan.Module;

    public void Emit()
    {
        foreach (var function in Kernels.Functions)
            Function(function);
        foreach (var (kernel, header, body) in _structs)
        {
            using (writer.Block(header))
            {
                foreach (var field in kernel.Fields)
                    writer.Line($"public {field.Type} {field.Name};");
                if (kernel.Fields.Count > 0)
                    writer.Line();
                body();
            }

            writer.Line();
        }
    }

    private void Function(KernelFunction function)
    {
        var isMain = Kernels.IsEntry(function);
        var inLoop = Kernels.IsInLoop(function);
        var name = names.Function(function.Name);
        writer.Line($"/// <summary>{(isMain ? MethodOf(function) : inLoop ? $"One of {function.Name}" : function.Name)}: {Summary(function)}.</summary>");
        using (writer.Block($"private void {name}({RuntimeNames.Step} step{(inLoop ? ", int layer" : "")})"))
        {
            writer.Line("var s = _settings;");
            writer.Line("var w = _weights;");
            var declared = new HashSet<int>();
            var calls = new CallWriter(writer);
            if (isMain)
                writer.Line("step.Observed = 0;");
            if (isMain)
                CopyInputs(function, declared);

            foreach (var kernel in function.Kernels)
            {
                writer.Line();
                foreach (var value in kernel.Writes.Concat(kernel.Reads).Concat(function.Parameters.Where(parameter => kernel.Reads.Contains(parameter))).Distinct())
                {
                    if (plan.SlotOf(function.Name, value) is { } slot && declared.Add(value))
                        writer.Line($"var {names.Buffer(function.Name, value)} = step.Arena + _slot{slot.Index};");
                }

                var rows = kernel.Rows == Size.Outputs ? "step.OutputCount" : "step.Rows";
                switch (kernel)
                {
                    case GatherKernel gather:
                        Gather(function, gather, calls);
                        break;
                    case RowwiseKernel rowwise:
                        {
                            Remark(kernel);
                            var program = new KernelStruct(names[kernel], names, plan, function);
                            RowKernel(program, rowwise.Program);
                            calls.Add($"Cpu.Rowwise.Run(step.Team, {rows}", program);
                            break;
                        }

                    case MatmulKernel matmul:
                        Matmul(function, matmul, rows, calls);
                        break;
                    case AttendKernel attend:
                        Attend(function, attend, calls, inLoop);
                        break;
                    case LoopKernel loop:
                        Loop(function, loop);
                        break;
                    case BranchKernel branch:
                        writer.Line($"if ({CSharp.Trim(HostText.Condition(branch.Condition))})");
                        using (writer.Indent())
                            writer.Line($"{names.Function(branch.Then)}(step{(inLoop ? ", layer" : "")});");
                        writer.Line("else");
                        using (writer.Indent())
                            writer.Line($"{names.Function(branch.Else)}(step{(inLoop ? ", layer" : "")});");
                        break;
                }

                calls.Flush();
            }

            if (isMain)
                ObserveHead(function);
        }

        writer.Line();
    }

    private string MethodOf(KernelFunction function) => Kernels.Module.Entries.First(entry => entry.Function == function.Name).Method;

    // Rows that come from outside lie in the arena like any other.
    private void CopyInputs(KernelFunction function, HashSet<int> declared)
    {
        var parameters = Kernels.Module[function.Name].Parameters;
        foreach (var value in function.Parameters)
        {
            writer.Line($"var {names.Buffer(function.Name, value)} = step.Arena + _slot{plan.SlotOf(function.Name, value)!.Index};");
            writer.Line($"step.CopyInput({IndexOf(parameters, value).ToString(CultureInfo.InvariantCulture)}, {names.Buffer(function.Name, value)}, {CSharp.Size(function.Types[value].Width)});");
            declared.Add(value);
        }

        static int IndexOf(IReadOnlyList<int> values, int value) => Enumerable.Range(0, values.Count).First(i => values[i] == value);
    }

    private void Remark(Kernel kernel)
    {
        foreach (var words in kernel.Fused)
            writer.Line($"// {words}");
    }

    private string Summary(KernelFunction function) => string.Join(", ", function.Kernels.Select(kernel => kernel switch { LoopKernel => "a loop", BranchKernel => "a choice", _ => names[kernel] }));

    private void Gather(KernelFunction function, GatherKernel gather, CallWriter calls)
    {
        Remark(gather);
        var width = CSharp.Size(function.Types[gather.Result].Width);
        var (target, stride) = plan.SlotOf(function.Name, gather.Result) is null ? ("step.Logits", "step.LogitsStride") : (names.Buffer(function.Name, gather.Result), width);
        var call = $"Cpu.Gather.Run(step.Team, w.{weights[gather]}Weights{(Kernels.Module.Weight(gather.Table).InStack ? "[layer]" : "")}, 0, 0, {KernelStruct.Ids(gather.Ids)}, step.Rows, {target}, {stride}";
        var shift = gather.Ids.Shift is null ? "" : $", shift: {CSharp.Size(gather.Ids.Shift)}";
        if (gather.After is null)
        {
            writer.Line($"{call}{shift});");
            return;
        }

        var program = new KernelStruct(names[gather], names, plan, function);
        RowKernel(program, gather.After);
        calls.Add(call, program, shift);
    }

    /// <summary>A struct whose Row runs a program over whole rows. Printed to a scratch writer first: fields are found on the way.</summary>
    private void RowKernel(KernelStruct kernel, RowProgram program)
    {
        var body = Render(kernel, program, "public void Row<V>(int row)", null, -1);
        _structs.Add((kernel, $"private struct {kernel.Name} : Cpu.IRowKernel", body));
    }

    private Action Render(KernelStruct kernel, RowProgram program, string header, string? prepared, int preparedValue)
    {
        void Print(CodeWriter target)
        {
            target.Line(header);
            using (target.Indent())
                target.Line("where V : unmanaged, Cpu.ILanes<V>");
            using (target.Block(null))
            {
                var width = kernel.Size(program.Width!);
                if (program.Groups == Size.One)
                {
                    new RowProgramPrinter(target, kernel, program, width, null, append => Append(kernel, append), prepared, preparedValue).Print();
                }
                else
                {
                    using (target.Block($"for (var group = 0; group < {kernel.Size(program.Groups)}; group++)"))
                    {
                        target.Line($"var offset = (nint)group * {width};");
                        new RowProgramPrinter(target, kernel, program, width, "offset", append => Append(kernel, append), prepared is null ? null : $"{prepared} + offset", preparedValue).Print();
                    }
                }
            }
        }

        Print(new CodeWriter());
        return () => Print(writer);
    }

    private string Append(KernelStruct kernel, RowStage.Append append)
    {
        // A value's id means something in its own function only.
        var site = kernel.Function.Kernels.OfType<AttendKernel>().First(attend => attend.KeyAppend == append.AppendValue || attend.ValueAppend == append.AppendValue).Site;
        var inLoop = Kernels.IsInLoop(kernel.Function);
        var step = kernel.Field("step", RuntimeNames.Step, "Step", "step");
        return inLoop
            ? $"{step}, {site}, {kernel.Field("layer", "int", "Layer", "layer")}"
            : $"{step}, {site}, 0";
    }

    private void Matmul(KernelFunction function, MatmulKernel matmul, string rows, CallWriter calls)
    {
        Remark(matmul);
        var name = names[matmul];
        var layers = matmul.Segments.SelectMany(static segment => segment.Parts).Any(weight => Kernels.Module.Weight(weight).InStack) ? "[layer]" : "";
        var packed = $"w.{weights[matmul]}Weights{layers}";
        var input = plan.SlotOf(function.Name, matmul.Input) is null ? "step.Logits" : names.Buffer(function.Name, matmul.Input);
        var call = $"Cpu.Matmul.Run(step.Team, {packed}, {rows}, {input}, {CSharp.Size(matmul.Inputs)}";
        if (matmul.Prologue is { } prologue)
        {
            var before = new KernelStruct(name + "Prologue", names, plan, function);
            var body = Render(before, prologue, "public void Prepare<V>(int row, float* x)", "x", matmul.Input);
            _structs.Add((before, $"private struct {before.Name} : Cpu.IPrologue", body));
            calls.Add(call, before);
        }

        var after = new KernelStruct(name + "Epilogue", names, plan, function);
        void Print(CodeWriter target)
        {
            target.Line("public void Finish<V>(int segment, int group, int row, float* product, int partStride)");
            using (target.Indent())
                target.Line("where V : unmanaged, Cpu.ILanes<V>");
            using (target.Block(null))
            {
                if (matmul.Segments.Count == 1)
                {
                    Segment(target, after, matmul.Segments[0], 0, packed);
                    return;
                }

                using (target.Block("switch (segment)"))
                {
                    for (var i = 0; i < matmul.Segments.Count; i++)
                    {
                        target.Line(i < matmul.Segments.Count - 1 ? $"case {i}:" : "default:");
                        using (target.Indent())
                        {
                            target.Line($"{SegmentName(matmul.Segments[i])}<V>(group, row, product, partStride);");
                            target.Line("break;");
                        }
                    }
                }
            }

            for (var i = 0; matmul.Segments.Count > 1 && i < matmul.Segments.Count; i++)
            {
                target.Line();
                target.Line($"private void {SegmentName(matmul.Segments[i])}<V>(int group, int row, float* product, int partStride)");
                using (target.Indent())
                    target.Line("where V : unmanaged, Cpu.ILanes<V>");
                using (target.Block(null))
                    Segment(target, after, matmul.Segments[i], i, packed);
            }
        }

        Print(new CodeWriter());
        _structs.Add((after, $"private struct {after.Name} : Cpu.IEpilogue", () => Print(writer)));
        if (matmul.Prologue is null)
            calls.Add(call, after);
        else
            calls.Continue(after);
    }

    private static string SegmentName(Segment segment) => "Finish" + string.Concat(segment.Parts);

    private void Segment(CodeWriter target, KernelStruct kernel, Segment segment, int index, string packed)
    {
        if (segment.Epilogue.Width is { } group)
        {
            var width = kernel.Size(group);
            target.Line($"var offset = (nint)group * {width};");
            new RowProgramPrinter(target, kernel, segment.Epilogue, width, "offset", append => Append(kernel, append)).Print();
            return;
        }

        // The skeleton chose how many columns it finishes at once; the last run may be shorter.
        var run = kernel.Field("group:" + index.ToString(CultureInfo.InvariantCulture), "int", "Columns", $"{packed}.GroupWidth({index})");
        target.Line($"var offset = (nint)group * {run};");
        target.Line($"var width = int.Min({run}, {kernel.Size(segment.Outputs)} - (int)offset);");
        new RowProgramPrinter(target, kernel, segment.Epilogue, "width", "offset", _ => throw new InvalidOperationException("an append needs heads")).Print();
    }

    private void Attend(KernelFunction function, AttendKernel attend, CallWriter calls, bool inLoop)
    {
        var query = names.Buffer(function.Name, attend.Query);
        var (result, stride) = plan.SlotOf(function.Name, attend.Result) is null
            ? ("step.Logits", "step.LogitsStride")
            : (names.Buffer(function.Name, attend.Result), CSharp.Size(attend.Heads * attend.ValueSize));
        var shape = $"new Cpu.AttendShape({CSharp.Size(attend.Heads)}, {CSharp.Size(attend.KvHeads)}, {CSharp.Size(attend.KeySize)}, {CSharp.Size(attend.ValueSize)}, {HostText.Number(attend.Scale)}, {(attend.Window is null ? "0" : HostText.Integer(attend.Window))}{(attend.IsCausal ? "" : ", IsCausal: false")})";
        writer.Line($"var {names[attend].ToLowerInvariant()}Shape = {shape};");
        var call = $"Cpu.Attend.Run(step, {attend.Site}, {(inLoop ? "layer" : "0")}, {query}, {CSharp.Size(attend.Heads * attend.KeySize)}, {result}, {stride}, {names[attend].ToLowerInvariant()}Shape";
        var sinks = attend.Sinks is { } weight ? $", {KernelStruct.ValueOf(Kernels.Module, weight)}" : "";
        if (attend.Score is not { } score)
        {
            writer.Line($"{call}, new Cpu.PlainScore(){sinks});");
            return;
        }

        var kernel = new KernelStruct(names[attend] + "Score", names, plan, function);
        void Print(CodeWriter target)
        {
            target.Line("public V Apply<V>(V score, V keyPosition, float queryPosition, int head)");
            using (target.Indent())
                target.Line("where V : unmanaged, Cpu.ILanes<V>");
            using (target.Block(null))
                new ScorePrinter(target, kernel, attend).Print(score);
        }

        Print(new CodeWriter());
        _structs.Add((kernel, $"private struct {kernel.Name} : Cpu.IScore", () => Print(writer)));
        calls.Add(call, kernel, sinks);
    }

    private void Loop(KernelFunction function, LoopKernel loop)
    {
        var carried = names.Buffer(function.Name, loop.Operands[0]);
        var width = CSharp.Size(function.Types[loop.Operands[0]].Width);
        using (writer.Block($"for (var layer = 0; layer < {CSharp.Size(loop.Count)}; layer++)"))
        {
            writer.Line($"step.Observe({carried}, {width}, step.Rows);");
            writer.Line($"{names.Function(loop.Body)}(step, layer);");
        }
    }

    private void ObserveHead(KernelFunction function)
    {
        if (function.Kernels.LastOrDefault() is not MatmulKernel head || plan.SlotOf(function.Name, head.Input) is null || !function.Kernels.Any(static kernel => kernel is LoopKernel))
            return;
        var width = CSharp.Size(head.Inputs);
        writer.Line($"step.Observe({names.Buffer(function.Name, head.Input)}, {width}, {(head.Rows == Size.Outputs ? "step.OutputCount" : "step.Rows")});");
    }
}
