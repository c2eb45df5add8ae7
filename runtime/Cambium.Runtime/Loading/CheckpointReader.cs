using System.Buffers;
using Cambium.Checkpoints;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Loading;

/// <summary>
/// Reads a checkpoint while a model is loaded. A checkpoint is a Hugging Face folder (<c>config.json</c>, safetensors in one file or in shards,
/// optionally <c>tokenizer.json</c>) or a GGUF file. The metadata of a GGUF file are translated to a configuration, and its tensors to the names and
/// the row order of a folder. Weights are widened to f32 by slices of rows, never a whole tensor at once, and pages of the files that have been
/// read do not stay resident. Not thread safe; packed weights are read by several threads (<see cref="LoadOptions.Threads"/>) within one call.
/// </summary>
public sealed unsafe partial class CheckpointReader : IDisposable
{
    /// <summary>Floats of one slice: it stays in the L2 cache between widening and packing.</summary>
    private const int SliceFloats = 64 * 1024;

    private readonly LoadOptions _options;
    private readonly CheckpointSource _source;
    private readonly CheckpointFiles _files;
    private readonly IReadOnlyList<byte[]> _adapters;
    private readonly CancellationTokenSource _closing;
    private IDisposable? _helper;
    private Task<string>? _fingerprint;
    private bool _isDisposed;
    private long _bytesDone;

    private CheckpointReader(CheckpointSource source, CheckpointFiles files, LoadOptions options, IReadOnlyList<byte[]> adapters)
    {
        (_source, _adapters) = (source, adapters);
        Folder = source.Path;
        Config = source.Config;
        _files = files;
        _options = options;
        _closing = CancellationTokenSource.CreateLinkedTokenSource(options.Cancellation);
        TensorBytes = files.Tensors.Sum(static stored => stored.Tensor.Bytes);
        TensorElements = files.Tensors.Sum(static stored => stored.Tensor.Elements);
    }

    /// <summary>The folder, or the GGUF file.</summary>
    public string Folder { get; }

    /// <summary>The settings.</summary>
    public ModelConfig Config { get; }

    /// <summary>The storage type of matrices in memory.</summary>
    public WeightStorage Storage => _options.Storage;

    /// <summary>The arithmetic of products of quantized weights.</summary>
    public WeightProducts Products => _options.Products;

    /// <summary>
    /// The storage type of tables whose rows are looked up, such as embeddings, and of heads that are tied to them: at least 8 bits. In 4 bits they
    /// would cost more accuracy than all other weights.
    /// </summary>
    public WeightStorage TableStorage => Storage == WeightStorage.Int4 ? WeightStorage.Int8 : Storage;

    /// <summary>Bytes of all tensors as they are stored.</summary>
    public long TensorBytes { get; }

    /// <summary>Elements of all tensors.</summary>
    public long TensorElements { get; }

    /// <summary>Threads that read and pack weights; at least 1.</summary>
    internal int Threads => _options.Threads == 0 ? Environment.ProcessorCount : _options.Threads;

    /// <summary>Ends loading.</summary>
    public CancellationToken Cancellation => _options.Cancellation;

    /// <summary>Names of all tensors.</summary>
    public IEnumerable<string> TensorNames => _files.Names;

    /// <summary>Opens the checkpoint and checks the headers of all files; no weight is read yet.</summary>
    /// <param name="folder">The folder, or a GGUF file.</param>
    /// <param name="options">How to load.</param>
    /// <param name="architectures">The GGUF architectures that the model class declares, by default none; not used for a folder.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged, or its content does not match its name.</exception>
    /// <exception cref="InsufficientMemoryException">The weights cannot fit into memory.</exception>
    /// <exception cref="OperationCanceledException">By <see cref="LoadOptions.Cancellation"/>; the reads below may throw it, too.</exception>
    public static CheckpointReader Open(string folder, LoadOptions? options = null, IReadOnlyList<GgufArchitecture>? architectures = null)
    {
        options ??= new LoadOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Threads, "Threads");
        options.Cancellation.ThrowIfCancellationRequested();
        CheckpointSource source = CheckpointSource.Open(folder, architectures ?? [], options.Cancellation);
        var (files, adapters) = (source.OpenFiles(options.Cancellation), new List<byte[]>());
        try
        {
            foreach (var adapter in options.Adapters)
                adapters.Add(LoraAdapter.Merge(adapter, files, options.Cancellation));
        }
        catch
        {
            files.Dispose();
            throw;
        }

        var reader = new CheckpointReader(source, files, options, adapters);
        try
        {
            RequireMemory(folder, reader.TensorElements, reader.TensorBytes, FreeMemory.Bytes(), reader.Storage);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Throws before the first weight is read if the weights cannot fit in memory.</summary>
    /// <exception cref="InsufficientMemoryException">The weights need more memory than is free; the message has both numbers.</exception>
    internal static void RequireMemory(string folder, long elements, long bytes, long available, WeightStorage storage = WeightStorage.F32)
    {
        var needed = storage == WeightStorage.Stored ? bytes : elements * storage.Bits() / 8;
        if (needed > available)
        {
            throw new InsufficientMemoryException(
                $"{folder}: the weights need {FreeMemory.Text(needed)} in {storage.Name()} and "
                + $"{FreeMemory.Text(available)} are available. "
                + $"{(storage is WeightStorage.F32 or WeightStorage.Stored ? "Quantize them (LoadOptions.Storage), take" : "Take")} "
                + "a smaller checkpoint or a machine with more memory.");
        }
    }

    /// <summary>Whether the checkpoint has this tensor.</summary>
    /// <param name="tensor">Its name, or several alternatives separated by <c>|</c>. All methods of this class accept both.</param>
    public bool Has(string tensor) => _files.Has(NameOf(tensor));

    /// <summary>The header of a tensor.</summary>
    /// <exception cref="CheckpointException">It is missing.</exception>
    public TensorInfo Describe(string tensor) => _files.Require(NameOf(tensor)).Tensor;

    /// <summary>Reads a whole tensor in row-major order: for small parameters such as norms and biases.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="shape">The shape that it must have.</param>
    /// <param name="destination">Receives the elements: as many as the tensor has.</param>
    /// <exception cref="CheckpointException">It is missing, has another shape, or is of a type that cannot be read.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void Read(string tensor, ReadOnlySpan<int> shape, Span<float> destination)
    {
        StoredTensor stored = Check(tensor, shape);
        if (stored.Tensor.Elements != destination.Length)
        {
            throw new ArgumentException(
                $"'{tensor}' has {stored.Tensor.Elements} elements, and the destination takes {destination.Length}.", nameof(destination));
        }

        fixed (float* start = destination)
            Read(tensor, stored, start);
    }

    // The destination has room for all elements.
    private void Read(string tensor, StoredTensor stored, float* destination)
    {
        if (stored.IsTransposed)
        {
            ReadTransposed(stored, destination);
            return;
        }

        TensorInfo info = stored.Tensor;
        for (long done = 0; done < info.Elements;)
        {
            long count = Math.Min(SliceFloats, info.Elements - done);
            stored.Widen(done, count, destination + done);
            done += count;
            Advance(tensor, info.Type.BytesOf(count));
        }

        stored.Release();
    }

    /// <summary>Reads a matrix in slices of whole rows, each widened to f32. The memory of a slice is reused for the next one.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="shape">The shape that it must have: [rows, columns].</param>
    /// <param name="rows">Receives the rows of a slice and the index of the first of them.</param>
    /// <inheritdoc cref="Read(string, ReadOnlySpan{int}, Span{float})"/>
    public void Read(string tensor, ReadOnlySpan<int> shape, RowSink rows)
    {
        if (shape.Length != 2)
            throw new ArgumentException($"Rows of '{tensor}' need a shape of 2 extents, found {shape.Length}.", nameof(shape));
        ReadRows(tensor, Check(tensor, shape), shape, rows);
    }

    internal void ReadRows(string tensor, StoredTensor stored, ReadOnlySpan<int> shape, RowSink rows)
    {
        int columns = shape[1];
        if ((long)shape[0] * columns != stored.Tensor.Elements)
            throw new ArgumentException($"'{tensor}' has {stored.Tensor.Elements} elements, not [{shape[0]}, {columns}].", nameof(shape));
        // A multiple of 32 rows fills whole panels of packed weights at every vector width.
        int step = Math.Max(SliceFloats / Math.Max(columns, 1) / 32 * 32, Math.Max(1, Math.Min(32, SliceFloats / Math.Max(columns, 1))));
        float[] slice = ArrayPool<float>.Shared.Rent(checked((int)Math.Min((long)step, shape[0]) * columns));
        try
        {
            fixed (float* buffer = slice)
            {
                for (int first = 0; first < shape[0]; first += step)
                {
                    int floats = checked(Math.Min(step, shape[0] - first) * columns);
                    stored.Widen((long)first * columns, floats, buffer);
                    RequireFinite(stored, slice.AsSpan(0, floats));
                    rows(slice.AsSpan(0, floats), first);
                    Advance(tensor, stored.Tensor.Type.BytesOf(floats));
                }
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(slice);
            stored.Release();
        }
    }

    /// <summary>Closes the files and keeps what a loaded model needs of the checkpoint.</summary>
    /// <exception cref="CheckpointException">A file other than the weights is damaged.</exception>
    public LoadedCheckpoint Finish()
    {
        Cancellation.ThrowIfCancellationRequested();
        string fingerprint = _fingerprint is { } started ? started.GetAwaiter().GetResult() : ComputeFingerprint();
        var loaded = new LoadedCheckpoint
        {
            Folder = Folder,
            Config = Config,
            Fingerprint = fingerprint,
            UnreadTensors = Unread(),
            Warnings = Warnings(),
            Generation = _source.Generation(),
            WeightType = MostlyStoredAs(),
        };
        Dispose();
        _options.Progress?.Report(new LoadProgress("", TensorBytes, TensorBytes));
        return loaded;
    }

    /// <summary>Memory for weights: zeroed floats.</summary>
    /// <exception cref="InsufficientMemoryException">More than is free.</exception>
    /// <exception cref="OperationCanceledException">By <see cref="LoadOptions.Cancellation"/>.</exception>
    public NativeBuffer Allocate(long floats) => new(floats, cancellation: Cancellation);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _closing.Cancel();
        try
        {
            // It reads the files.
            _fingerprint?.Wait(CancellationToken.None);
        }
        catch (AggregateException)
        {
            // Finish throws the error; without Finish, the fingerprint is not needed.
        }

        _helper?.Dispose();
        _closing.Dispose();
        _files.Dispose();
    }

    /// <summary>
    /// Helper of a device for reading large tensors, such as its threads: created once, and disposed with the reader. The fingerprint is computed
    /// from then on, because hashing takes as long as packing quantized weights.
    /// </summary>
    internal T Helper<T>(Func<int, T> create)
        where T : class, IDisposable
    {
        if (_helper is null)
        {
            _helper = create(Threads);
            _fingerprint = Task.Run(ComputeFingerprint, CancellationToken.None);
        }

        return (T)_helper;
    }

    private string ComputeFingerprint() => Fingerprint.Compute(_source.Settings(), Storage, Products, _files, _adapters, _closing.Token);

    internal StoredTensor Check(string tensor, ReadOnlySpan<int> shape)
    {
        _options.Cancellation.ThrowIfCancellationRequested();
        tensor = NameOf(tensor);
        StoredTensor stored = _files.Require(tensor);
        long[] expected = Array.ConvertAll(shape.ToArray(), static extent => (long)extent);
        if (!stored.Shape.SequenceEqual(expected))
            throw new CheckpointException(
                stored.File.Path,
                $"tensor '{tensor}'",
                $"has the shape {TensorInfo.ShapeToText(stored.Shape)}, expected {TensorInfo.ShapeToText(expected)}",
                $"The sizes come from {Config.File}; weights and configuration belong to different models.");
        if (!FloatConversion.Supports(stored.Tensor.Type))
            throw new CheckpointException(
                stored.File.Path,
                $"tensor '{tensor}'",
                $"is stored as {stored.Tensor.TypeName}, expected {FloatConversion.Supported}",
                "Quantised checkpoints are not read in this form; save it in one of these types.");
        return stored;
    }

    // An infinite weight would make its whole group zero.
    internal void RequireFinite(StoredTensor stored, ReadOnlySpan<float> weights)
    {
        if (!Storage.HasScales())
            return;
        foreach (float weight in weights)
        {
            if (!float.IsFinite(weight))
                throw new CheckpointException(
                    stored.File.Path,
                    $"tensor '{stored.Tensor.Name}'",
                    $"has the weight {weight}, expected finite ones to keep them as {Storage.Name()}",
                    "Load it in f32, or fix the checkpoint.");
        }
    }

    /// <exception cref="CheckpointException">An f16 weight is infinite or NaN: kernels widen finite ones only.</exception>
    internal static void RequireFiniteHalves(StoredTensor stored, ReadOnlySpan<ushort> weights)
    {
        if (!FloatConversion.AreFiniteHalves(weights))
            throw new CheckpointException(
                stored.File.Path,
                $"tensor '{stored.Tensor.Name}'",
                "has an infinite weight or NaN, expected finite ones to keep them as f16",
                "Load it in f32, or fix the checkpoint.");
    }

    private void ReadTransposed(StoredTensor stored, float* destination)
    {
        (long rows, long columns) = (stored.Tensor.Shape[0], stored.Tensor.Shape[1]);
        using var row = new NativeBuffer(columns, isZeroed: false);
        for (long i = 0; i < rows; i++)
        {
            stored.Widen(i * columns, columns, row.Pointer);
            for (long column = 0; column < columns; column++)
                destination[(column * rows) + i] = row.Pointer[column];
            Advance(stored.Tensor.Name, stored.RowBytes);
        }

        stored.Release();
    }

    private ElementType MostlyStoredAs() =>
        _files.Tensors.GroupBy(static stored => stored.Tensor.Type)
        .OrderByDescending(static type => type.Sum(static stored => stored.Tensor.Elements))
        .Select(static type => type.Key).FirstOrDefault(ElementType.F32);

    /// <summary>The first of the names that the checkpoint has; the first of all if it has none of them.</summary>
    private string NameOf(string tensor)
    {
        if (!tensor.Contains('|'))
            return tensor;
        var names = tensor.Split('|');
        return Array.Find(names, _files.Has) ?? names[0];
    }

    /// <summary>Reports bytes of a tensor as read. For the thread that loads.</summary>
    internal void Advance(string tensor, long bytes)
    {
        _bytesDone += bytes;
        _options.Progress?.Report(new LoadProgress(tensor, _bytesDone, TensorBytes));
        _options.Cancellation.ThrowIfCancellationRequested();
    }
}

/// <summary>Receives rows of a matrix: [count of rows, columns] in row-major order, beginning with row <paramref name="firstRow"/>.</summary>
public delegate void RowSink(ReadOnlySpan<float> rows, int firstRow);
