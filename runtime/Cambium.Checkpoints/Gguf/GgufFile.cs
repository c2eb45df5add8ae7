namespace Cambium.Checkpoints;

/// <summary>
/// A GGUF file, mapped and validated: version 2 or 3, little endian. Counts and lengths (against the file's size), nesting, extents, offsets and
/// overlaps are checked when the file is opened. No allocation is proportional to a number that the file claims without the bytes for it.
/// </summary>
internal sealed unsafe class GgufFile : ITensorFile
{
    private const uint Magic = 0x46554747;
    private const int MaxExtents = 4;
    private const int MaxNameBytes = 1024;
    private const int DefaultAlignment = 32;
    private const string Malformed = "The file is damaged or was written by a faulty tool; fetch or convert it again.";

    private readonly MappedFile _map;
    private readonly List<TensorInfo> _tensors = [];
    private readonly long _length;

    // The longest block of a supported type has 34 bytes for 32 elements.
    private const long MaxElements = long.MaxValue / 34;

    private GgufFile(string path, MappedFile map, long length, CancellationToken cancellation)
    {
        Path = path;
        _map = map;
        _length = length;
        try
        {
            Metadata = Read(cancellation);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Shapes are outermost first, as in safetensors; the file has them innermost first.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _tensors;

    public GgufMetadata Metadata { get; }

    /// <summary>Whether a file begins with the magic number of GGUF.</summary>
    public static bool IsOne(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            Span<byte> magic = stackalloc byte[4];
            return stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("GGUF"u8);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <param name="cancellation">Ends the reading of the header.</param>
    /// <exception cref="CheckpointException">It cannot be read, contradicts the format, or has something that is not supported.</exception>
    public static GgufFile Open(string path, CancellationToken cancellation = default)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (stream.Length < 24)
                throw new CheckpointException(path, null, $"has {stream.Length} bytes, expected at least the 24 of a GGUF header", Malformed);
            var length = stream.Length;
            return new GgufFile(path, new MappedFile(stream), length, cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, null, $"cannot be read ({error.Message.TrimEnd('.')})", "Check the path and the permissions.", error);
        }
    }

    public byte* Pointer(TensorInfo tensor) => _map.Start + tensor.Offset;

    public void Release(byte* start, long bytes) => _map.Release(start, bytes);

    public void Dispose() => _map.Dispose();

    private GgufMetadata Read(CancellationToken cancellation)
    {
        var cursor = new GgufCursor(Path, _map.Start, 0, _length);
        if (cursor.UInt32() is var magic && magic != Magic)
        {
            throw new CheckpointException(
                Path, null, "is not a GGUF file, expected one that begins with 'GGUF', or the folder of a Hugging Face checkpoint",
                "Give the folder that holds config.json and the safetensors files, or a GGUF file.");
        }

        var version = cursor.UInt32();
        if (version is not (2 or 3))
        {
            throw new CheckpointException(
                Path, "version", $"is {(version > 0xFFFF ? "that of a big-endian file" : version)}, expected 2 or 3 of a little-endian one",
                "Convert the checkpoint again with a current converter.");
        }

        var (tensors, settings) = (cursor.Count("tensors", 24), cursor.Count("metadata", 13));
        var metadata = new GgufMetadata(Path, _map.Start, _length);
        for (long i = 0; i < settings; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var key = cursor.Text("a metadata key", GgufMetadata.MaxKeyBytes);
            var type = cursor.Type($"metadata '{key}'");
            metadata.Add(key, type, cursor.At);
            cursor.Skip(type, $"metadata '{key}'", GgufMetadata.MaxNesting, cancellation);
        }

        var alignment = metadata.Int("general.alignment", DefaultAlignment);
        if (alignment is < 1 or > 1 << 20 || (alignment & (alignment - 1)) != 0)
        {
            throw new CheckpointException(
                Path, "metadata 'general.alignment'", $"is {alignment}, expected a power of two of at most {1 << 20}", Malformed);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (long i = 0; i < tensors; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var tensor = ReadTensor(ref cursor, alignment);
            if (!names.Add(tensor.Name))
                throw new CheckpointException(Path, $"tensor '{tensor.Name}'", "appears 2 times, expected once", Malformed);
            _tensors.Add(tensor);
        }

        Place((cursor.At + alignment - 1) / alignment * alignment);
        return metadata;
    }

    // The offset is relative to the start of the data; Place makes it absolute.
    private TensorInfo ReadTensor(ref GgufCursor cursor, int alignment)
    {
        var name = cursor.Text("a tensor's name", MaxNameBytes);
        CheckpointException Error(string problem, string fix = Malformed) => new(Path, $"tensor '{name}'", problem, fix);
        var extents = cursor.UInt32();
        if (extents is < 1 or > MaxExtents)
            throw Error($"has {extents} extents, expected 1 to {MaxExtents}");
        var shape = new long[extents];
        Int128 elements = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            var extent = cursor.UInt64();
            elements = extent is > 0 and <= long.MaxValue ? elements * extent : 0;
            if (elements <= 0 || elements > MaxElements)
                throw Error($"has the extent {extent}, expected extents above 0 whose product is a size");
            shape[i] = (long)extent;
        }

        var code = cursor.UInt32();
        if (GgufTypes.Find(code) is not { } type)
        {
            throw Error(
                $"is stored as {GgufTypes.NameOf(code)}, expected {GgufTypes.Supported}",
                "Take a file of this model with one of these types, or convert it: llama-quantize --allow-requantize <this file> <new file> Q8_0.");
        }

        if (shape[^1] % type.Block() != 0)
            throw Error($"has rows of {shape[^1]} elements, expected whole blocks of {type.Block()} for {type.Name()}");
        var offset = cursor.UInt64();
        if (offset > (ulong)_length || (long)offset % alignment != 0)
            throw Error($"begins at {offset}, expected a multiple of {alignment} inside of the file");
        return new TensorInfo(name, type, shape, (long)offset, type.BytesOf((long)elements));
    }

    private void Place(long data)
    {
        for (var i = 0; i < _tensors.Count; i++)
        {
            var tensor = _tensors[i];
            if (data > _length || tensor.Offset > _length - data || tensor.Bytes > _length - data - tensor.Offset)
            {
                throw new CheckpointException(
                    Path, $"tensor '{tensor.Name}'", $"has {tensor.Bytes} bytes from {data + (Int128)tensor.Offset} on, and the file has {_length}",
                    "The file was not completely downloaded; fetch it again.");
            }

            _tensors[i] = tensor with { Offset = data + tensor.Offset };
        }

        TensorInfo? before = null;
        foreach (var tensor in _tensors.OrderBy(static tensor => tensor.Offset))
        {
            if (before is not null && before.Offset + before.Bytes > tensor.Offset)
                throw new CheckpointException(Path, $"tensor '{tensor.Name}'", $"overlaps '{before.Name}'", Malformed);
            before = tensor;
        }
    }
}
