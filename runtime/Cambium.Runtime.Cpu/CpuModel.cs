using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// A model for the CPU that is written by hand instead of generated. Derive from it to serve something that Cambium cannot compile: describe the
/// model by <see cref="CompiledModel.Definition"/> and
/// <see cref="CompiledModel.EntryPoints"/>, and compute a step in <see cref="Run"/>.
/// </summary>
/// <remarks>Steps of several engines run at the same time: keep what belongs to a step in its arena, not in fields.</remarks>
public abstract class CpuModel : CompiledModel
{
    /// <summary>
    /// Computes one step: stores the keys and values of its rows, and writes the results of its output rows to <see cref="Step.Logits"/>.
    /// </summary>
    /// <param name="entry">Index of the entry point.</param>
    /// <param name="step">The step.</param>
    public abstract void Run(int entry, Step step);

    /// <inheritdoc/>
    public override long ArenaBytes(int entry, int maxRows, int maxOutputs) => 0;

    /// <inheritdoc/>
    public override Device OpenDefaultDevice(DeviceOptions options) => new CpuDevice(options);

    /// <inheritdoc/>
    public override ModelProgram CreateProgram(Device device, in ProgramLimits limits, ChunkStore store) => new Program(this, device, limits, store);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Program(CpuModel model, Device device, in ProgramLimits limits, ChunkStore store) : CpuProgram(model, device, limits, store)
    {
        protected override void Run(Step step) => model.Run(Limits.Entry, step);
    }
}
