using Cambium.Checkpoints;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Steps;
using Cambium.Runtime.Threading;
using Cambium.Text;
using Cambium.Text.Templates;

namespace Cambium.Runtime;

/// <summary>
/// Runs an entry point over whole sequences: encoders, whose tokens see later ones, classifiers, and whatever gives something other than the next
/// token. Nothing is kept between runs. The numbers of a sequence do not depend on the others beside it. Not thread safe.
/// </summary>
public sealed unsafe class Encoder : IDisposable
{
    // Rows that attention folds together; blocking decides speed only.
    private const int MaxBlockRows = 64;

    private readonly CompiledModel _model;
    private readonly EncoderOptions _options;
    private readonly int _entry;
    private readonly int? _context;
    private readonly Team _team;
    private readonly KvLayout _layout;
    private readonly WholeSequencePlan _sequences;
    private readonly Step _step;
    private StepBuffers? _buffers;
    private InputBuffers? _inputs;
    private ChunkPool? _pool;

    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="entry">Name of the method: <c>Forward</c>, or one with <c>[EntryPoint]</c>.</param>
    /// <param name="options">How to use the machine.</param>
    /// <exception cref="ArgumentException">The model has no such entry point, or an option is out of range.</exception>
    public Encoder(CompiledModel model, string entry = "Forward", EncoderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        _options = options ?? new EncoderOptions();
        _options.Validate();
        _model = model;
        _entry = Enumerable.Range(0, model.EntryPoints.Count).Where(i => model.EntryPoints[i].Name == entry).DefaultIfEmpty(-1).First();
        if (_entry < 0)
            throw new ArgumentException($"'{model.Definition.Name}' has no entry point '{entry}'; it has {string.Join(", ", model.EntryPoints.Select(static known => known.Name))}. Mark the method with [EntryPoint].", nameof(entry));
        EntryPoint = model.EntryPoints[_entry];
        _context = ModelContext.LengthOf(model, EntryPoint);
        _layout = new KvLayout(EntryPoint.CacheSites, _options.ChunkSize, Simd.PanelWidth);
        _sequences = new WholeSequencePlan(_options.ChunkSize);
        _team = new Team(_options.Threads == 0 ? Environment.ProcessorCount : _options.Threads);
        _step = new Step(_team, _layout) { Plan = _sequences.Plan, Inputs = new nint[EntryPoint.Inputs.Count] };
    }

    /// <summary>What is run.</summary>
    public EntryPoint EntryPoint { get; }

    /// <summary>Tokens that a sequence can have; null where it does not end.</summary>
    public int? ContextLength => _context;

    /// <summary>Runs one sequence of tokens.</summary>
    /// <exception cref="RequestRefusedException">It can not be run: it is empty, too long, has an id that is none of the vocabulary, ...</exception>
    public EncodedSequence Run(ReadOnlyMemory<int> tokens) => Run([new EncoderInput(tokens)])[0];

    /// <summary>Runs a text.</summary>
    /// <exception cref="RequestRefusedException">The checkpoint has no tokenizer, or the text cannot be run.</exception>
    public EncodedSequence Run(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        LoadedCheckpoint? checkpoint = _model.Checkpoint;
        return checkpoint?.Tokenizer is { } tokenizer
            ? Run(tokenizer.Encode(text))
            : throw new RequestRefusedException("A text needs a tokenizer, and the checkpoint has none; give token ids.");
    }

    /// <summary>Runs sequences, as many together as fit into a step.</summary>
    /// <param name="progress">Told how many sequences are done.</param>
    /// <param name="cancellation">Looked at between steps.</param>
    /// <returns>Their results, in their order.</returns>
    /// <exception cref="RequestRefusedException">One of them cannot be run; names it, the input and the values. Nothing was run then.</exception>
    public IReadOnlyList<EncodedSequence> Run(IReadOnlyList<EncoderInput> inputs, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        for (var i = 0; i < inputs.Count; i++)
            EncoderCheck.Require(EntryPoint, inputs[i], inputs.Count == 1 ? "the sequence" : $"sequence {i}", _context);

        var results = new EncodedSequence[inputs.Count];
        for (var (begin, end) = (0, 0); begin < inputs.Count; begin = end)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = 0;
            while (end < inputs.Count && (end == begin || rows + inputs[end].Tokens.Length <= _options.MaxRowsPerStep))
                rows += inputs[end++].Tokens.Length;
            RunStep(inputs, begin, end, rows, results);
            progress?.Report(end);
        }

        return results;
    }

    /// <summary>Frees the working memory.</summary>
    public void Dispose()
    {
        _team.Dispose();
        Release();
    }

    private void RunStep(IReadOnlyList<EncoderInput> inputs, int begin, int end, int rows, EncodedSequence[] results)
    {
        var lengths = new int[end - begin];
        for (var i = begin; i < end; i++)
            lengths[i - begin] = inputs[i].Tokens.Length;
        var outputs = EntryPoint.Rows == ResultRows.All ? rows : lengths.Length;
        Reserve(rows, outputs, lengths.Sum(_sequences.ChunksOf));
        var (buffers, pool) = (_buffers!, _pool!);

        _sequences.Describe(lengths, chunk => (nint)pool[chunk], EntryPoint.IsCausal, MaxBlockRows);
        var (row, output, chunks) = (0, 0, 0);
        for (var i = begin; i < end; i++)
        {
            var tokens = inputs[i].Tokens.Span;
            for (var position = 0; position < tokens.Length; position++)
            {
                buffers.Tokens[row + position] = tokens[position];
                buffers.Positions[row + position] = position;
                buffers.ChunkOfRow[row + position] = pool[chunks + (position / _options.ChunkSize)];
                buffers.SlotOfRow[row + position] = position % _options.ChunkSize;
            }

            var (from, count) = Wanted(tokens.Length);
            for (var position = from; position < from + count; position++)
                buffers.OutputRows[output++] = row + position;
            _inputs!.Copy(inputs[i], row);
            row += tokens.Length;
            chunks += _sequences.ChunksOf(tokens.Length);
        }

        _step.Rows = rows;
        _step.OutputCount = output;
        var observer = Enumerable.Range(begin, end - begin).Any(i => inputs[i].Observer is not null) ? new SequenceObserver(inputs, begin, lengths, buffers) : null;
        _step.Observer = observer;
        _model.RunStep(_entry, _step, buffers.MaxRows, buffers.MaxOutputs);

        output = 0;
        for (var i = begin; i < end; i++)
        {
            var (from, count) = Wanted(lengths[i - begin]);
            var values = new float[checked(count * EntryPoint.OutputWidth)];
            for (var k = 0; k < count; k++)
            {
                var result = new ReadOnlySpan<float>(buffers.Logits + ((nint)output++ * buffers.LogitsStride), EntryPoint.OutputWidth);
                result.CopyTo(values.AsSpan(k * EntryPoint.OutputWidth));
                inputs[i].Observer?.Logits(from + k, result);
            }

            results[i] = new EncodedSequence(count, EntryPoint.OutputWidth, values);
        }
    }

    private (int From, int Count) Wanted(int length) => EntryPoint.Rows switch
    {
        ResultRows.First => (0, 1),
        ResultRows.Last => (length - 1, 1),
        _ => (0, length),
    };

    // Memory for the largest step so far.
    private void Reserve(int rows, int outputs, int chunks)
    {
        if (_buffers is { } buffers && buffers.MaxRows >= rows && buffers.MaxOutputs >= outputs && _pool!.Pages >= chunks)
            return;
        rows = Math.Max(rows, _buffers?.MaxRows ?? 0);
        outputs = Math.Max(outputs, _buffers?.MaxOutputs ?? 0);
        chunks = Math.Max(chunks, _pool?.Pages ?? 0);
        Release();
        var arena = _model.ArenaBytes(_entry, rows, outputs);
        var chunkFloats = Math.Max(4, _layout.ChunkFloats);
        MemoryNeed.Check(chunks, _options.ChunkSize, (long)chunkFloats * sizeof(float), StepBuffers.Bytes(rows, outputs, EntryPoint.OutputWidth, arena), Memory.FreeMemory.Bytes(), "MaxRowsPerStep, or shorten the longest sequence");
        _buffers = new StepBuffers(rows, outputs, EntryPoint.OutputWidth, arena);
        _inputs = new InputBuffers(EntryPoint, rows);
        _pool = new ChunkPool(chunkFloats, chunks);
        _step.Tokens = _buffers.Tokens;
        _step.Positions = _buffers.Positions;
        _step.ChunkOfRow = _buffers.ChunkOfRow;
        _step.SlotOfRow = _buffers.SlotOfRow;
        _step.OutputRows = _buffers.OutputRows;
        _step.Logits = _buffers.Logits;
        _step.LogitsStride = _buffers.LogitsStride;
        _step.Arena = _buffers.Arena;
        _inputs.PointFrom(_step);
    }

    private void Release()
    {
        _buffers?.Dispose();
        _inputs?.Dispose();
        _pool?.Dispose();
        (_buffers, _inputs, _pool) = (null, null, null);
    }
}
