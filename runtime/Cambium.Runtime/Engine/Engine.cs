using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Engine;

/// <summary>Serves a model to many callers at once: an <see cref="EngineLoop"/> on a thread of its own. All members may be called from any thread.</summary>
public sealed class Engine : IAsyncDisposable
{
    private readonly EngineLoop _loop;
    private readonly EngineOptions _options;
    private readonly Lock _gate = new();
    private readonly Queue<Command> _commands = new();
    private readonly List<(StreamSink Sink, GeneratedToken Token)> _deliveries = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EngineStatistics _statistics;
    private bool? _twoPhase;
    private Exception? _closed;

    /// <inheritdoc cref="EngineLoop(CompiledModel, EngineOptions?, TimeProvider?)"/>
    public Engine(CompiledModel model, EngineOptions? options = null)
    {
        _options = options ?? new EngineOptions();
        _loop = new EngineLoop(model, _options);
        _room = new SemaphoreSlim(_options.MaxQueued);
        _twoPhase = _options.TwoPhase;
        _statistics = _loop.Statistics;
        new Thread(Run) { IsBackground = true, Name = "Cambium engine" }.Start();
    }

    /// <inheritdoc cref="EngineLoop.ContextLength"/>
    public int ContextLength => _loop.ContextLength;

    /// <inheritdoc cref="EngineLoop.PoolTokens"/>
    public int PoolTokens => _loop.PoolTokens;

    /// <inheritdoc cref="EngineLoop.TwoPhase"/>
    public bool? TwoPhase
    {
        get
        {
            lock (_gate)
                return _twoPhase;
        }

        set
        {
            lock (_gate)
                _twoPhase = value;
        }
    }

    /// <summary>Counters as they were when the last token was handed out; whoever has read an answer finds it counted.</summary>
    public EngineStatistics Statistics
    {
        get
        {
            lock (_gate)
                return _statistics;
        }
    }

    /// <summary>
    /// Streams the answer to a request. Enumeration starts it; leaving the enumeration early or cancelling ends it and gives everything it had back.
    /// Where <see cref="EngineOptions.MaxQueued"/> requests are there already, it waits for its turn to enter.
    /// </summary>
    /// <exception cref="RequestRefusedException">It can never be served; the message has the numbers.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed before the answer was complete.</exception>
    /// <exception cref="EngineFailedException">The loop or the step that the request was part of failed; the inner exception says how.</exception>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await EnterAsync(cancellation).ConfigureAwait(false);
        Generation? generation = null;
        var sink = new StreamSink(this, _options.MaxUnread);
        try
        {
            generation = _loop.Prepare(request, sink);
            Post(new Command(generation, IsCancel: false));
            while (await sink.WaitAsync(cancellation).ConfigureAwait(false))
            {
                while (sink.TryRead(out var token))
                    yield return token;
            }
        }
        finally
        {
            if (generation is not null)
                Withdraw(generation);
            _room.Release();
        }
    }

    /// <summary>The whole answer at once, of several the first; otherwise like <see cref="GenerateAsync"/>.</summary>
    public async Task<Completion> CompleteAsync(Request request, CancellationToken cancellation = default) => (await CompleteAllAsync(request, cancellation).ConfigureAwait(false))[0];

    /// <summary>All answers to a request at once; otherwise like <see cref="GenerateAsync"/>.</summary>
    public async Task<IReadOnlyList<Completion>> CompleteAllAsync(Request request, CancellationToken cancellation = default)
    {
        var answers = new CollectingSink();
        await foreach (var token in GenerateAsync(request, cancellation).ConfigureAwait(false))
            answers.Next(token);
        return answers.Completions;
    }

    /// <summary>
    /// Ends all requests that are still there (their callers get <see cref="ObjectDisposedException"/>), stops the thread and frees the pool. The model
    /// stays the caller's.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _closed ??= Disposed();
        await _stopping.CancelAsync().ConfigureAwait(false);
        Wake();
        await _stopped.Task.ConfigureAwait(false);
    }

    internal void Wake() => _wake.Set();

    /// <summary>Keeps a token until the step that made it has been counted. On the loop's thread.</summary>
    internal void Deliver(StreamSink sink, in GeneratedToken token) => _deliveries.Add((sink, token));

    private static ObjectDisposedException Disposed() => new(nameof(Engine), "The engine was disposed before the answer was complete.");

    private async Task EnterAsync(CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping.Token);
        try
        {
            await _room.WaitAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Closed();
        }
    }

    // A new exception for each caller, so that their stack traces stay apart.
    private Exception Closed()
    {
        lock (_gate)
            return _closed is EngineFailedException { InnerException: { } inner } failed ? new EngineFailedException(failed.Message, inner) : Disposed();
    }

    private void Post(Command command)
    {
        lock (_gate)
        {
            if (_closed is not null)
                throw Closed();
            _commands.Enqueue(command);
        }

        Wake();
    }

    // The reader leaves. If the answer is complete there is nothing to withdraw, and the loop finds that out itself.
    private void Withdraw(Generation generation)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return;
            _commands.Enqueue(new Command(generation, IsCancel: true));
        }

        Wake();
    }

    private void Run()
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                Obey();
                var worked = _loop.Step();
                Publish();
                if (!worked)
                    _wake.WaitOne();
            }
        }
        catch (Exception e)
        {
            lock (_gate)
                _closed = new EngineFailedException($"The engine's loop failed and serves no more requests: {e.Message}", e);
            _loop.CancelAll(_closed);
        }
        finally
        {
            Close();
        }
    }

    private void Obey()
    {
        while (true)
        {
            Command command;
            lock (_gate)
            {
                _loop.TwoPhase = _twoPhase;
                if (!_commands.TryDequeue(out command))
                    return;
            }

            if (command.IsCancel)
                _loop.Cancel(command.Generation.Number);
            else
                _loop.Add(command.Generation);
        }
    }

    private void Publish()
    {
        var statistics = _loop.Statistics;
        lock (_gate)
            _statistics = statistics;
        foreach (var (sink, token) in _deliveries)
            sink.Release(token);
        _deliveries.Clear();
    }

    private void Close()
    {
        lock (_gate)
        {
            _closed ??= Disposed();
            foreach (var command in _commands)
            {
                if (!command.IsCancel)
                    command.Generation.Sink.Fail(_closed);
            }

            _commands.Clear();
        }

        // Whoever waits to enter is told, too.
        _stopping.Cancel();
        _loop.Dispose();
        _stopped.SetResult();
    }

    private readonly record struct Command(Generation Generation, bool IsCancel);
}
