using Cambium.Checkpoints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Cambium.Runtime.Sampling;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime;

/// <summary>
/// The engine without a thread: requests go in, <see cref="Step"/> is called by hand, tokens come out in the sinks. The same object runs under
/// <see cref="Engine"/>, in tools, and in simulations. It is deterministic: equal calls give equal steps. Not thread safe.
/// </summary>
public sealed class EngineLoop : IDisposable
{
    private readonly CompiledModel _model;
    private readonly EngineOptions _options;
    private readonly Device _device;
    private readonly SequenceLimits _limits;
    private readonly RootKeys _keys;
    private readonly PrefixTree _tree;
    private readonly Scheduler<Generation> _scheduler;
    private readonly StepRunner _runner;
    private readonly PinBoard _pins;
    private readonly PrefixRegistry _prefixes;
    private readonly TreeEvents _events;
    private readonly ActiveRequests _requests;
    private readonly RequestPreparation _preparation;
    private readonly LoopStep _step;
    private readonly Deliveries _deliveries;
    private readonly LoopStatistics _statistics;

    /// <param name="model">The model; it stays the caller's. Several loops may have the same one.</param>
    /// <param name="options">How to use the machine.</param>
    /// <param name="clock">For deadlines, and durations in statistics.</param>
    /// <exception cref="ArgumentException">An option is out of range; names it, its value and the range.</exception>
    /// <exception cref="InsufficientMemoryException">Pool, working memory and results need more than is free; names both numbers and the option to
    /// change.</exception>
    public EngineLoop(CompiledModel model, EngineOptions? options = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        // Quotas are copied before they are checked.
        _options = options ?? new EngineOptions();
        if (_options.Quotas is { } quotas)
            _options = _options with { Quotas = new Dictionary<string, int>(quotas, StringComparer.Ordinal) };
        _options.Validate();
        RequireNextToken(model);
        _model = model;
        _device = _options.Device ?? model.OpenDefaultDevice(new DeviceOptions { Threads = _options.Threads });
        try
        {
            var memory = EngineMemory.For(model, _device, _options);
            var counters = new LoopCounters();

            _limits = memory.Limits;
            var time = new LoopClock(clock ?? TimeProvider.System);
            _keys = new RootKeys(model, _options.ShareAcrossTenants);
            _tree = CreateTree(_device.CreateStore(model.CacheSites, _options.ChunkSize, memory.Chunks, _options.KvStorage), memory);
            _scheduler = new Scheduler<Generation>(_tree, _options.MaxSequences, _options.MaxRowsPerStep, _options.MaxBypasses);
            _runner = new StepRunner(model, _device, _options, memory, _tree, _scheduler.Running);
            _pins = new PinBoard(_tree);
            _events = new TreeEvents(_tree);
            _prefixes = new PrefixRegistry(model, _tree.Store, new PrefixBaker(model, _device, _options));
            _prefixes.UnloadBy(prefix =>
            {
                BeginUnload(prefix);
                return prefix.Unloading!.Task;
            });
            _tree.FindContent = _prefixes.Find;
            _requests = new ActiveRequests(_scheduler, _pins, time, counters, _options.Seed ?? (ulong)Random.Shared.NextInt64());
            _requests.Abandoned = Free;
            _preparation = new RequestPreparation(model.Checkpoint, _runner.Vocabulary, _options, _limits, _keys, _prefixes);
            var sampling = new SamplingStage(_runner, _options.MaxSequences);
            _deliveries = new Deliveries(_requests);
            var answers = new AnswerStage(_runner, sampling, _requests, _deliveries, _pins, _events, time, counters);
            _statistics = new LoopStatistics(time, _tree, _scheduler, _runner, counters);
            _step = new LoopStep(time, _tree, _scheduler, _runner, sampling, answers, _requests, _pins, _statistics);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>
    /// Raised between two steps, in the order of the changes. Naming a chunk for an event takes one SHA-256; without listeners there is no cost.
    /// </summary>
    public event Action<TreeEvent>? TreeChanged
    {
        add => _events.AddListener(value);
        remove => _events.RemoveListener(value);
    }

    /// <summary>Tokens that one sequence can have before the last: the model's limit or the pool's.</summary>
    public int ContextLength => _limits.ContextLength;

    /// <summary>Tokens whose keys and values the pool holds.</summary>
    public int PoolTokens => _limits.PoolKeys;

    /// <summary>Whether a request is waiting or running.</summary>
    public bool HasWork => _requests.Count > 0;

    /// <summary>Prompts and conversations that are pinned now.</summary>
    public int Pins => _pins.Count;

    /// <summary>Counters up to now.</summary>
    public EngineStatistics Statistics => _statistics.Current;

    /// <summary>
    /// Time until the next request is overdue; null if none has a <see cref="Request.Timeout"/>. A loop without other work has to be stepped again
    /// then.
    /// </summary>
    public TimeSpan? UntilNextDeadline => _requests.Deadlines.UntilNext;

    /// <summary><see cref="EngineOptions.TwoPhase"/>; may be changed between steps, for comparisons.</summary>
    public bool? TwoPhase
    {
        get => _runner.TwoPhase;
        set => _runner.TwoPhase = value;
    }

    /// <summary>Whether <see cref="TreeChanged"/> has a listener.</summary>
    internal bool IsWatched => _events.IsWatched;

    internal ChunkStore Store => _tree.Store;

    /// <summary>The KV cache; for benchmarks, which fill it without computing keys and values.</summary>
    internal PrefixTree Tree => _tree;

    /// <summary>Adds a request. It starts in one of the next steps.</summary>
    /// <returns>Its number, for <see cref="Cancel"/>.</returns>
    /// <exception cref="RequestRefusedException">It can never be served: its prompt is longer than the context or the pool, a token id is not in the
    /// vocabulary, ... Or not now: its answers do not fit into <see cref="EngineOptions.MaxQueued"/>.</exception>
    public long Submit(Request request, ITokenSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        var accepted = Accept(request);
        if (_requests.Count > _options.MaxQueued - accepted.Answers)
        {
            throw new RequestRefusedException(
                $"The engine is full: EngineOptions.MaxQueued is {_options.MaxQueued}, and this request takes a place for each of its "
                + $"{accepted.Answers} answers; try again later.");
        }

        return Add(Prepare(accepted, sink));
    }

    /// <summary>Runs one step of the model and passes the new tokens to their sinks.</summary>
    /// <returns>False if there was nothing to do: no requests, or all of them wait for their consumers.</returns>
    public bool Step()
    {
        var worked = Compute();
        Deliver();
        return worked;
    }

    /// <summary>Ends a request at once and releases everything it had. Its sink gets nothing more.</summary>
    /// <returns>Whether it was still there.</returns>
    public bool Cancel(long request) => _requests.Cancel(request);

    /// <summary>Fails every request with this exception.</summary>
    public void CancelAll(Exception reason)
    {
        _requests.CancelAll(reason);
        _deliveries.Fail(reason);
    }

    /// <summary>Runs one request to its end, together with those submitted before.</summary>
    /// <returns>The whole answer.</returns>
    public Completion Run(Request request)
    {
        var sink = new CollectingSink();
        Submit(request, sink);
        while (!sink.IsDone)
        {
            if (!Step() && !sink.IsDone)
                throw new InvalidOperationException("Nothing can be computed: every running request waits for its consumer.");
        }

        return sink.Completion;
    }

    /// <summary>Ends every pin: their chunks are cached like others from now on.</summary>
    public void Unpin() => _pins.Clear();

    /// <summary>
    /// Evicts the cached suffix of a token sequence: removes its unused chunks from the end up to one that is in use or has other continuations.
    /// </summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="tenant">As <see cref="Request.Tenant"/>.</param>
    /// <param name="prefixes">As <see cref="Request.Prefixes"/>.</param>
    /// <returns>Chunks evicted.</returns>
    public int Forget(ReadOnlySpan<int> tokens, string tenant = "", IReadOnlyList<PrefixUse>? prefixes = null)
    {
        var removed = _tree.Forget(_keys.Of(tenant), [.. (prefixes ?? []).SelectMany(static use => use.Contents)], tokens);
        _events.Raise();
        return removed;
    }

    /// <summary>Loads a learned prefix from a file or folder.</summary>
    /// <param name="path">A folder of PEFT (<c>adapter_config.json</c>), or a file of Cambium.</param>
    /// <param name="options">How.</param>
    /// <exception cref="CheckpointException">It is damaged or does not fit the model; names file, field, both values and the fix.</exception>
    /// <exception cref="ArgumentException">It was trained for another checkpoint, and <see cref="PrefixOptions.AllowOtherBase"/> is not
    /// set.</exception>
    /// <exception cref="InsufficientMemoryException">The device does not have the memory.</exception>
    public LoadedPrefix LoadPrefix(string path, PrefixOptions? options = null) => LoadPrefix(ReadPrefix(path, options), options);

    /// <summary>Loads a learned prefix from memory.</summary>
    /// <inheritdoc cref="LoadPrefix(string, PrefixOptions?)"/>
    public LoadedPrefix LoadPrefix(Prefix prefix, PrefixOptions? options = null) => _prefixes.Load(
        prefix, options ?? new PrefixOptions(), static (registry, prefix, parts) => new LoadedPrefix(registry, prefix, parts));

    /// <summary>Loads a prefix whose attribute values are those of an enum.</summary>
    /// <typeparam name="TAttribute">Each of its names is an attribute value of the file; case does not matter.</typeparam>
    /// <inheritdoc cref="LoadPrefix(string, PrefixOptions?)"/>
    public LoadedPrefix<TAttribute> LoadPrefix<TAttribute>(string path, PrefixOptions? options = null)
        where TAttribute : struct, Enum
        => LoadPrefix<TAttribute>(ReadPrefix(path, options), options);

    /// <summary>Loads a prefix whose attribute values are those of an enum from memory.</summary>
    /// <inheritdoc cref="LoadPrefix{TAttribute}(string, PrefixOptions?)"/>
    public LoadedPrefix<TAttribute> LoadPrefix<TAttribute>(Prefix prefix, PrefixOptions? options = null)
        where TAttribute : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var name = typeof(TAttribute).Name;
        var attribute = prefix.Attributes.FirstOrDefault(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? (prefix.Attributes is [var only] ? only : throw new ArgumentException(
                $"'{prefix.Name}' has the attributes [{string.Join(", ", prefix.Attributes.Select(static one => one.Name))}], and none of them is "
                + $"{name}; give the enum the name of one of them."));
        var missing = Enum.GetNames<TAttribute>()
            .Where(value => !attribute.Values.Any(one => one.Name.Equals(value, StringComparison.OrdinalIgnoreCase))).ToList();
        if (missing.Count > 0)
        {
            throw new ArgumentException(
                $"'{attribute.Name}' of '{prefix.Name}' has the values [{string.Join(", ", attribute.Values.Select(static one => one.Name))}], and "
                + $"{name} also has {string.Join(", ", missing)}; use the prefix that was trained with this enum, or correct the enum.");
        }

        return _prefixes.Load(
            prefix, options ?? new PrefixOptions(),
            (registry, prefix, parts) => new LoadedPrefix<TAttribute>(registry, prefix, parts, attribute.Name));
    }

    /// <summary>
    /// The keys and values that the model computes for tokens at the beginning of a sequence, as a prefix: to be saved, or as the start of training.
    /// </summary>
    /// <param name="tokens">At least one, each below the model's vocabulary size.</param>
    /// <param name="name">The prefix's name.</param>
    /// <param name="cancellation">Checked before the step.</param>
    /// <exception cref="ArgumentException">There is no token, a token is not in the vocabulary, or they are longer than the context.</exception>
    public Prefix CapturePrefix(ReadOnlySpan<int> tokens, string name = "captured", CancellationToken cancellation = default)
    {
        if (tokens.Length == 0)
            throw new ArgumentException("There are no tokens; at least one is needed.", nameof(tokens));
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)_runner.Vocabulary)
                throw new ArgumentException($"A token is {token}, and the vocabulary has {_runner.Vocabulary} tokens.", nameof(tokens));
        }

        return new Prefix
        {
            Name = name,
            Method = "captured",
            BaseDigest = ((Loading.LoadedCheckpoint?)_model.Checkpoint)?.Fingerprint,
            Parts = [_prefixes.Baker.Compute(tokens, [], cancellation)],
        };
    }

    /// <summary>The loaded prefixes.</summary>
    public IReadOnlyList<LoadedPrefix> Prefixes => _prefixes.Prefixes;

    /// <summary>
    /// Writes the tree's complete chunks, of all tenants, into a file, for <see cref="Load"/> in another run: whole or not at all. The file is
    /// written under another name in the same folder first; of two programs that save to one path at once, one wins.
    /// </summary>
    /// <param name="path">A regular file, which is replaced, a link to one, or a path where no file is.</param>
    /// <param name="cancellation">Checked between chunks. After a cancellation nothing is written.</param>
    /// <returns>Chunks written.</returns>
    /// <exception cref="IOException">The file cannot be written, or the path is a device, a pipe or a folder.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public int Save(string path, CancellationToken cancellation = default) => _tree.Save(path, cancellation);

    /// <summary>
    /// Takes chunks of this model and checkpoint that <see cref="Save"/> wrote, as far as pages are free. Answers are bit-identical with and without
    /// them.
    /// </summary>
    /// <param name="path">
    /// The file. It is trusted content, as the checkpoint is: its checksum detects damage but no forgery, its keys and values decide the answers of
    /// the tenants that it names, and it has their tokens in plain form.
    /// </param>
    /// <param name="cancellation">Checked between chunks. After a cancellation nothing is taken.</param>
    /// <returns>Chunks taken.</returns>
    /// <exception cref="TreeFileException">The file is damaged, or of another build, instruction set, chunk size or KV storage; nothing
    /// of it was taken.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public int Load(string path, CancellationToken cancellation = default)
    {
        var taken = _tree.Load(_keys.Of(""), path, cancellation);
        _events.Raise();
        return taken;
    }

    /// <summary>
    /// The complete chunks, parents before their children, as if each had just been stored.
    /// Use them as the state before the first <see cref="TreeChanged"/> event.
    /// </summary>
    public IReadOnlyList<TreeEvent> StoredChunks() => _events.StoredChunks();

    /// <summary>The tree of cached prefixes as it is now: <see cref="TreeSnapshot.ToString"/> and <see cref="TreeSnapshot.ToDot"/> show it.</summary>
    public TreeSnapshot Snapshot() => _tree.Snapshot();

    /// <summary>The plan of the last step's attention as text: its nodes, its blocks, and their estimated and measured saving.</summary>
    public string DescribePlan() => _runner.DescribePlan();

    /// <summary>Compares the counts of the tree with the paths of the running sequences.</summary>
    /// <exception cref="InvalidOperationException">Counts differ; the message has the numbers.</exception>
    public void CheckIntegrity() => new IntegrityCheck(_tree, _scheduler, _pins, _requests).Run();

    /// <summary>Frees pool and buffers. Requests that are still there get <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        CancelAll(new ObjectDisposedException(nameof(EngineLoop), "The engine was disposed before the answer was complete."));
        Release();
    }

    /// <summary>Copies and checks a request. May be called from any thread.</summary>
    internal Request Accept(Request request) => _preparation.Accept(request);

    /// <summary>Encodes an accepted request and creates its answers. May be called from any thread.</summary>
    internal ActiveRequest Prepare(Request accepted, ITokenSink sink) => _preparation.Prepare(accepted, sink);

    /// <summary>Queues a prepared request.</summary>
    internal long Add(ActiveRequest request) => _requests.Add(request);

    /// <summary>
    /// The first part of <see cref="Step"/>: afterwards the statistics are those of the step, and <see cref="Deliver"/> hands its tokens over.
    /// </summary>
    internal bool Compute()
    {
        var worked = _step.Run();
        _events.Raise();
        return worked;
    }

    /// <summary>Hands the tokens of the last step to their sinks.</summary>
    internal void Deliver() => _deliveries.HandOver();

    /// <summary>Loads prefixes from any thread.</summary>
    internal PrefixRegistry Registry => _prefixes;

    /// <summary>Refuses new requests with a prefix, and frees it when the last one has left.</summary>
    internal void BeginUnload(LoadedPrefix prefix)
    {
        prefix.Unloading ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (prefix.Users > 0)
            return;
        Free(prefix);
        _events.Raise();
    }

    internal Sequence? Find(long request) => _requests.Find(request);

    internal void Fork(long conversation, long fork) => _pins.ForkConversation(conversation, fork);

    internal void Rewind(long conversation, int tokens) => _pins.RewindConversation(conversation, tokens);

    internal void EndConversation(long conversation) => _pins.EndConversation(conversation);

    private void Free(LoadedPrefix prefix) => _prefixes.Free(prefix, _tree, _pins.EndUsing);

    private Prefix ReadPrefix(string path, PrefixOptions? options)
    {
        var prefix = PrefixReader.Read(path, _model);
        return options?.Name is { } name ? prefix.Named(name) : prefix;
    }

    // Also called if the constructor fails: disposes the parts that exist by then.
    private void Release()
    {
        _runner?.Dispose();
        _tree?.Dispose();
        if (_options.Device is null)
            _device.Dispose();
    }

    // The tree owns the store once it exists.
    private static PrefixTree CreateTree(ChunkStore store, EngineMemory memory)
    {
        try
        {
            return new PrefixTree(store, memory.Quotas);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    // The engine continues sequences token by token.
    private static void RequireNextToken(CompiledModel model)
    {
        var entry = model.EntryPoints[0];
        var why = !entry.IsCausal ? "lets tokens see later ones"
            : entry.Inputs.Count > 1 ? $"takes {string.Join(", ", entry.Inputs.Select(static input => input.Name))}"
            : null;
        if (why is not null)
        {
            throw new ArgumentException(
                $"'{model.Definition.Name}.{entry.Name}' {why}, so that it cannot continue a sequence token by token. "
                + "Run whole sequences: new Encoder(model).");
        }

        if (model.OutputWidth > SamplerScratch.MaxVocabulary)
        {
            throw new ArgumentException(
                $"'{model.Definition.Name}' has {model.OutputWidth} logits, "
                    + $"and sampling takes at most {SamplerScratch.MaxVocabulary}. Correct its sizes.");
        }
    }
}
