namespace Cambium.Runtime;

/// <summary>Steps a loop on a thread of its own while there is work, and sleeps otherwise.</summary>
internal sealed class LoopThread
{
    private readonly EngineLoop _loop;
    private readonly CommandQueue _commands;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private EngineStatistics _statistics;

    /// <param name="loop">The loop; from here on the thread owns it, and disposes it in the end.</param>
    /// <param name="commands">What to do between steps.</param>
    public LoopThread(EngineLoop loop, CommandQueue commands)
    {
        _loop = loop;
        _commands = commands;
        _statistics = loop.Statistics;
        Stopping = _stopping.Token;
    }

    /// <summary>Cancelled when the engine is disposed or the loop has failed.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Counters after the last step.</summary>
    public EngineStatistics Statistics
    {
        get
        {
            lock (_gate)
                return _statistics;
        }
    }

    public void Start() => new Thread(Run) { IsBackground = true, Name = "Cambium engine" }.Start();

    /// <summary>Ends the loop after the step that runs, and waits for its end.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _commands.Wake();
        await _stopped.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        try
        {
            while (!Stopping.IsCancellationRequested)
            {
                _commands.Drain(_loop);
                var worked = _loop.Compute();
                // Statistics first, so that they include every answer that a caller has read.
                Publish();
                _loop.Deliver();
                if (!worked)
                    _commands.Wait(_loop.UntilNextDeadline);
            }
        }
        catch (Exception e)
        {
            var failure = new EngineFailedException($"The engine's loop failed and serves no more requests: {e.MessageOrType}", e);
            _commands.Close(failure);
            _loop.CancelAll(failure);
        }
        finally
        {
            Close();
        }
    }

    private void Publish()
    {
        var statistics = _loop.Statistics;
        lock (_gate)
            _statistics = statistics;
    }

    private void Close()
    {
        try
        {
            _commands.Close(CommandQueue.Disposed());
            _commands.Abandon();
            // Requests that wait at the gate are ended as well.
            _stopping.Cancel();
            _loop.Dispose();
        }
        finally
        {
            _stopped.SetResult();
        }
    }
}
