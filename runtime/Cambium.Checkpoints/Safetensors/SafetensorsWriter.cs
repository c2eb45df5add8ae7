using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Cambium.Checkpoints;

/// <summary>Collects tensors and writes them as one safetensors file. Tensors are kept by reference until <see cref="Save"/>.</summary>
public sealed class SafetensorsWriter
{
    private readonly List<(string Name, string Type, long[] Shape, Action<Stream> Write)> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Free text for the header.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a tensor that is stored as F32.</summary>
    /// <exception cref="ArgumentException">The name exists already, or shape and values differ in the number of elements.</exception>
    public SafetensorsWriter Add(string name, ReadOnlySpan<long> shape, float[] values) => Add(name, "F32", shape, values);

    /// <summary>Adds a tensor that is stored as I64.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{long}, float[])"/>
    public SafetensorsWriter Add(string name, ReadOnlySpan<long> shape, long[] values) => Add(name, "I64", shape, values);

    /// <summary>Adds a tensor that is stored as I32.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlySpan{long}, float[])"/>
    public SafetensorsWriter Add(string name, ReadOnlySpan<long> shape, int[] values) => Add(name, "I32", shape, values);

    /// <summary>Writes the file whole or not at all: <see cref="OutputFile"/>.</summary>
    /// <exception cref="IOException">The file cannot be written, or the path is a device, a pipe or a folder.</exception>
    public void Save(string path)
    {
        using OutputFile file = OutputFile.Create(path);
        using (var stream = new FileStream(file.Handle, FileAccess.Write))
            Write(stream);
        file.Complete();
    }

    /// <summary>Writes the file to a stream.</summary>
    public void Write(Stream stream)
    {
        byte[] header = Header(
            [.. _tensors.Select(static tensor => (tensor.Name, tensor.Type, (IReadOnlyList<long>)tensor.Shape))],
            Metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var tensor in _tensors)
            tensor.Write(stream);
    }

    private SafetensorsWriter Add<T>(string name, string type, ReadOnlySpan<long> shape, T[] values)
        where T : unmanaged
    {
        long elements = 1;
        foreach (long extent in shape)
            elements = checked(elements * extent);
        if (elements != values.Length)
        {
            throw new ArgumentException(
                $"Tensor '{name}' has {values.Length} values, expected {elements} for the shape {TensorInfo.ShapeToText(shape.ToArray())}.",
                nameof(values));
        }

        if (!_names.Add(name))
            throw new ArgumentException($"Tensor '{name}' was added before.", nameof(name));
        _tensors.Add((name, type, shape.ToArray(), stream => stream.Write(MemoryMarshal.AsBytes(values.AsSpan()))));
        return this;
    }

    /// <summary>The JSON of a header whose tensors are contiguous in the given order.</summary>
    internal static byte[] Header(
        IReadOnlyList<(string Name, string Type, IReadOnlyList<long> Shape)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long at = 0;
            foreach (var (name, type, shape) in tensors)
            {
                ElementTypes.TryParse(type, out ElementType element);
                long end = at + (shape.Aggregate(1L, static (product, extent) => product * extent) * element.Bytes());
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                json.WriteStartArray("shape");
                foreach (long extent in shape)
                    json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                at = end;
            }

            json.WriteEndObject();
        }

        // Spaces up to a multiple of eight keep the data aligned in a mapped file.
        int padded = (buffer.WrittenCount + 7) / 8 * 8;
        byte[] header = new byte[padded];
        header.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header);
        return header;
    }
}
