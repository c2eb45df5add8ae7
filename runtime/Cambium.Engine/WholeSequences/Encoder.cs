using Cambium.Runtime.Cache;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Cambium.Runtime.Scheduling;
using Cambium.Runtime.Loading;
using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>
/// Runs an entry point over whole sequences: encoders, whose tokens see later ones, classifiers, and other functions whose result is not the next
/// token. Nothing is kept between runs. The results of a sequence do not depend on the other sequences of the batch. Not thread safe.
/// </summary>
public sealed class Encoder : IDisposable
{
    // Rows of a block of attention; decides speed only.
    private const int MaxBlockRows = 64;

    private readonly CompiledModel _model;
    private readonly EncoderOptions _options;
    private readonly int _entry;
    private readonly int? _context;
    private readonly Device _device;
    private readonly WholeSequencePlan _sequences;

    // The contents in the store, which is replaced when it is too small.
    private readonly Dictionary<PrefixPart, NodeContent> _contents = new(ReferenceEqualityComparer.Instance);
    private ModelProgram? _program;
    private ChunkStore? _store;

    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="entry">Name of the method: <c>Forward</c>, or one with <c>[EntryPoint]</c>.</param>
    /// <param name="options">How to use the device.</param>
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
            throw new ArgumentException(
                $"'{model.Definition.Name}' has no entry point '{entry}'; it has "
                + $"{string.Join(", ", model.EntryPoints.Select(static known => known.Name))}. Mark the method with [EntryPoint].",
                nameof(entry));
        EntryPoint = model.EntryPoints[_entry];
        _context = ModelContext.LengthOf(model, EntryPoint);
        _sequences = new WholeSequencePlan(_options.ChunkSize);
        _device = _options.Device ?? model.OpenDefaultDevice(new DeviceOptions { Threads = _options.Threads });
        try
        {
            // Refuses a chunk size that the device has no layout for.
            _ = _device.PageBytes(EntryPoint.CacheSites, _options.ChunkSize, _options.KvStorage);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The function that is run.</summary>
    public EntryPoint EntryPoint { get; }

    /// <summary>Tokens of the longest sequence; null without a limit.</summary>
    public int? ContextLength => _context;

    /// <summary>Runs one sequence of tokens.</summary>
    /// <exception cref="RequestRefusedException">It cannot be run: it is empty, too long, has an id outside the vocabulary, ...</exception>
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
    /// <param name="progress">Reports how many sequences are done.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <returns>Their results, in their order.</returns>
    /// <exception cref="RequestRefusedException">One of them cannot be run; names it, the input and the values. Nothing was run then.</exception>
    public IReadOnlyList<EncodedSequence> Run(
        IReadOnlyList<EncoderInput> inputs, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        // The caller may change its arrays while a step runs; kernels read ids without a check of their own.
        inputs = [.. inputs.Select(static input => input.Copy())];
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
        Release();
        if (_options.Device is null)
            _device.Dispose();
    }

    private void RunStep(IReadOnlyList<EncoderInput> inputs, int begin, int end, int rows, EncodedSequence[] results)
    {
        var lengths = new int[end - begin];
        for (var i = begin; i < end; i++)
            lengths[i - begin] = inputs[i].Tokens.Length;
        var outputs = EntryPoint.Rows == ResultRows.All ? rows : lengths.Length;
        Reserve(rows, outputs, lengths.Sum(_sequences.ChunksOf));
        var (program, batch) = (_program!, _program!.Batch);

        var contents = inputs.Skip(begin).Take(end - begin).Select(input => ContentsOf(input.Prefixes)).ToList();
        _sequences.Describe(lengths, EntryPoint.IsCausal, MaxBlockRows, contents);
        var (row, output, chunks) = (0, 0, 0);
        for (var i = begin; i < end; i++)
        {
            var tokens = inputs[i].Tokens.Span;
            var first = contents[i - begin].Sum(static content => content.Positions);
            tokens.CopyTo(batch.Tokens[row..]);
            for (var position = 0; position < tokens.Length; position++)
            {
                batch.Positions[row + position] = first + position;
                batch.PageOfRow[row + position] = chunks + (position / _options.ChunkSize);
                batch.SlotOfRow[row + position] = position % _options.ChunkSize;
            }

            var (from, count) = Wanted(tokens.Length);
            for (var position = from; position < from + count; position++)
                batch.OutputRows[output++] = row + position;
            CopyInputs(inputs[i], row);
            row += tokens.Length;
            chunks += _sequences.ChunksOf(tokens.Length);
        }

        (batch.Rows, batch.OutputCount) = (rows, output);
        program.Plan = _sequences.Plan;
        program.Observer = Enumerable.Range(begin, end - begin).Any(i => inputs[i].Observer is not null)
            ? new SequenceObserver(inputs, begin, lengths, batch)
            : null;
        program.Launch();
        program.Await();

        output = 0;
        for (var i = begin; i < end; i++)
        {
            var (from, count) = Wanted(lengths[i - begin]);
            EncodedResult[] all = [.. EntryPoint.Results.Select((result, index) => Copy(program, result, index, output, count))];
            for (var k = 0; k < count; k++)
                inputs[i].Observer?.Logits(from + k, all[0][k]);
            output += count;
            results[i] = new EncodedSequence(count, all[0].Width, all[0].Values) { Results = all };
        }
    }

    private static EncodedResult Copy(ModelProgram program, EntryResult result, int index, int output, int count)
    {
        if ((long)count * result.Width > Array.MaxLength)
            throw new RequestRefusedException(
                $"'{result.Name}' of a sequence has [{count}, {result.Width}] floats, expected at most {Array.MaxLength}; shorten it.");
        var values = new float[count * result.Width];
        for (var k = 0; k < count; k++)
            program.Result(index, output + k).CopyTo(values.AsSpan(k * result.Width));
        return new EncodedResult(result.Name, result.Width, values);
    }

    private (int From, int Count) Wanted(int length) => EntryPoint.Rows switch
    {
        ResultRows.First => (0, 1),
        ResultRows.Last => (length - 1, 1),
        _ => (0, length),
    };

    // Inputs after the tokens.
    private void CopyInputs(EncoderInput input, int row)
    {
        for (var i = 1; i < EntryPoint.Inputs.Count; i++)
        {
            var (name, width) = (EntryPoint.Inputs[i].Name, EntryPoint.Inputs[i].Width);
            if (width == 0)
                input.Ids[name].Span.CopyTo(_program!.Batch.Ids(i)[row..]);
            else
                input.Floats[name].Span.CopyTo(_program!.Batch.Floats(i)[(row * width)..]);
        }
    }

    private List<NodeContent> ContentsOf(IReadOnlyList<Prefix> prefixes)
    {
        var contents = new List<NodeContent>();
        foreach (var prefix in prefixes)
        {
            foreach (var part in prefix.Parts.OfType<PrefixPart.Content>())
            {
                if (!_contents.TryGetValue(part, out var content))
                    _contents.Add(part, content = NodeContent.Of(part, "", _store!.Add(part.Data, part.HasPositions), prefix.Name));
                contents.Add(content);
            }
        }

        return contents;
    }

    // Memory for the largest step so far.
    private void Reserve(int rows, int outputs, int chunks)
    {
        if (_program is { } program && program.Batch.MaxRows >= rows && program.Batch.MaxOutputs >= outputs && _store!.Pages >= chunks)
            return;
        rows = Math.Max(rows, _program?.Batch.MaxRows ?? 0);
        outputs = Math.Max(outputs, _program?.Batch.MaxOutputs ?? 0);
        chunks = Math.Max(chunks, _store?.Pages ?? 0);
        Release();
        var limits = new ProgramLimits(_entry, rows, outputs);
        var pageBytes = _device.PageBytes(EntryPoint.CacheSites, _options.ChunkSize, _options.KvStorage);
        var stepBytes = _device.ProgramBytes(_model, limits);
        MemoryNeed.Check(chunks, _options.ChunkSize, pageBytes, stepBytes, _device.FreeBytes, "MaxRowsPerStep, or shorten the longest sequence");
        _store = _device.CreateStore(EntryPoint.CacheSites, _options.ChunkSize, chunks, _options.KvStorage);
        _program = _device.Open(_model, limits, _store);
    }

    private void Release()
    {
        _program?.Dispose();
        _store?.Dispose();
        (_program, _store) = (null, null);
        _contents.Clear();
    }
}
