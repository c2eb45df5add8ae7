using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// The machine's processors and memory. Steps of one device take turns, since they share its threads and their scratch memory; engines that are to
/// run at the same time have a device each.
/// </summary>
public sealed class CpuDevice : Device
{
    private readonly Lock _start = new();
    private Team? _team;
    private volatile bool _isDisposed;

    /// <param name="options">How many threads.</param>
    public CpuDevice(DeviceOptions? options = null)
    {
        var threads = options?.Threads ?? 0;
        ArgumentOutOfRangeException.ThrowIfNegative(threads, "Threads");
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
    }

    /// <inheritdoc/>
    public override string Name => $"CPU ({Simd.Name}, {Threads} threads)";

    /// <inheritdoc/>
    public override long FreeBytes => FreeMemory.Bytes();

    /// <summary>Threads, including the one that awaits a step.</summary>
    public int Threads { get; }

    /// <summary>The threads of kernels and of host work. They start with the first program: a device that only gives facts costs nothing.</summary>
    /// <exception cref="ObjectDisposedException">The device has been disposed.</exception>
    internal Team Team
    {
        get
        {
            lock (_start)
            {
                ThrowIfDisposed();
                return _team ??= new Team(Threads);
            }
        }
    }

    /// <summary>Held by the step or the host work that uses the threads.</summary>
    internal Lock Turn { get; } = new();

    /// <inheritdoc/>
    public override long PageBytes(IReadOnlyList<CacheSite> sites, int chunkSize, KvStorage storage = KvStorage.F32) =>
        CpuChunkStore.BytesOfPage(new KvLayout(sites, chunkSize, Simd.PanelWidth, storage));

    /// <inheritdoc/>
    public override ChunkStore CreateStore(IReadOnlyList<CacheSite> sites, int chunkSize, int pages, KvStorage storage = KvStorage.F32) =>
        new CpuChunkStore(new KvLayout(sites, chunkSize, Simd.PanelWidth, storage), pages);

    /// <inheritdoc/>
    public override IAttentionCost AttentionCost(IReadOnlyList<CacheSite> sites, KvStorage storage = KvStorage.F32)
    {
        // If there are several kinds of attention, the one with the most keys and values decides.
        var widest = sites.DefaultIfEmpty(new CacheSite(1, 1, 1, 1))
            .MaxBy(static site => (long)site.Layers * site.KvHeads * (site.KeySize + site.ValueSize));
        return new AttentionCost(
            widest.KvHeads, Math.Max(1, widest.Heads / widest.KvHeads),
            widest.KvHeads * storage.TokenBytes(widest.KeySize, widest.ValueSize), Threads, storage);
    }

    /// <inheritdoc/>
    public override long ProgramBytes(CompiledModel model, in ProgramLimits limits)
    {
        ArgumentNullException.ThrowIfNull(model);
        return CpuProgram.Bytes(model, limits);
    }

    /// <inheritdoc/>
    public override ModelProgram Open(CompiledModel model, in ProgramLimits limits, ChunkStore store)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(store);
        return model.CreateProgram(this, limits, store);
    }

    /// <inheritdoc/>
    public override void RunOnHost(IHostWork work, int items, int scratchBytes)
    {
        lock (Turn)
            Team.Run(new HostItems(Team, work, scratchBytes), items);
    }

    /// <inheritdoc/>
    /// <remarks>Waits for the step or the host work that uses the threads.</remarks>
    /// <exception cref="InvalidOperationException">The call comes from within a step of the device.</exception>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        if (Turn.IsHeldByCurrentThread)
            throw new InvalidOperationException($"'{Name}' was disposed from within one of its own steps; dispose it when the step has ended.");
        lock (Turn)
        {
            lock (_start)
            {
                _isDisposed = true;
                _team?.Dispose();
            }
        }
    }

    /// <exception cref="ObjectDisposedException">The device has been disposed.</exception>
    internal void ThrowIfDisposed()
    {
        if (_isDisposed)
            throw new ObjectDisposedException(nameof(CpuDevice), $"'{Name}' has been disposed; dispose it after its engines and programs.");
    }

    private readonly unsafe struct HostItems(Team team, IHostWork work, int scratchBytes) : IWork
    {
        public void Run(int item, int thread) => work.Run(item, new Span<byte>(team.Scratch(thread, scratchBytes), scratchBytes));
    }
}
