namespace Cambium.Runtime;

/// <summary>Lets a limited number of requests in; further ones wait or are refused. A drained gate refuses all.</summary>
/// <param name="limit"><see cref="EngineOptions.MaxQueued"/>.</param>
/// <param name="refuseWhenFull"><see cref="EngineOptions.RefuseWhenFull"/>.</param>
/// <param name="commands">Says whether the engine is closed.</param>
/// <param name="stopping">Ends the waiting.</param>
internal sealed class RequestGate(int limit, bool refuseWhenFull, CommandQueue commands, CancellationToken stopping)
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room = new(limit);
    private TaskCompletionSource? _drained;
    private int _active;

    /// <summary>Waits for room. <see cref="Leave"/> has to follow.</summary>
    /// <returns>True.</returns>
    /// <exception cref="RequestRefusedException">The gate is full or drained.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    /// <exception cref="EngineFailedException">The loop has failed.</exception>
    public async ValueTask<bool> EnterAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_drained is not null)
                throw new RequestRefusedException("The engine is being drained and takes no more requests.");
            _active++;
        }

        try
        {
            await TakeRoomAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch
        {
            CountLeft();
            throw;
        }
    }

    /// <summary>A request that entered has ended.</summary>
    public void Leave()
    {
        _room.Release();
        CountLeft();
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

    private async Task TakeRoomAsync(CancellationToken cancellation)
    {
        if (refuseWhenFull)
        {
            commands.ThrowIfClosed();
            if (!_room.Wait(0, CancellationToken.None))
            {
                throw new RequestRefusedException(
                    $"{limit} requests are waiting or running already (EngineOptions.MaxQueued); try again when some are answered.");
            }

            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stopping);
        try
        {
            await _room.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw commands.ClosedError();
        }
    }

    private void CountLeft()
    {
        lock (_gate)
        {
            if (--_active == 0)
                _drained?.TrySetResult();
        }
    }
}
