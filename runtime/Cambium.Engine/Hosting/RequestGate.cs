namespace Cambium.Runtime;

/// <summary>
/// Lets requests in while there are places for all of their answers; further ones wait or are refused. A drained gate refuses all. Of those that
/// wait the one with the fewest answers is next, so that a request with one answer does not wait for many with a thousand; the oldest is bypassed a
/// limited number of times.
/// </summary>
/// <param name="limit"><see cref="EngineOptions.MaxQueued"/>.</param>
/// <param name="maxBypasses"><see cref="EngineOptions.MaxBypasses"/>.</param>
/// <param name="refuseWhenFull"><see cref="EngineOptions.RefuseWhenFull"/>.</param>
/// <param name="commands">Says whether the engine is closed.</param>
/// <param name="stopping">Ends the waiting.</param>
internal sealed class RequestGate(int limit, int maxBypasses, bool refuseWhenFull, CommandQueue commands, CancellationToken stopping)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<Waiter> _byArrival = new(Comparer<Waiter>.Create(static (a, b) => a.Number.CompareTo(b.Number)));
    private readonly SortedSet<Waiter> _bySize = new(Comparer<Waiter>.Create(static (a, b) => (a.Places, a.Number).CompareTo((b.Places, b.Number))));
    private TaskCompletionSource? _drained;
    private int _taken;
    private int _active;
    private long _lastNumber;
    private long _oldest;
    private int _bypasses;

    /// <summary>Waits for places. <see cref="Leave"/> has to follow for all of them.</summary>
    /// <param name="places">Answers of the request, at most the limit.</param>
    /// <returns><paramref name="places"/>.</returns>
    /// <exception cref="RequestRefusedException">The gate is full or drained.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    /// <exception cref="EngineFailedException">The loop has failed.</exception>
    public async ValueTask<int> EnterAsync(int places, CancellationToken cancellation)
    {
        commands.ThrowIfClosed();
        cancellation.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_gate)
        {
            if (_drained is not null)
                throw new RequestRefusedException("The engine is being drained and takes no more requests.");
            if (refuseWhenFull && places > limit - _taken)
            {
                throw new RequestRefusedException(
                    $"The engine is full: EngineOptions.MaxQueued is {limit}, and this request takes a place for each of its {places} answers; "
                    + "try again later.");
            }

            _active++;
            waiter = new Waiter(++_lastNumber, places);
            _byArrival.Add(waiter);
            _bySize.Add(waiter);
            Grant();
        }

        if (!waiter.Granted.Task.IsCompleted)
            await WaitAsync(waiter, cancellation).ConfigureAwait(false);
        return places;
    }

    /// <summary>Answers have ended.</summary>
    /// <param name="places">How many of the request's places are given back.</param>
    /// <param name="isLast">Whether the request has ended.</param>
    public void Leave(int places, bool isLast)
    {
        lock (_gate)
        {
            _taken -= places;
            Grant();
            if (isLast && --_active == 0)
                _drained?.TrySetResult();
        }
    }

    /// <summary>Refuses further requests; completes when those inside have left.</summary>
    /// <param name="cancellation">Ends the waiting; the gate stays closed.</param>
    public Task DrainAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_active == 0)
                _drained.TrySetResult();
            return _drained.Task.WaitAsync(cancellation);
        }
    }

    private async Task WaitAsync(Waiter waiter, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        try
        {
            await waiter.Granted.Task.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                // The places may have been granted at the same time.
                var wasWaiting = _byArrival.Remove(waiter);
                _bySize.Remove(waiter);
                Leave(wasWaiting ? 0 : waiter.Places, isLast: true);
            }

            if (!cancellation.IsCancellationRequested)
                throw commands.ClosedError();
            throw;
        }
    }

    // Inside the lock.
    private void Grant()
    {
        while (_byArrival.Min is { } oldest)
        {
            if (oldest.Number != _oldest)
                (_oldest, _bypasses) = (oldest.Number, 0);
            var next = _bypasses < maxBypasses ? _bySize.Min! : oldest;
            if (next.Places > limit - _taken)
                return;
            _bypasses += ReferenceEquals(next, oldest) ? 0 : 1;
            _taken += next.Places;
            _byArrival.Remove(next);
            _bySize.Remove(next);
            next.Granted.SetResult();
        }
    }

    private sealed class Waiter(long number, int places)
    {
        public long Number { get; } = number;

        public int Places { get; } = places;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
