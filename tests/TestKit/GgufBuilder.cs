using System.Text;

namespace Cambium.TestKit;

/// <summary>Builds GGUF files, including files that violate the format.</summary>
public sealed class GgufBuilder
{
    private readonly List<(string Key, byte[] Value)> _settings = [];
    private readonly List<(string Name, long[] Shape, uint Type, byte[] Data)> _tensors = [];

    public uint Version { get; init; } = 3;

    public int Alignment { get; init; } = 32;

    public GgufBuilder Set(string key, object value)
    {
        _settings.Add((key, [.. Code(value), .. Bytes(value)]));
        return this;
    }

    /// <summary>Sets a value by its bytes, with its type first.</summary>
    public GgufBuilder SetRaw(string key, byte[] value)
    {
        _settings.Add((key, value));
        return this;
    }

    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">Outermost first.</param>
    /// <param name="type">The type's number in GGUF.</param>
    /// <param name="values">In row-major order; see <see cref="Stored"/>.</param>
    public GgufBuilder Add(string name, long[] shape, uint type, float[] values) => AddRaw(name, shape, type, Stored(type, values));

    public GgufBuilder AddRaw(string name, long[] shape, uint type, byte[] data)
    {
        _tensors.Add((name, shape, type, data));
        return this;
    }

    public byte[] Build()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_settings.Count);
        foreach (var (key, value) in _settings)
        {
            writer.Write(Bytes(key));
            writer.Write(value);
        }

        var offset = 0L;
        foreach (var (name, shape, type, data) in _tensors)
        {
            writer.Write(Bytes(name));
            writer.Write((uint)shape.Length);
            foreach (var extent in shape.Reverse())
                writer.Write((ulong)extent);
            writer.Write(type);
            writer.Write((ulong)offset);
            offset += (data.Length + Alignment - 1) / Alignment * Alignment;
        }

        foreach (var (_, _, _, data) in _tensors)
        {
            while (stream.Position % Alignment != 0)
                writer.Write((byte)0);
            writer.Write(data);
        }

        return stream.ToArray();
    }

    public string Save(string path)
    {
        File.WriteAllBytes(path, Build());
        return path;
    }

    /// <summary>
    /// Values in the encoding of a type: rounded to F32, F16, BF16, Q8_0 or Q4_0 (the last two as the reference quantizes), or as many random weights
    /// of another quantized type.
    /// </summary>
    public static byte[] Stored(uint type, float[] values)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        switch (type)
        {
            case 0:
                foreach (var value in values)
                    writer.Write(value);
                break;
            case 1:
                foreach (var value in values)
                    writer.Write((Half)value);
                break;
            case 30:
                foreach (var value in values)
                    writer.Write((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                break;
            default:
                if (type is not (2 or 8))
                    return GgufBlocks.Random(type, values.Length, new Random(values.Length), 0.1f);
                foreach (var block in values.Chunk(32))
                    WriteBlock(writer, type, block);
                break;
        }

        return stream.ToArray();
    }

    private static void WriteBlock(BinaryWriter writer, uint type, float[] block)
    {
        var largest = block.MaxBy(Math.Abs);
        var scale = type == 8 ? Math.Abs(largest) / 127 : largest / -8;
        writer.Write((Half)scale);
        var (least, most) = type == 8 ? (-127, 127) : (-8, 7);
        sbyte[] numbers = [.. block.Select(value => scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(Math.Round(value / scale), least, most))];
        if (type == 8)
        {
            foreach (var number in numbers)
                writer.Write(number);
            return;
        }

        for (var i = 0; i < 16; i++)
            writer.Write((byte)((numbers[i] + 8) | ((numbers[i + 16] + 8) << 4)));
    }

    private static byte[] Code(object value) => BitConverter.GetBytes(value switch
    {
        byte => 0u,
        ushort => 2u,
        int => 5u,
        uint => 4u,
        float => 6u,
        bool => 7u,
        string => 8u,
        Array => 9u,
        ulong => 10u,
        long => 11u,
        double => 12u,
        _ => throw new ArgumentException($"A {value.GetType()} has no type in GGUF.", nameof(value)),
    });

    private static byte[] Bytes(object value) => value switch
    {
        byte number => [number],
        ushort number => BitConverter.GetBytes(number),
        int number => BitConverter.GetBytes(number),
        uint number => BitConverter.GetBytes(number),
        float number => BitConverter.GetBytes(number),
        bool truth => [truth ? (byte)1 : (byte)0],
        string text => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)],
        ulong number => BitConverter.GetBytes(number),
        long number => BitConverter.GetBytes(number),
        double number => BitConverter.GetBytes(number),
        Array { Length: 0 } => [.. BitConverter.GetBytes(5u), .. BitConverter.GetBytes(0UL)],
        Array list => [.. Code(list.GetValue(0)!), .. BitConverter.GetBytes((ulong)list.Length), .. list.Cast<object>().SelectMany(Bytes)],
        _ => throw new ArgumentException($"A {value.GetType()} has no bytes in GGUF.", nameof(value)),
    };
}
