using System.Runtime.CompilerServices;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Prefixes;

namespace Cambium.Runtime;

/// <summary>
/// Serves a model to many callers at once: an <see cref="EngineLoop"/> on a thread of its own. All members may be called from any thread.
/// </summary>
public sealed class Engine : IAsyncDisposable
{
    private static readonly TimeSpan DefaultKeep = TimeSpan.FromMinutes(5);

    private readonly EngineLoop _loop;
    private readonly EngineOptions _options;
    private readonly CommandQueue _commands = new();
    private readonly LoopThread _thread;
    private readonly RequestGate _gate;
    private readonly TreeWatch _watch;
    private readonly ConversationHost _conversations;
    private readonly EngineTelemetry _telemetry;
    private readonly Lock _twoPhaseLock = new();
    private bool? _twoPhase;

    /// <inheritdoc cref="EngineLoop(CompiledModel, EngineOptions?, TimeProvider?)"/>
    public Engine(CompiledModel model, EngineOptions? options = null, TimeProvider? clock = null)
    {
        _options = options ?? new EngineOptions();
        Model = model;
        _loop = new EngineLoop(model, _options, clock);
        try
        {
            _twoPhase = _options.TwoPhase;
            _thread = new LoopThread(_loop, _commands);
            _loop.Registry.UnloadBy(UnloadAsync);
            _gate = new RequestGate(_options.MaxQueued, _options.MaxBypasses, _options.RefuseWhenFull, _commands, _thread.Stopping);
            _watch = new TreeWatch(_commands, _thread.Stopping);
            _conversations = new ConversationHost(model.Checkpoint, GenerateAsync, _commands);
            _telemetry = new EngineTelemetry(model.Definition.Name, () => Statistics, clock ?? TimeProvider.System);
            _thread.Start();
        }
        catch
        {
            _telemetry?.Dispose();
            _loop.Dispose();
            throw;
        }
    }

    /// <summary>Serves a model on a device, which stays the caller's: <see cref="EngineOptions.Device"/>.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="device">The device.</param>
    /// <param name="options">How to use the device.</param>
    /// <param name="clock">For deadlines, and durations in statistics.</param>
    /// <inheritdoc cref="Engine(CompiledModel, EngineOptions?, TimeProvider?)" path="/exception"/>
    /// <exception cref="ArgumentNullException"><paramref name="device"/> is null.</exception>
    public Engine(CompiledModel model, Device device, EngineOptions? options = null, TimeProvider? clock = null)
        : this(model, (options ?? new EngineOptions()) with { Device = device ?? throw new ArgumentNullException(nameof(device)) }, clock)
    {
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
            lock (_twoPhaseLock)
                return _twoPhase;
        }

        set
        {
            lock (_twoPhaseLock)
            {
                _twoPhase = value;
                _commands.TryPost(new Command(loop => loop.TwoPhase = value));
            }
        }
    }

    /// <summary>Counters at the time of the last delivered token. They include every answer that a caller has read.</summary>
    public EngineStatistics Statistics => _thread.Statistics;

    /// <summary>
    /// Streams the answer to a request. Enumeration starts it; leaving the enumeration early or cancelling ends it and releases everything it had.
    /// The request is copied first: lists that change afterwards change nothing. If it does not fit into <see cref="EngineOptions.MaxQueued"/>, it
    /// waits for room, unless <see cref="EngineOptions.RefuseWhenFull"/> is set.
    /// </summary>
    /// <exception cref="RequestRefusedException">It can never be served, or not now: the engine is full or being drained; the message has the
    /// numbers and the option of each limit.</exception>
    /// <exception cref="TimeoutException">The request's <see cref="Request.Timeout"/> is over; the message says how far it came.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed before the answer was complete.</exception>
    /// <exception cref="EngineFailedException">The loop or the step that the request was part of failed; the inner exception says how.</exception>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(Request request, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = _telemetry.Begin(request);
        ActiveRequest? active = null;
        var sink = new StreamSink(_options.MaxUnread, _commands.Wake);
        var (places, isInside) = (0, false);
        try
        {
            // The caller may change its lists from here on, also while it waits for room.
            var accepted = RecordFailure(call, () => _loop.Accept(request));
            places = await RecordFailure(call, _gate.EnterAsync(accepted.Answers, cancellation)).ConfigureAwait(false);
            isInside = true;
            active = RecordFailure(call, () => Start(accepted, sink));
            while (await RecordFailure(call, sink.WaitAsync(cancellation)).ConfigureAwait(false))
            {
                while (sink.TryRead(out var token))
                {
                    call.See(token);
                    if (token is { Finish: not FinishReason.None, IsLast: false })
                    {
                        // One of several answers is complete: its place is free.
                        places--;
                        _gate.Leave(1, isLast: false);
                    }

                    yield return token;
                }
            }
        }
        finally
        {
            // If the answer is complete, the loop does not find the request any more.
            if (active is not null)
                _commands.TryPost(new Command(loop => loop.Cancel(active.Number)));
            if (isInside)
                _gate.Leave(places, isLast: true);
            call.End();
        }
    }

    /// <summary>The whole answer at once, of several the first; otherwise like <see cref="GenerateAsync"/>.</summary>
    public async Task<Completion> CompleteAsync(Request request, CancellationToken cancellation = default) =>
        (await CompleteAllAsync(request, cancellation).ConfigureAwait(false))[0];

    /// <summary>All answers to a request at once; otherwise like <see cref="GenerateAsync"/>.</summary>
    public async Task<IReadOnlyList<Completion>> CompleteAllAsync(Request request, CancellationToken cancellation = default)
    {
        var answers = new CollectingSink();
        await foreach (var token in GenerateAsync(request, cancellation).ConfigureAwait(false))
            answers.Next(token);
        return answers.Completions;
    }

    /// <summary>Begins a conversation: a sequence that goes on over several requests and keeps its chunks in the tree between them.</summary>
    /// <param name="keep">
    /// How long its chunks stay after each turn; null: five minutes, <see cref="Timeout.InfiniteTimeSpan"/>: as long as there is room. Like
    /// <see cref="Request.Pin"/> it keeps half of a share of the pool at most.
    /// </param>
    /// <param name="tenant">Its tenant, as <see cref="Request.Tenant"/>.</param>
    /// <param name="tokens">The first tokens.</param>
    /// <param name="prefixes">The learned prefixes that it stands on, as <see cref="Request.Prefixes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is not positive.</exception>
    /// <exception cref="ArgumentException"><paramref name="tenant"/> is longer than <see cref="EngineOptions.MaxTenantBytes"/> or is not valid
    /// Unicode.</exception>
    public Conversation BeginConversation(
        TimeSpan? keep = null, string tenant = "", IEnumerable<int>? tokens = null, IReadOnlyList<PrefixUse>? prefixes = null)
    {
        var time = keep ?? DefaultKeep;
        if (time <= TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(keep), keep, "It must be positive, Timeout.InfiniteTimeSpan, or null.");
        ArgumentNullException.ThrowIfNull(tenant);
        if (StoredName.FindError(tenant, _options.MaxTenantBytes, $"EngineOptions.{nameof(EngineOptions.MaxTenantBytes)}") is { } error)
            throw new ArgumentException($"The tenant's name {error}.", nameof(tenant));
        return new Conversation(_conversations, tenant, time, tokens ?? [], [.. prefixes ?? []]);
    }

    /// <summary>
    /// The changes of complete chunks: first the chunks that are there, as if they had just been stored, then every change. For directories of cached
    /// prefixes, and for inspection. Ends when the engine is disposed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The reader has more than 65,536 unread events. Watch again, which starts from the chunks that are
    /// stored then.</exception>
    public IAsyncEnumerable<TreeEvent> WatchTreeAsync(CancellationToken cancellation = default) => _watch.ReadAsync(cancellation);

    /// <inheritdoc cref="EngineLoop.LoadPrefix(string, PrefixOptions?)"/>
    /// <remarks>It can be used by requests that are sent afterwards; requests that run are not delayed.</remarks>
    public LoadedPrefix LoadPrefix(string path, PrefixOptions? options = null) => _loop.LoadPrefix(path, options);

    /// <inheritdoc cref="EngineLoop.LoadPrefix(Prefix, PrefixOptions?)"/>
    public LoadedPrefix LoadPrefix(Prefix prefix, PrefixOptions? options = null) => _loop.LoadPrefix(prefix, options);

    /// <inheritdoc cref="EngineLoop.LoadPrefix{TAttribute}(string, PrefixOptions?)"/>
    public LoadedPrefix<TAttribute> LoadPrefix<TAttribute>(string path, PrefixOptions? options = null)
        where TAttribute : struct, Enum
        => _loop.LoadPrefix<TAttribute>(path, options);

    /// <inheritdoc cref="EngineLoop.LoadPrefix{TAttribute}(Prefix, PrefixOptions?)"/>
    public LoadedPrefix<TAttribute> LoadPrefix<TAttribute>(Prefix prefix, PrefixOptions? options = null)
        where TAttribute : struct, Enum
        => _loop.LoadPrefix<TAttribute>(prefix, options);

    /// <inheritdoc cref="EngineLoop.CapturePrefix"/>
    public Prefix CapturePrefix(ReadOnlySpan<int> tokens, string name = "captured", CancellationToken cancellation = default) =>
        _loop.CapturePrefix(tokens, name, cancellation);

    /// <summary>The learned prefixes that are loaded.</summary>
    public IReadOnlyList<LoadedPrefix> Prefixes => _loop.Prefixes;

    /// <summary>The tree of cached prefixes between two steps.</summary>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Task<TreeSnapshot> SnapshotAsync(CancellationToken cancellation = default) =>
        BetweenStepsAsync(static loop => loop.Snapshot(), cancellation);

    /// <inheritdoc cref="EngineLoop.DescribePlan"/>
    public Task<string> DescribePlanAsync(CancellationToken cancellation = default) =>
        BetweenStepsAsync(static loop => loop.DescribePlan(), cancellation);

    /// <inheritdoc cref="EngineLoop.Save"/>
    public Task<int> SaveAsync(string path, CancellationToken cancellation = default) =>
        _commands.RunToEndAsync(loop => loop.Save(path, cancellation));

    /// <inheritdoc cref="EngineLoop.Load"/>
    public Task<int> LoadAsync(string path, CancellationToken cancellation = default) =>
        _commands.RunToEndAsync(loop => loop.Load(path, cancellation));

    /// <summary>Ends every pin: the prompts that were kept by <see cref="Request.Pin"/> are cached like others from now on.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Task<int> UnpinAsync(CancellationToken cancellation = default) => BetweenStepsAsync(
        static loop =>
        {
            var pins = loop.Pins;
            loop.Unpin();
            return pins;
        },
        cancellation);

    /// <summary>
    /// Takes no more requests (they get <see cref="RequestRefusedException"/>) and completes when the present ones have their answers. Dispose the
    /// engine then; disposing it earlier ends them.
    /// </summary>
    /// <param name="cancellation">Ends the waiting; the engine goes on refusing.</param>
    public Task DrainAsync(CancellationToken cancellation = default) => _gate.DrainAsync(cancellation);

    /// <summary>
    /// Ends all requests that are still there (their callers get <see cref="ObjectDisposedException"/>), stops the thread and frees the pool. The
    /// model stays the caller's.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _commands.Close(CommandQueue.Disposed());
        await _thread.StopAsync().ConfigureAwait(false);
        _telemetry.Dispose();
    }

    /// <summary>Runs a function between two steps.</summary>
    internal Task<T> BetweenStepsAsync<T>(Func<EngineLoop, T> function, CancellationToken cancellation) => _commands.RunAsync(function, cancellation);

    private async Task UnloadAsync(LoadedPrefix prefix)
    {
        try
        {
            await BetweenStepsAsync(
                loop =>
                {
                    loop.BeginUnload(prefix);
                    return true;
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ObjectDisposedException or EngineFailedException)
        {
            // The engine is disposed, and its memory with it.
            return;
        }

        await Task.WhenAny(prefix.Unloading!.Task, Task.Delay(Timeout.InfiniteTimeSpan, _thread.Stopping)).ConfigureAwait(false);
    }

    private ActiveRequest Start(Request accepted, StreamSink sink)
    {
        var active = _loop.Prepare(accepted, sink);
        _commands.Post(new Command(
            loop =>
            {
                try
                {
                    loop.Add(active);
                }
                catch (RequestRefusedException error)
                {
                    // A prefix was unloaded since the request was prepared.
                    sink.Fail(error);
                }
            },
            sink.Fail));
        return active;
    }

    private static T RecordFailure<T>(EngineTelemetry.Call call, Func<T> function)
    {
        try
        {
            return function();
        }
        catch (Exception error)
        {
            call.Fail(error);
            throw;
        }
    }

    private static async ValueTask<T> RecordFailure<T>(EngineTelemetry.Call call, ValueTask<T> task)
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
}
