using System.Globalization;
using Cambium.Compiler.Emit.Host;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>Prints each function as a method that calls skeletons, and the structs that fill their slots.</summary>
internal sealed class FunctionEmitter(CodeWriter writer, ProgramPlan plan, CpuWeightLayout weights)
{
    /// <summary>The method of each function.</summary>
    public void Functions()
    {
        foreach (var function in plan.Functions)
            Function(function);
    }

    /// <summary>The structs in the slots of the skeletons.</summary>
    public void Kernels()
    {
        foreach (var function in plan.Functions)
        {
            foreach (var kernel in function.Kernels)
                new KernelEmitter(writer, plan, function, kernel).Emit();
        }
    }

    private void Function(FunctionPlan function)
    {
        writer.Line();
        var what = function.Entry?.Info.Method ?? (function.IsInLoop ? $"One of {function.Function.Name}" : function.Function.Name);
        writer.Line($"/// <summary>{what}: {Summary(function)}.</summary>");
        using (writer.Block($"private void {function.Name}({RuntimeNames.Step} step{(function.IsInLoop ? ", int layer" : "")})"))
        {
            writer.Line("var s = _settings;");
            writer.Line("var w = _weights;");
            var declared = new HashSet<int>();
            foreach (var copy in function.Copies)
            {
                Declare(function, copy.Buffer, declared);
                writer.Line(
                    $"step.CopyInput({copy.Index.ToString(CultureInfo.InvariantCulture)}, {plan.BufferName(function.Function, copy.Buffer)}, "
                        + $"{CSharp.Size(copy.Width)});");
            }

            Observe(function, -1, declared);
            for (var i = 0; i < function.Kernels.Count; i++)
            {
                var kernel = function.Kernels[i];
                writer.Line();
                foreach (var expression in kernel.Kernel.Expressions)
                    writer.Remark(expression);
                foreach (var why in kernel.Kernel.CopiesBecause)
                    writer.Remark($"copy: {why}");
                foreach (var value in kernel.Kernel.Writes.Concat(kernel.Kernel.Reads).Distinct())
                    Declare(function, value, declared);
                Launch(function, kernel);
                Observe(function, i, declared);
            }
        }
    }

    private static string Summary(FunctionPlan function) => string.Join(", ", function.Kernels.Select(static kernel => kernel.Kernel switch
    {
        LoopKernel => "a loop",
        BranchKernel => "a choice",
        _ => kernel.Name,
    }));

    /// <summary>Declares the local variable of a buffer, once.</summary>
    private void Declare(FunctionPlan function, int value, HashSet<int> declared)
    {
        if (plan.SlotOf(function.Function, value) is { } slot && declared.Add(value))
            writer.Line($"var {plan.BufferName(function.Function, value)} = {ArenaEmitter.Pointer(slot)};");
    }

    private void Observe(FunctionPlan function, int afterKernel, HashSet<int> declared)
    {
        foreach (var point in function.Observations.Where(point => point.AfterKernel == afterKernel))
        {
            Declare(function, point.Buffer, declared);
            var name = point.Name == ObservationPoint.Hidden
                ? ""
                : $"{CSharp.Text(point.Name)}, {point.Index.ToString(CultureInfo.InvariantCulture)}, ";
            writer.Line($"step.Observe({name}{plan.BufferName(function.Function, point.Buffer)}, {CSharp.Size(point.Width)}, {RowsOf(point.Rows)});");
        }
    }

    private static string RowsOf(Size rows) => rows == Size.Outputs ? "step.OutputCount" : "step.Rows";

    /// <summary>A buffer, or the caller's memory for a result of an entry point.</summary>
    private string Pointer(FunctionPlan function, int value) =>
        plan.ResultOf(function.Function, value) is { } result ? LaunchText.Result(result) : plan.BufferName(function.Function, value);

    private string Stride(FunctionPlan function, int value) =>
        plan.ResultOf(function.Function, value) is { } result ? LaunchText.ResultStride(result) : CSharp.Size(function.Function.Types[value].Width);

    private string Layer(IEnumerable<string> weightNames) => weightNames.Any(weight => plan.Module.Weight(weight).InStack) ? "[layer]" : "";

    private void Launch(FunctionPlan function, KernelPlan kernel)
    {
        switch (kernel.Kernel)
        {
            case GatherKernel gather:
                Gather(function, kernel, gather);
                break;
            case RowwiseKernel rowwise:
                Call(function, kernel, $"{RuntimeNames.Cpu}Rowwise.Run(step.Team, {RowsOf(rowwise.Rows)}");
                break;
            case MatmulKernel matmul:
                var packed = $"w.{weights[matmul]}Weights{Layer(matmul.Segments.SelectMany(static segment => segment.Parts))}";
                Call(function, kernel,
                    $"{RuntimeNames.Cpu}Matmul.Run(step.Team, {packed}, {RowsOf(matmul.Rows)}, {Pointer(function, matmul.Input)}, "
                        + $"{CSharp.Size(matmul.Inputs)}", packed);
                break;
            case AttendKernel attend:
                Attend(function, kernel, attend);
                break;
            case LoopKernel loop:
                using (writer.Block($"for (var layer = 0; layer < {CSharp.Size(loop.Count)}; layer++)"))
                    writer.Line($"{plan.Names.Function(loop.Body)}(step, layer);");
                break;
            case BranchKernel branch:
                var arguments = function.IsInLoop ? "step, layer" : "step";
                writer.Line($"if ({CSharp.Trim(HostText.Condition(branch.Condition))})");
                using (writer.Indent())
                    writer.Line($"{plan.Names.Function(branch.Then)}({arguments});");
                writer.Line("else");
                using (writer.Indent())
                    writer.Line($"{plan.Names.Function(branch.Else)}({arguments});");
                break;
            default:
                throw new InvalidOperationException(kernel.Kernel.GetType().Name);
        }
    }

    private void Call(FunctionPlan function, KernelPlan kernel, string call, string? packed = null, string rest = "")
    {
        var launch = new LaunchText(plan, function);
        CallPrinter.Print(writer, call, kernel.Slots, source => launch.Value(source, packed), rest);
    }

    private void Gather(FunctionPlan function, KernelPlan kernel, GatherKernel gather)
    {
        var table = $"w.{weights[gather]}Weights{Layer([gather.Table])}";
        var shift = gather.Ids.Shift is null ? "" : $", shift: {CSharp.Size(gather.Ids.Shift)}";
        // Rows of tokens can be given, which the step knows.
        var run = gather.Ids == RowIds.Tokens
            ? $"RunTokens(step, {table}, 0, 0"
            : $"Run(step.Team, {table}, 0, 0, {LaunchText.Ids(gather.Ids.Input)}, step.Rows";
        Call(
            function,
            kernel,
            $"{RuntimeNames.Cpu}Gather.{run}, {Pointer(function, gather.Result)}, {Stride(function, gather.Result)}",
            rest: shift);
    }

    private void Attend(FunctionPlan function, KernelPlan kernel, AttendKernel attend)
    {
        var shape = $"{kernel.Name.ToLowerInvariant()}Shape";
        var window = attend.Window is null ? "0" : HostText.Integer(attend.Window);
        writer.Line(
            $"var {shape} = new {RuntimeNames.Cpu}AttendShape({CSharp.Size(attend.Heads)}, {CSharp.Size(attend.KvHeads)}, "
                + $"{CSharp.Size(attend.KeySize)}, {CSharp.Size(attend.ValueSize)}, "
            + $"{HostText.Number(attend.Scale)}, {window}{(attend.IsCausal ? "" : ", IsCausal: false")});");
        var site = attend.Site.Index.ToString(CultureInfo.InvariantCulture);
        var call = $"{RuntimeNames.Cpu}Attend.Run(step, {site}, {(attend.Site.IsPerLayer ? "layer" : "0")}, "
            + $"{plan.BufferName(function.Function, attend.Query)}, {CSharp.Size(attend.Heads * attend.KeySize)}, "
            + $"{Pointer(function, attend.Result)}, {Stride(function, attend.Result)}, {shape}";
        var sinks = attend.Sinks is { } weight ? $", {LaunchText.Weight(plan.Module, weight)}" : "";
        Call(function, kernel, attend.Score is null ? $"{call}, new {RuntimeNames.Cpu}PlainScore()" : call, rest: sinks);
    }
}
