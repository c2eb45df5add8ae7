using Cambium.Compiler.Plan;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>The CPU: kernels are calls of the skeletons in <c>Cambium.Runtime.Cpu</c> with structs in their slots.</summary>
internal sealed class CpuTarget : ITarget
{
    public ITargetCode Begin(ProgramPlan plan) => new Code(plan, CpuWeightLayout.Choose(plan));

    private sealed class Code(ProgramPlan plan, CpuWeightLayout layout) : ITargetCode
    {
        public void Functions(CodeWriter writer) => new FunctionEmitter(writer, plan, layout).Emit();

        public void Weights(CodeWriter writer) => new WeightsEmitter(writer, plan, layout).Emit();
    }
}
