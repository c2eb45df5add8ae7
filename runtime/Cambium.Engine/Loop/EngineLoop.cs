using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Threading;
using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>
/// The engine without a thread: requests go in, <see cref="Step"/> is called by hand, tokens come out in the sinks. The same object runs below
/// <see cref="Engine"/>, in tools, and in simulations. It is deterministic: equal calls give equal steps. Not thread safe.
/// </summary>
public sealed unsafe partial class EngineLoop : IDisposable
{
    private readonly CompiledModel _model;
    private readonly EngineOptions _options;
    private readonly TimeProvider _clock;
    private readonly Team _team;
    private readonly PrefixTree _tree;
    private readonly Scheduler _scheduler;
    private readonly Planner _planner;
    private readonly StepBuffers _buffers;
    private readonly Step _step;
    private readonly Observers _observers;
    private readonly Dictionary<long, Generation> _generations = [];
    private readonly List<Generation> _ended = [];
    private readonly int[] _sampled;
    private readonly int _maxRows;
    private readonly AttentionProbe _probe = new();
    private readonly PlanOptions _planOptions;
    private readonly int _vocabulary;
    private readonly ulong _seed;
    private readonly Dictionary<string, int> _quotas;
    private readonly int _commonChunks;
    private Counters _counters;
    private long _lastNumber;

    /// <param name="model">The model; it stays the caller's. Several loops may have the same one; their steps take turns.</param>
    /// <param name="options">How to use the machine.</param>
    /// <param name="clock">For deadlines, and durations in statistics.</param>
    /// <exception cref="ArgumentException">An option is out of range; names it, its value and the range.</exception>
    /// <exception cref="InsufficientMemoryException">Pool, working memory and results need more than is free; names both numbers and the option to change.</exception>
    public EngineLoop(CompiledModel model, EngineOptions? options = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        _model = model;
        _options = options ?? new EngineOptions();
        _options.Validate();
        _clock = clock ?? TimeProvider.System;
        RequireNextToken(model);
        _seed = _options.Seed ?? (ulong)Random.Shared.NextInt64();
        TwoPhase = _options.TwoPhase;

        var layout = new KvLayout(model.CacheSites, _options.ChunkSize, Simd.PanelWidth);
        var chunkBytes = Math.Max(16, (long)layout.ChunkFloats) * sizeof(float);
        var maxRows = _options.MaxSequences + _options.MaxRowsPerStep;
        var arena = model.ArenaBytes(0, maxRows, _options.MaxSequences);
        var available = FreeMemory.Bytes();
        var context = ModelContext.LengthOf(model, model.EntryPoints[0], _options.ContextLength);
        var chunks = MemoryNeed.Chunks(_options, chunkBytes, context, available);
        MemoryNeed.Check(chunks, _options.ChunkSize, chunkBytes, StepBuffers.Bytes(maxRows, _options.MaxSequences, model.OutputWidth, arena), available);
        PoolTokens = chunks * _options.ChunkSize;
        _quotas = MemoryNeed.Quotas(_options, chunks);
        _commonChunks = chunks - _quotas.Values.Sum();
        ContextLength = Math.Min(context ?? int.MaxValue, PoolTokens);
        ModelContextLength = context;

        _tree = new PrefixTree(layout, chunks, _quotas);
        _buffers = new StepBuffers(maxRows, _options.MaxSequences, model.OutputWidth, arena);
        _tree.Changed = Note;
        _pins = new PinBoard(_tree);
        _scheduler = new Scheduler(_tree, _options.MaxSequences, _options.MaxRowsPerStep, _options.MaxOvertakes);
        // One path for every sequence, so that lists need not grow even when no block is shared; within reason.
        _planner = new Planner(_tree, maxRows, (int)Math.Min(1 << 20, (long)_options.MaxSequences * ((ContextLength / _options.ChunkSize) + 1)));
        _sampled = new int[_options.MaxSequences];
        _tokens = new Lazy<TokenVocabulary?>(() => _model.Checkpoint?.Tokenizer is { } tokenizer ? new TokenVocabulary(tokenizer, _vocabulary) : null);
        _maxRows = maxRows;
        _vocabulary = Math.Min(model.OutputWidth, model.EntryPoints[0].Inputs[0].Limit ?? int.MaxValue);
        _team = new Team(_options.Threads == 0 ? Environment.ProcessorCount : _options.Threads);
        // Of several kinds of attention the one with most keys and values decides.
        var widest = model.CacheSites.DefaultIfEmpty(new CacheSite(1, 1, 1, 1)).MaxBy(static site => (long)site.Layers * site.KvHeads * (site.KeySize + site.ValueSize));
        _planOptions = new PlanOptions(
            null, _options.TwoPhaseThreshold, _options.MaxBlockRows, _team.Threads, widest.KvHeads, Math.Max(1, widest.Heads / widest.KvHeads), widest.KvHeads * (widest.KeySize + widest.ValueSize) * sizeof(float));
        _step = new Step(_team, layout)
        {
            Probe = _probe,
            Plan = _planner.Plan,
            Tokens = _buffers.Tokens,
            Positions = _buffers.Positions,
            ChunkOfRow = _buffers.ChunkOfRow,
            SlotOfRow = _buffers.SlotOfRow,
            OutputRows = _buffers.OutputRows,
            Logits = _buffers.Logits,
            LogitsStride = _buffers.LogitsStride,
            Arena = _buffers.Arena,
        };
        _observers = new Observers(_scheduler, _planner, _buffers);
    }

    /// <summary>Tokens that one sequence can have before the last: what the model was made for, or the pool holds.</summary>
    public int ContextLength { get; }

    /// <summary>Tokens whose keys and values the pool holds.</summary>
    public int PoolTokens { get; }

    /// <summary>Whether a request is waiting or running.</summary>
    public bool HasWork => _generations.Count > 0;

    /// <summary><see cref="EngineOptions.TwoPhase"/>; may be changed between steps, for comparisons.</summary>
    public bool? TwoPhase { get; set; }

    internal ChunkPool Pool => _tree.Pool;

    internal Sequence? Find(long request) => _generations.GetValueOrDefault(request);

    private int? ModelContextLength { get; }

    /// <summary>Ends a request at once and gives everything it had back. Its sink hears nothing more.</summary>
    /// <returns>Whether it was still there.</returns>
    public bool Cancel(long request)
    {
        if (_forks.TryGetValue(request, out var forks))
        {
            _counters.Cancelled += Withdraw(forks);
            return true;
        }

        if (!_generations.Remove(request, out var generation))
            return false;
        Leave(generation);
        _counters.Cancelled++;
        return true;
    }

    /// <summary>Fails every request with this exception.</summary>
    public void CancelAll(Exception reason)
    {
        foreach (var generation in _generations.Values)
        {
            _scheduler.Remove(generation);
            _counters.Cancelled++;
            generation.Sink.Fail(reason);
        }

        _generations.Clear();
        _forks.Clear();
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
                throw new InvalidOperationException("Nothing can be computed: every running request waits for its reader.");
        }

        return sink.Completion;
    }

    /// <summary>Adds up the tree and what the running sequences hold of it.</summary>
    /// <exception cref="InvalidOperationException">Something does not add up; the message has the numbers.</exception>
    public void CheckIntegrity()
    {
        _tree.CheckIntegrity();
        foreach (var sequence in _scheduler.Running)
        {
            var keys = _tree.Keys(sequence.Tail);
            if (keys != sequence.Computed + sequence.Rows)
                throw new InvalidOperationException($"Request {sequence.Number} has computed {sequence.Computed} tokens and its path in the tree has {keys}.");
        }

        if (_scheduler.Running.Count == 0 && _pins.Count == 0 && _tree.PagesInUse != 0)
            throw new InvalidOperationException($"No sequence runs and {_tree.PagesInUse} chunks are in use.");
        if (_scheduler.Running.Count + _scheduler.WaitingCount != _generations.Count)
        {
            throw new InvalidOperationException(
                $"{_scheduler.Running.Count} running and {_scheduler.WaitingCount} waiting sequences for {_generations.Count} requests.");
        }
    }

    /// <summary>Writes the tree's complete chunks into a file, for <see cref="Load"/> in another run: whole or not at all.</summary>
    /// <returns>Chunks written.</returns>
    public int Save(string path) => _tree.Save(path);

    /// <summary>Takes chunks of this model and checkpoint that <see cref="Save"/> wrote, as far as pages are free. Answers have the same bits with and without.</summary>
    /// <returns>Chunks taken.</returns>
    /// <exception cref="TreeFileException">The file is damaged, or of another build, instruction set or chunk size; nothing of it was taken, and what it held is computed when it is asked for.</exception>
    public int Load(string path)
    {
        var taken = _tree.Load(KeyOf(""), path);
        RaiseEvents();
        return taken;
    }

    /// <summary>The tree of cached prefixes as it is now: <see cref="TreeSnapshot.ToString"/> and <see cref="TreeSnapshot.ToDot"/> show it.</summary>
    public TreeSnapshot Snapshot() => _tree.Snapshot();

    /// <summary>Frees pool and buffers. Requests that are still there get <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        CancelAll(new ObjectDisposedException(nameof(EngineLoop), "The engine was disposed before the answer was complete."));
        _team.Dispose();
        _buffers.Dispose();
        _tree.Dispose();
    }

    // What an engine does is to continue sequences token by token.
    private static void RequireNextToken(CompiledModel model)
    {
        var entry = model.EntryPoints[0];
        var why = !entry.IsCausal ? "lets tokens see later ones" : entry.Inputs.Count > 1 ? $"takes {string.Join(", ", entry.Inputs.Select(static input => input.Name))}" : null;
        if (why is not null)
            throw new ArgumentException($"'{model.Definition.Name}.{entry.Name}' {why}, so that it cannot continue a sequence token by token. Run whole sequences: new Encoder(model).");
    }
}
