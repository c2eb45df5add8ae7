namespace Cambium.Runtime;

/// <summary>
/// Carries actions from any thread to the thread of the loop, which runs them between two steps. It also knows whether and why the engine is closed.
/// </summary>
internal sealed class CommandQueue
{
    private readonly Lock _gate = new();
    private readonly Queue<Command> _commands = new();
    private readonly AutoResetEvent _wake = new(false);
    private Exception? _closed;

    /// <summary>Adds a command.</summary>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    /// <exception cref="EngineFailedException">The loop has failed.</exception>
    public void Post(Command command)
    {
        if (!TryPost(command))
            throw ClosedError();
    }

    /// <summary>Adds a command unless the engine is closed.</summary>
    public bool TryPost(Command command)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return false;
            _commands.Enqueue(command);
        }

        Wake();
        return true;
    }

    /// <summary>Runs a function between two steps and gives its result.</summary>
    /// <param name="cancellation">Ends the waiting; the function runs all the same.</param>
    public Task<T> RunAsync<T>(Func<EngineLoop, T> function, CancellationToken cancellation) => RunToEndAsync(function).WaitAsync(cancellation);

    /// <summary>
    /// Runs a function between two steps and gives its result. The task completes with the function and not before: a function that can be cancelled
    /// decides itself whether it was.
    /// </summary>
    public Task<T> RunToEndAsync<T>(Func<EngineLoop, T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Command(
            loop =>
            {
                try
                {
                    done.TrySetResult(function(loop));
                }
                catch (OperationCanceledException cancelled)
                {
                    done.TrySetCanceled(cancelled.CancellationToken);
                }
                catch (Exception error)
                {
                    done.TrySetException(error);
                }
            },
            error => done.TrySetException(error)));
        return done.Task;
    }

    /// <summary>Ends the loop's sleep.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Sleeps until <see cref="Wake"/> or until the time is over.</summary>
    public void Wait(TimeSpan? time) =>
        _wake.WaitOne(time is { } limit ? (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue) : Timeout.Infinite);

    /// <summary>Runs all commands. On the loop's thread.</summary>
    public void Drain(EngineLoop loop)
    {
        while (TryTake(out var command))
            command.Run(loop);
    }

    /// <summary>Rejects further commands with this reason. The reason of the first call counts.</summary>
    public void Close(Exception reason)
    {
        lock (_gate)
            _closed ??= reason;
    }

    /// <summary>Fails the commands that a closed queue still contains.</summary>
    public void Abandon()
    {
        while (TryTake(out var command))
            command.Abandon?.Invoke(ClosedError());
    }

    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    /// <exception cref="EngineFailedException">The loop has failed.</exception>
    public void ThrowIfClosed()
    {
        lock (_gate)
        {
            if (_closed is null)
                return;
        }

        throw ClosedError();
    }

    /// <summary>Why the queue is closed, as a new exception for each caller, so that each has its own stack trace.</summary>
    public Exception ClosedError()
    {
        lock (_gate)
        {
            return _closed is EngineFailedException { InnerException: { } inner } failed
                ? new EngineFailedException(failed.Message, inner)
                : Disposed();
        }
    }

    public static ObjectDisposedException Disposed() => new("Engine", "The engine was disposed before the answer was complete.");

    private bool TryTake(out Command command)
    {
        lock (_gate)
            return _commands.TryDequeue(out command);
    }
}
