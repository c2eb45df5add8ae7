using System.Globalization;
using Cambium.Compiler;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Spec;
using Xunit;

namespace Cambium.Tests.Kernels;

/// <summary>Compiles a class to its kernels. The verifiers check the result of every pass.</summary>
internal static class Compiled
{
    public static Module Lower(ModelSpec spec)
    {
        var (module, diagnostics) = ModelLowering.Lower(spec);
        Assert.Empty(diagnostics);
        Verifier.Verify(module!);
        return module!;
    }

    public static Module Passed(ModelSpec spec) => PassPipeline.Run(Lower(spec), static (_, module) => Verifier.Verify(module));

    public static ProgramPlan ProgramPlan(ModelSpec spec) => ProgramPlanner.Build(spec, Kernels(spec));

    public static KernelModule Kernels(ModelSpec spec) => KernelPipeline.Run(Passed(spec), static (_, kernels) => KernelVerifier.Verify(kernels));

    /// <summary>Skeletons and slots with weights numbered in the order in which they appear.</summary>
    public static string Anonymous(ModelSpec spec)
    {
        var numbers = new Dictionary<string, string>();
        return KernelText.Print(Kernels(spec),
            name => numbers.TryGetValue(name, out var known) ? known : numbers[name] = "w" + numbers.Count.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Kernels of a function in one line each, for example <c>matmul Q, K, V</c>.</summary>
    public static IReadOnlyList<string> Outline(KernelFunction function) => [.. function.Kernels.Select(static kernel => kernel switch
    {
        GatherKernel gather => $"gather {gather.Table}{(gather.After is null ? "" : " + program")}",
        RowwiseKernel => "rowwise",
        MatmulKernel matmul =>
            $"matmul {string.Join(", ", matmul.Segments.Select(static segment => string.Join("|", segment.Parts)))}"
                + (matmul.Prologue is null ? "" : " + prologue"),
        AttendKernel attend => attend.Score is null ? "attend" : "attend + score",
        BranchKernel branch => $"branch {branch.Then} | {branch.Else}",
        LoopKernel loop => $"loop {loop.Body}",
        _ => kernel.GetType().Name,
    })];
}
