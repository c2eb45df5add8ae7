using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Steps;

namespace Cambium.TestKit;

/// <summary>
/// A second device: the arithmetic of the CPU, but another order of heads in a chunk with padding between them, pages in descending order at odd
/// addresses, and steps that complete on another thread after a drawn delay.
/// Code above the device that assumes the CPU's layout or its timing fails on it. Bits are those of the CPU.
/// </summary>
public sealed class ScatteredDevice : Device
{
    private const int Padding = 192;

    private readonly CpuDevice _cpu;
    private readonly Random _random;

    /// <param name="options">Threads of the kernels.</param>
    /// <param name="seed">Draws the delays.</param>
    public ScatteredDevice(DeviceOptions? options = null, int seed = 1)
    {
        _cpu = new CpuDevice(options);
        _random = new Random(seed);
    }

    public override string Name => "scattered " + _cpu.Name;

    public override long FreeBytes => _cpu.FreeBytes;

    public override long PageBytes(IReadOnlyList<CacheSite> sites, int chunkSize, KvStorage storage = KvStorage.F32) =>
        CpuChunkStore.BytesOfPage(Layout(sites, chunkSize, storage));

    public override ChunkStore CreateStore(IReadOnlyList<CacheSite> sites, int chunkSize, int pages, KvStorage storage = KvStorage.F32)
    {
        var layout = Layout(sites, chunkSize, storage);
        return new CpuChunkStore(layout, pages, stride: -(CpuChunkStore.BytesOfPage(layout) + Padding), shift: 20, "scattered");
    }

    public override IAttentionCost AttentionCost(IReadOnlyList<CacheSite> sites, KvStorage storage = KvStorage.F32) =>
        _cpu.AttentionCost(sites, storage);

    public override long ProgramBytes(CompiledModel model, in ProgramLimits limits) => _cpu.ProgramBytes(model, limits);

    public override ModelProgram Open(CompiledModel model, in ProgramLimits limits, ChunkStore store) =>
        new DelayedProgram(_cpu.Open(model, limits, store), this);

    public override void RunOnHost(IHostWork work, int items, int scratchBytes) => _cpu.RunOnHost(work, items, scratchBytes);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _cpu.Dispose();
    }

    // Heads of the last layer and site first.
    private static KvLayout Layout(IReadOnlyList<CacheSite> sites, int chunkSize, KvStorage storage) =>
        new(sites, chunkSize, Simd.PanelWidth, storage,
            static heads => heads.OrderByDescending(static at => at.Head)
            .ThenByDescending(static at => at.Layer).ThenByDescending(static at => at.Site),
            Padding);

    // Mostly shorter than a step, sometimes much longer.
    private void Delay()
    {
        int spins, sleep;
        lock (_random)
            (spins, sleep) = (_random.Next(2000), _random.Next(64));
        Thread.SpinWait(spins);
        if (sleep == 0)
            Thread.Sleep(1);
    }

    private sealed class DelayedProgram(ModelProgram inner, ScatteredDevice device) : DelegatingProgram(inner.Model, inner)
    {
        private Task _step = Task.CompletedTask;

        protected override void Start()
        {
            base.Start();
            _step = Task.Run(() =>
            {
                device.Delay();
                base.Complete();
            });
        }

        protected override void Complete() => _step.GetAwaiter().GetResult();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                ((IAsyncResult)_step).AsyncWaitHandle.WaitOne();
            base.Dispose(disposing);
        }
    }
}
