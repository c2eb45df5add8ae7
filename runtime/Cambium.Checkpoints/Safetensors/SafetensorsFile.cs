using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cambium.Checkpoints;

/// <summary>One safetensors file, memory-mapped and checked. Pointers and spans into it are valid until it is disposed.</summary>
public sealed unsafe class SafetensorsFile : ITensorFile
{
    private readonly Dictionary<string, TensorInfo> _byName;
    private readonly MappedFile _map;

    private SafetensorsFile(string path, List<TensorInfo> tensors, Dictionary<string, string> metadata, MappedFile map)
    {
        Path = path;
        Tensors = tensors;
        Metadata = metadata;
        _byName = tensors.ToDictionary(static t => t.Name, StringComparer.Ordinal);
        _map = map;
    }

    /// <summary>The path.</summary>
    public string Path { get; }

    /// <summary>All tensors, in the order of their data.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The free text of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its whole header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Ends the reading of the header.</param>
    /// <exception cref="CheckpointException">The file cannot be read or contradicts the format.</exception>
    public static SafetensorsFile Open(string path, CancellationToken cancellation = default)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            long bytes = stream.Length;
            (List<TensorInfo> tensors, Dictionary<string, string> metadata, _) = SafetensorsHeader.Read(path, stream, bytes, cancellation);
            return new SafetensorsFile(path, tensors, metadata, new MappedFile(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new CheckpointException(path, null, $"cannot be read ({error.Message.TrimEnd('.')})", "Check the path and the permissions.", error);
        }
    }

    /// <summary>A tensor by its name; null if the file does not have it.</summary>
    public TensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A tensor by its name.</summary>
    /// <exception cref="CheckpointException">The file does not have it.</exception>
    public TensorInfo Require(string name) => Find(name) ?? throw MissingTensor.Error(Path, name, _byName.Keys);

    /// <summary>First of the <see cref="TensorInfo.Bytes"/> bytes of a tensor's data, not aligned.</summary>
    public byte* Pointer(TensorInfo tensor) => _map.Start + tensor.Offset;

    void ITensorFile.Release(byte* start, long bytes) => _map.Release(start, bytes);

    /// <summary>Reads a floating-point tensor (F32, F16, BF16, F64) as floats.</summary>
    /// <exception cref="CheckpointException">The tensor does not exist or has another type.</exception>
    public float[] ReadFloats(string name)
    {
        TensorInfo tensor = Require(name);
        float[] result = new float[Length(tensor)];
        if (tensor.Type == ElementType.F64)
        {
            byte* source = Pointer(tensor);
            for (int i = 0; i < result.Length; i++)
                result[i] = (float)Unsafe.ReadUnaligned<double>(source + (8L * i));
            return result;
        }

        if (!FloatConversion.Supports(tensor.Type))
            throw WrongType(tensor, "F32, F16, BF16 or F64");
        fixed (float* destination = result)
            FloatConversion.Widen(tensor.Type, Pointer(tensor), destination, result.Length);
        return result;
    }

    /// <summary>Reads a floating-point tensor (F64, F32, F16, BF16) as doubles.</summary>
    /// <exception cref="CheckpointException">The tensor does not exist or has another type.</exception>
    public double[] ReadDoubles(string name)
    {
        TensorInfo tensor = Require(name);
        if (tensor.Type != ElementType.F64)
            return Array.ConvertAll(ReadFloats(name), static value => (double)value);
        double[] result = new double[Length(tensor)];
        fixed (double* destination = result)
            Buffer.MemoryCopy(Pointer(tensor), destination, tensor.Bytes, tensor.Bytes);
        return result;
    }

    /// <summary>Reads a tensor of whole numbers (I64, I32, U8) as 64-bit integers.</summary>
    /// <exception cref="CheckpointException">The tensor does not exist or has another type.</exception>
    public long[] ReadIntegers(string name)
    {
        TensorInfo tensor = Require(name);
        long[] result = new long[Length(tensor)];
        byte* source = Pointer(tensor);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = tensor.Type switch
            {
                ElementType.I64 => MemoryMarshal.Read<long>(new ReadOnlySpan<byte>(source + (8L * i), 8)),
                ElementType.I32 => MemoryMarshal.Read<int>(new ReadOnlySpan<byte>(source + (4L * i), 4)),
                ElementType.U8 => source[i],
                _ => throw WrongType(tensor, "I64, I32 or U8"),
            };
        }

        return result;
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _map.Dispose();

    private CheckpointException WrongType(TensorInfo tensor, string expected) =>
        new(Path, $"tensor '{tensor.Name}'", $"is stored as {tensor.TypeName}, expected {expected}", "Write it again with that dtype.");

    private int Length(TensorInfo tensor) => tensor.Elements <= Array.MaxLength
        ? (int)tensor.Elements
        : throw new CheckpointException(
            Path, $"tensor '{tensor.Name}'", $"has {tensor.Elements} elements, expected at most {Array.MaxLength} for reading into an array",
            "Read it by rows.");
}
