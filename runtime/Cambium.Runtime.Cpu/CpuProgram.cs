using System.Runtime.CompilerServices;
using Cambium.Checkpoints.Memory;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// A program instance on the CPU: the base of the generated ones. The step runs on the thread that awaits it, which is thread 0 of the kernels. The
/// system commits working memory and results when they are first written.
/// </summary>
public abstract unsafe class CpuProgram : ModelProgram
{
    private readonly CpuDevice _device;
    private readonly CpuChunkStore _store;
    private readonly AttentionProbe _probe = new();
    private readonly Step _step;
    private readonly IReadOnlyList<EntryResult> _entryResults;
    private NativeBlock _arena;
    private NativeBlock _results;

    /// <param name="model">The model.</param>
    /// <param name="device">The CPU.</param>
    /// <param name="limits">The entry point and the largest step.</param>
    /// <param name="store">The KV cache; of a CPU device.</param>
    /// <exception cref="ArgumentException">Device or store is another kind of device's, or the store has another layout than the entry
    /// point.</exception>
    protected CpuProgram(CompiledModel model, Device device, in ProgramLimits limits, ChunkStore store)
        : base(model, limits, new StepBatch(limits.MaxRows, limits.MaxOutputs, InputWidths(model.EntryPoints[limits.Entry])))
    {
        _device = device as CpuDevice
            ?? throw new ArgumentException($"'{model.Definition.Name}' was compiled for the CPU and cannot run on '{device.Name}'; open a CpuDevice.",
            nameof(device));
        _store = store as CpuChunkStore
            ?? throw new ArgumentException(
                $"'{model.Definition.Name}' runs on the CPU and needs a chunk store in its memory, "
                + $"not a {store.GetType().Name}; make it by the same device.",
            nameof(store));
        var entry = model.EntryPoints[limits.Entry];
        RequireLayout(model, entry);
        _entryResults = entry.Results;
        _step = new Step(_device.Team, _store)
        {
            Probe = _probe,
            Results = new nint[entry.Results.Count],
            ResultStrides = [.. entry.Results.Select(static result => Stride(result.Width))],
        };
        _step.PointTo(Batch, entry.Inputs.Count);
        for (var i = 1; i < entry.Inputs.Count; i++)
            _step.Inputs[i] = entry.Inputs[i].Width == 0
                ? (nint)Unsafe.AsPointer(ref Batch.Ids(i)[0])
                : (nint)Unsafe.AsPointer(ref Batch.Floats(i)[0]);
        _results = new NativeBlock((nuint)ResultBytes(entry, limits));
        _arena = new NativeBlock((nuint)model.ArenaBytes(limits.Entry, limits.MaxRows, limits.MaxOutputs));
        var at = (float*)_results.Start;
        for (var i = 0; i < entry.Results.Count; i++)
        {
            _step.Results[i] = (nint)at;
            at += (nint)limits.MaxOutputs * _step.ResultStrides[i];
        }

        _step.Logits = (float*)_results.Start;
        _step.LogitsStride = _step.ResultStrides[0];
        _step.Arena = _arena.Start;
    }

    /// <summary>Frees the memory if the owner forgot to.</summary>
    ~CpuProgram() => Dispose(false);

    /// <inheritdoc/>
    public override long AttentionTicks => _step.AttentionTicks;

    /// <inheritdoc/>
    public override double? AttentionSaving => _probe.Saving;

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Result(int result, int output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)output, (uint)Batch.OutputCount, nameof(output));
        ObjectDisposedException.ThrowIf(_results.Start == null, this);
        return new((float*)_step.Results[result] + ((nint)output * _step.ResultStrides[result]), _entryResults[result].Width);
    }

    /// <summary>Bytes of an instance.</summary>
    internal static long Bytes(CompiledModel model, in ProgramLimits limits)
    {
        var entry = model.EntryPoints[limits.Entry];
        return model.ArenaBytes(limits.Entry, limits.MaxRows, limits.MaxOutputs)
            + ResultBytes(entry, limits)
            + StepBatch.Bytes(limits.MaxRows, limits.MaxOutputs, InputWidths(entry));
    }

    /// <summary>Computes the step. Allocates nothing.</summary>
    protected abstract void Run(Step step);

    /// <inheritdoc/>
    protected override void Start()
    {
        // The CPU has no queue: the step runs where it is awaited.
    }

    /// <inheritdoc/>
    protected override void Complete()
    {
        ObjectDisposedException.ThrowIf(_results.Start == null, this);
        _step.Plan = Plan;
        _step.Rows = Batch.Rows;
        _step.OutputCount = Batch.OutputCount;
        // The array is pinned.
        _step.GivenFloats = Batch.GivenRows.Length;
        _step.GivenRows = _step.GivenFloats == 0 ? null : (float*)Unsafe.AsPointer(ref Batch.GivenRows[0]);
        _step.Observer = Observer;
        _step.Observed = 0;
        lock (_device.Turn)
        {
            _device.ThrowIfDisposed();
            _probe.Begin(Plan.Unshared, Plan.IsReused);
            Run(_step);
        }

        GC.KeepAlive(_store);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _arena.Free();
        _results.Free();
    }

    // Kernels write keys and values at offsets of the entry point's sites, without checks.
    private void RequireLayout(CompiledModel model, EntryPoint entry)
    {
        var layout = _store.Layout;
        if (layout.Panel != Simd.PanelWidth)
        {
            throw new ArgumentException(
                $"The chunk store has panels of {layout.Panel} floats, and '{_device.Name}' reads panels of {Simd.PanelWidth}; "
                + "make it by the same device.",
                "store");
        }

        // The number of query heads does not change the layout.
        if (!layout.Sites.ToArray().Select(Stored).SequenceEqual(entry.CacheSites.Select(Stored)))
        {
            throw new ArgumentException(
                $"The chunk store was made for the sites [{string.Join(", ", layout.Sites.ToArray())}], and '{model.Definition.Name}.{entry.Name}' "
                + $"has [{string.Join(", ", entry.CacheSites)}]; make the store with the CacheSites of this entry point.",
                "store");
        }

        static CacheSite Stored(CacheSite site) => site with { Heads = 0 };
    }

    private static int[] InputWidths(EntryPoint entry) => [.. entry.Inputs.Skip(1).Select(static input => input.Width)];

    // Rows begin at cache lines, so that kernels may store whole vectors.
    private static int Stride(int width) => checked(width + 15) & ~15;

    private static long ResultBytes(EntryPoint entry, in ProgramLimits limits) =>
        BufferSize.Of(limits.MaxOutputs, entry.Results.Sum(static result => (long)Stride(result.Width)) * sizeof(float));
}
