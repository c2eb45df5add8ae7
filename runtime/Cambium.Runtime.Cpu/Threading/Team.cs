using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Cambium.Runtime.Cpu.Threading;

/// <summary>Work in numbered items that may run in any order and on any thread.</summary>
public interface IWork
{
    /// <param name="item">Index of the item.</param>
    /// <param name="thread">Index of the running thread in the team, for <see cref="Team.Scratch"/>.</param>
    void Run(int item, int thread);
}

/// <summary>
/// A fork-join team: the caller is thread 0, the others spin for a short while after each phase and then park, so that consecutive kernels cost
/// a fraction of a microsecond per phase, and an idle or busy machine loses nothing.
/// Items are claimed one by one, and the caller waits for claimed items only: a helper that the operating system does not schedule delays nothing.
/// Allocates nothing per phase. One phase runs at a time; <see cref="Run"/> inside an item runs its items inline.
/// </summary>
public sealed unsafe class Team : IDisposable
{
    // Rounds of some 30 ns. Enough to bridge the serial code between two kernels; far less than a scheduler's time slice.
    private const int SpinRounds = 1000;
    private const int YieldRounds = 16;

    [ThreadStatic]
    private static Team? s_inside;

    [ThreadStatic]
    private static int s_thread;

    private readonly Thread[] _helpers;
    private readonly TeamScratch[] _scratch;
    private readonly TeamScratch _shared = new();
    private readonly object _gate = new();
    private readonly object _oneCaller = new();
    private readonly int _spinRounds;

    // Generation in the upper half, unclaimed items in the lower: one compare-and-swap claims an item of exactly this generation.
    private PaddedLong _state;
    private PaddedLong _finished;
    private int _parked;
    private volatile bool _stopping;

    private int _items;
    private void* _work;
    private delegate*<void*, int, int, void> _invoke;
    private ExceptionDispatchInfo? _failure;

    /// <param name="threads">Threads including the caller; at least 1.</param>
    public Team(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Threads = threads;
        // With more threads than processors, spinning takes time from working threads.
        _spinRounds = threads <= Environment.ProcessorCount ? SpinRounds : 0;
        _scratch = new TeamScratch[threads];
        for (var i = 0; i < threads; i++)
            _scratch[i] = new TeamScratch();
        _helpers = new Thread[threads - 1];
        for (var i = 0; i < _helpers.Length; i++)
        {
            var index = i + 1;
            _helpers[i] = new Thread(() => Help(index)) { IsBackground = true, Name = $"Cambium {index}" };
            _helpers[i].Start();
        }
    }

    /// <summary>Threads including the caller.</summary>
    public int Threads { get; }

    /// <summary>Lets a test begin shortly before the counter of phases wraps.</summary>
    internal void SetGeneration(int generation) => Interlocked.Exchange(ref _state.Value, (long)generation << 32);

    /// <summary>
    /// At least this many bytes for the thread's own use, aligned to a cache line; contents undefined. Valid until the thread asks again:
    /// grown when a larger size is asked for, never shrunk.
    /// </summary>
    public byte* Scratch(int thread, long bytes) => _scratch[thread].Get(bytes);

    /// <summary>Like <see cref="Scratch"/>, but one area for the whole team. Only the caller of <see cref="Run"/> may ask, between phases.</summary>
    public byte* SharedScratch(long bytes) => _shared.Get(bytes);

    /// <summary>
    /// Runs all items and returns when they are done. The first exception of any item is thrown here; items not begun by then are skipped.
    /// </summary>
    public void Run<T>(in T work, int items)
        where T : struct, IWork
    {
        if (items <= 0)
            return;
        if (s_inside == this)
        {
            RunInline(work, items, s_thread);
            return;
        }

        if (items == 1 || _helpers.Length == 0)
        {
            var outer = s_inside;
            var outerThread = s_thread;
            s_inside = this;
            s_thread = 0;
            try
            {
                RunInline(work, items, 0);
            }
            finally
            {
                s_inside = outer;
                s_thread = outerThread;
            }

            return;
        }

        lock (_oneCaller)
            RunTogether(work, items);
    }

    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        lock (_gate)
            Monitor.PulseAll(_gate);
        foreach (var helper in _helpers)
            helper.Join();
        foreach (var scratch in _scratch)
            scratch.Dispose();
        _shared.Dispose();
    }

    private static void RunInline<T>(T work, int items, int thread)
        where T : struct, IWork
    {
        for (var i = 0; i < items; i++)
            work.Run(i, thread);
    }

    private void RunTogether<T>(T work, int items)
        where T : struct, IWork
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        // The copy lives in this frame until every claimed item is done, and the stack doesn't move: helpers may read it through a pointer,
        // object references inside it included, because the collector sees and updates them here.
        _work = Unsafe.AsPointer(ref work);
        _invoke = &Invoke<T>;
        _items = items;
        _failure = null;
        _finished.Value = 0;
        // Kept to 32 bits so that it compares equal to the upper half of the state after it wraps, too.
        long generation = unchecked((int)((_state.Value >> 32) + 1));
        Interlocked.Exchange(ref _state.Value, (generation << 32) | (uint)items);
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_gate)
                Monitor.PulseAll(_gate);
        }

        var outer = s_inside;
        var outerThread = s_thread;
        s_inside = this;
        s_thread = 0;
        WorkOn(generation, 0);
        s_inside = outer;
        s_thread = outerThread;

        for (var round = 0; Volatile.Read(ref _finished.Value) < items; round++)
        {
            if (round < _spinRounds)
                Thread.SpinWait(1);
            else if (round < _spinRounds + 1000)
                Thread.Yield();
            else
                Thread.Sleep(0);
        }

        GC.KeepAlive(this);
        _failure?.Throw();
    }

    private static void Invoke<T>(void* work, int item, int thread)
        where T : struct, IWork
        => Unsafe.AsRef<T>(work).Run(item, thread);

    private void WorkOn(long generation, int thread)
    {
        long done = 0;
        while (true)
        {
            var state = Volatile.Read(ref _state.Value);
            if (state >> 32 != generation || (uint)state == 0)
                break;
            if (Interlocked.CompareExchange(ref _state.Value, state - 1, state) != state)
                continue;
            // A claimed item keeps the caller in its frame, so the fields below belong to this generation.
            var item = _items - (int)(uint)state;
            if (Volatile.Read(ref _failure) is null)
            {
                try
                {
                    _invoke(_work, item, thread);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
                }
            }

            done++;
        }

        if (done > 0)
            Interlocked.Add(ref _finished.Value, done);
    }

    private void Help(int thread)
    {
        s_inside = this;
        s_thread = thread;
        while (!_stopping)
        {
            var state = WaitForWork();
            if ((uint)state != 0)
                WorkOn(state >> 32, thread);
        }
    }

    private long WaitForWork()
    {
        for (var round = 0; round < _spinRounds + YieldRounds; round++)
        {
            var state = Volatile.Read(ref _state.Value);
            if ((uint)state != 0 || _stopping)
                return state;
            if (round < _spinRounds)
                Thread.SpinWait(1);
            else
                Thread.Yield();
        }

        lock (_gate)
        {
            // The increment is a full fence, as is the exchange that publishes work: either we see the work or the caller sees us.
            Interlocked.Increment(ref _parked);
            try
            {
                while (true)
                {
                    var state = Volatile.Read(ref _state.Value);
                    if ((uint)state != 0 || _stopping)
                        return state;
                    Monitor.Wait(_gate);
                }
            }
            finally
            {
                Interlocked.Decrement(ref _parked);
            }
        }
    }
}
