using Cambium.Compiler.Plan;

namespace Cambium.Compiler.Emit.Cpu;

/// <summary>The CPU: kernels are calls of the skeletons in <c>Cambium.Runtime.Cpu</c> with structs in their slots.</summary>
internal sealed class CpuTarget : ITarget
{
    public ITargetCode Begin(ProgramPlan plan) => new Code(plan, CpuWeightLayout.Choose(plan));

    private sealed class Code(ProgramPlan plan, CpuWeightLayout layout) : ITargetCode
    {
        public string DeviceClass => RuntimeNames.CpuDevice;

        public string ProgramClass => ProgramEmitter.ClassName;

        public void Program(CodeWriter writer) => new ProgramEmitter(writer, plan, layout).Emit();

        public void Weights(CodeWriter writer) => new WeightsEmitter(writer, plan, layout).Emit();
    }
}
