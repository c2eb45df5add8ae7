using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Cambium.Checkpoints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Steps;
using Cambium.Text.Templates;

namespace Cambium.Runtime;

/// <summary>Serves a model to many callers at once: an <see cref="EngineLoop"/> on a thread of its own. All members may be called from any thread.</summary>
public sealed class Engine : IAsyncDisposable
{
    private const int MaxUnreadEvents = 1 << 16;

    private readonly EngineLoop _loop;
    private readonly EngineOptions _options;
    private readonly Lock _gate = new();
    private readonly Queue<Command> _commands = new();
    private readonly List<(StreamSink Sink, GeneratedToken Token)> _deliveries = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly SemaphoreSlim _room;
    private readonly EngineTelemetry _telemetry;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EngineStatistics _statistics;
    private bool? _twoPhase;
    private Exception? _closed;
    private int _active;
    private TaskCompletionSource? _drained;

    /// <inheritdoc cref="EngineLoop(CompiledModel, EngineOptions?, TimeProvider?)"/>
    public Engine(CompiledModel model, EngineOptions? options = null, TimeProvider? clock = null)
    {
        _options = options ?? new EngineOptions();
        Model = model;
        _loop = new EngineLoop(model, _options, clock);
        _room = new SemaphoreSlim(_options.MaxQueued);
        _twoPhase = _options.TwoPhase;
        _statistics = _loop.Statistics;
        _telemetry = new EngineTelemetry(model.Definition.Name, () => Statistics, clock ?? TimeProvider.System);
        new Thread(Run) { IsBackground = true, Name = "Cambium engine" }.Start();
    }

    /// <summary>The model that it serves.</summary>
    public CompiledModel Model { get; }

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
    /// Where <see cref="EngineOptions.MaxQueued"/> requests are there already, it waits for its turn to enter, unless <see cref="EngineOptions.RefuseWhenFull"/> is set.
    /// </summary>
    /// <exception cref="RequestRefusedException">It can never be served, or not now: the engine is full or being drained; the message has the numbers.</exception>
    /// <exception cref="TimeoutException">The request's <see cref="Request.Timeout"/> is over; the message says how far it came.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed before the answer was complete.</exception>
    /// <exception cref="EngineFailedException">The loop or the step that the request was part of failed; the inner exception says how.</exception>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = _telemetry.Begin(request);
        Generation? generation = null;
        var sink = new StreamSink(this, _options.MaxUnread);
        var isInside = false;
        try
        {
            await TellAsync(call, EnterAsync(cancellation)).ConfigureAwait(false);
            isInside = true;
            generation = Start(call, request, sink);
            while (await TellAsync(call, sink.WaitAsync(cancellation)).ConfigureAwait(false))
            {
                while (sink.TryRead(out var token))
                {
                    call.See(token);
                    yield return token;
                }
            }
        }
        finally
        {
            if (generation is not null)
                Withdraw(generation);
            if (isInside)
                Leave();
            call.End();
        }
    }

    private Generation Start(EngineTelemetry.Call call, Request request, StreamSink sink)
    {
        try
        {
            var generation = _loop.Prepare(request, sink);
            Post(new Command(generation, IsCancel: false));
            return generation;
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
        }
    }

    private static async ValueTask<T> TellAsync<T>(EngineTelemetry.Call call, ValueTask<T> task)
    {
        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
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

    /// <summary>Begins a conversation: a sequence that goes on over several requests and keeps its place in the tree in between.</summary>
    /// <param name="keep">How long its keys and values stay after each turn; null: five minutes, <see cref="Timeout.InfiniteTimeSpan"/>: as long as there is room. Like <see cref="Request.Pin"/> it keeps half of a share of the pool at most.</param>
    /// <param name="tenant">Whose it is, as <see cref="Request.Tenant"/>.</param>
    /// <param name="tokens">What has been said already.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is not positive.</exception>
    public Conversation BeginConversation(TimeSpan? keep = null, string tenant = "", IEnumerable<int>? tokens = null)
    {
        var time = keep ?? TimeSpan.FromMinutes(5);
        if (time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(keep), keep, "It must be positive, Timeout.InfiniteTimeSpan, or null.");
        ArgumentNullException.ThrowIfNull(tenant);
        return new Conversation(this, _loop, tenant, time, tokens ?? []);
    }

    /// <summary>
    /// Everything that happens to complete chunks: first what is there already, as if it had just been stored, then what comes. For directories of who has which prefixes, and for looking on. Ends when the engine is disposed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The reader fell behind by more than 65,536 events. Begin again, with what is there then.</exception>
    public async IAsyncEnumerable<Cache.TreeEvent> WatchTreeAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var channel = Channel.CreateBounded<Cache.TreeEvent>(new BoundedChannelOptions(MaxUnreadEvents) { SingleReader = true });
        Action<Cache.TreeEvent> listener = change =>
        {
            if (!channel.Writer.TryWrite(change))
                channel.Writer.TryComplete(new InvalidOperationException($"The reader of tree events fell behind by more than {MaxUnreadEvents} events; watch again, which begins with what is there then."));
        };
        using var end = _stopping.Token.Register(() => channel.Writer.TryComplete());
        try
        {
            // Cancelled before it has begun, it begins all the same, and is ended below like any other.
            var there = await BetweenStepsAsync(
                () =>
                {
                    _loop.TreeChanged += listener;
                    return _loop.StoredChunks();
                },
                cancellation).ConfigureAwait(false);
            foreach (var change in there)
                yield return change;
            await foreach (var change in channel.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return change;
        }
        finally
        {
            TryPost(() => _loop.TreeChanged -= listener);
        }
    }

    /// <summary>The tree of cached prefixes between two steps.</summary>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Task<Cache.TreeSnapshot> SnapshotAsync(CancellationToken cancellation = default) => BetweenStepsAsync(_loop.Snapshot, cancellation);

    /// <inheritdoc cref="EngineLoop.DescribePlan"/>
    public Task<string> DescribePlanAsync(CancellationToken cancellation = default) => BetweenStepsAsync(_loop.DescribePlan, cancellation);

    /// <inheritdoc cref="EngineLoop.Save"/>
    public Task<int> SaveAsync(string path, CancellationToken cancellation = default) => BetweenStepsAsync(() => _loop.Save(path), cancellation);

    /// <inheritdoc cref="EngineLoop.Load"/>
    public Task<int> LoadAsync(string path, CancellationToken cancellation = default) => BetweenStepsAsync(() => _loop.Load(path), cancellation);

    /// <summary>Ends every pin: the prompts that were kept by <see cref="Request.Pin"/> are cached like others from now on.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Task<int> UnpinAsync(CancellationToken cancellation = default) => BetweenStepsAsync(
        () =>
        {
            var pins = _loop.Pins;
            _loop.Unpin();
            return pins;
        },
        cancellation);

    /// <summary>
    /// Takes no more requests (they get <see cref="RequestRefusedException"/>) and completes when those that are there have their answers. Dispose the engine then; disposing it earlier ends them.
    /// </summary>
    /// <param name="cancellation">Ends the waiting; the engine goes on refusing.</param>
    public Task DrainAsync(CancellationToken cancellation = default)
    {
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_active == 0)
                _drained.TrySetResult();
            return _drained.Task.WaitAsync(cancellation);
        }
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
        _telemetry.Dispose();
    }

    /// <summary>Whether somebody watches the tree; between steps.</summary>
    internal bool IsWatched => _loop.IsWatched;

    internal void Wake() => _wake.Set();

    /// <summary>Keeps a token until the step that made it has been counted. On the loop's thread.</summary>
    internal void Deliver(StreamSink sink, in GeneratedToken token) => _deliveries.Add((sink, token));

    private static ObjectDisposedException Disposed() => new(nameof(Engine), "The engine was disposed before the answer was complete.");

    /// <returns>True.</returns>
    private async ValueTask<bool> EnterAsync(CancellationToken cancellation)
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
            Leave(hadRoom: false);
            throw;
        }
    }

    private void Leave(bool hadRoom = true)
    {
        if (hadRoom)
            _room.Release();
        lock (_gate)
        {
            if (--_active == 0)
                _drained?.TrySetResult();
        }
    }

    private async Task TakeRoomAsync(CancellationToken cancellation)
    {
        if (_options.RefuseWhenFull)
        {
            lock (_gate)
            {
                if (_closed is not null)
                    throw Closed();
            }

            if (!_room.Wait(0, CancellationToken.None))
                throw new RequestRefusedException($"{_options.MaxQueued} requests are waiting or running already (EngineOptions.MaxQueued); try again when some are answered.");
            return;
        }

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

    internal Task BetweenStepsAsync(Action act) => BetweenStepsAsync(
        () =>
        {
            act();
            return true;
        },
        CancellationToken.None);

    internal Task<T> BetweenStepsAsync<T>(Func<T> act, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Command(null, IsCancel: false, () =>
        {
            try
            {
                done.TrySetResult(act());
            }
            catch (Exception error)
            {
                done.TrySetException(error);
            }
        }));

        // An engine that stops in between does nothing any more.
        _ = _stopped.Task.ContinueWith(_ => done.TrySetException(Closed()), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return done.Task.WaitAsync(cancellation);
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
    private void Withdraw(Generation generation) => TryPost(new Command(generation, IsCancel: true));

    private void TryPost(Action act) => TryPost(new Command(null, IsCancel: false, act));

    // A loop that has ended has forgotten everything.
    private void TryPost(Command command)
    {
        lock (_gate)
        {
            if (_closed is not null)
                return;
            _commands.Enqueue(command);
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
                    _wake.WaitOne(_loop.UntilNextDeadline is { } left ? (int)Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 0, int.MaxValue) : Timeout.Infinite);
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

            command.Act?.Invoke();
            if (command.Generation is not { } generation)
                continue;
            if (command.IsCancel)
                _loop.Cancel(generation.Number);
            else
                _loop.Add(generation);
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
                    command.Generation?.Sink.Fail(_closed);
            }

            _commands.Clear();
        }

        // Whoever waits to enter is told, too.
        _stopping.Cancel();
        _loop.Dispose();
        _stopped.SetResult();
    }

    // Adds a request, cancels one, or does something between two steps.
    private readonly record struct Command(Generation? Generation, bool IsCancel, Action? Act = null);
}
