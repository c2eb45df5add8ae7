using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Cambium.Checkpoints;

/// <summary>Reads a GGUF header from front to back, never past the end.</summary>
internal unsafe struct GgufCursor(string path, byte* start, long at, long length)
{
    /// <summary>Position in the file, in bytes.</summary>
    public long At { get; private set; } = at;

    public uint UInt32() => Unsafe.ReadUnaligned<uint>(Take(4, "a number"));

    public ulong UInt64() => Unsafe.ReadUnaligned<ulong>(Take(8, "a number"));

    /// <summary>The bytes of a plain value.</summary>
    public byte* Take(long bytes, string what)
    {
        if (bytes > length - At)
            throw Damaged(what, $"ends after the file's {length} bytes");
        var taken = start + At;
        At += bytes;
        return taken;
    }

    /// <summary>A count of items that follow.</summary>
    /// <param name="what">The items, for messages.</param>
    /// <param name="leastBytes">Least size of an item, in bytes.</param>
    public long Count(string what, int leastBytes)
    {
        var count = UInt64();
        return count <= (ulong)((length - At) / leastBytes)
            ? (long)count
            : throw Damaged($"count of {what}", $"is {count}, and {length - At} bytes follow");
    }

    /// <summary>A string with its length before it.</summary>
    public string Text(string what, long maxBytes)
    {
        var count = UInt64();
        if (count > (ulong)Math.Min(maxBytes, length - At))
            throw Damaged(what, $"has {count} bytes, expected at most {Math.Min(maxBytes, length - At)}");
        var bytes = new ReadOnlySpan<byte>(Take((long)count, what), (int)count);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Damaged(what, "is not valid UTF-8");
    }

    public GgufValueType Type(string what)
    {
        var type = UInt32();
        return type <= (uint)GgufValueType.Float64
            ? (GgufValueType)type
            : throw Damaged(what, $"is of type {type}, expected 0 to {(uint)GgufValueType.Float64}");
    }

    /// <summary>Skips a value.</summary>
    public void Skip(GgufValueType type, string what, int nesting, CancellationToken cancellation)
    {
        switch (type)
        {
            case GgufValueType.String:
                var bytes = UInt64();
                if (bytes > (ulong)(length - At))
                    throw Damaged(what, $"has {bytes} bytes, and {length - At} follow");
                At += (long)bytes;
                break;
            case GgufValueType.Array:
                if (nesting == 0)
                    throw Damaged(what, $"is nested deeper than {GgufMetadata.MaxNesting} lists");
                var item = Type(what);
                var size = item.Bytes();
                var count = Count($"items of {what}", Math.Max(1, size == 0 ? 8 : size));
                if (size > 0)
                {
                    At += count * size;
                    break;
                }

                for (long i = 0; i < count; i++)
                {
                    if (i % 4096 == 0)
                        cancellation.ThrowIfCancellationRequested();
                    Skip(item, what, nesting - 1, cancellation);
                }

                break;
            default:
                Take(type.Bytes(), what);
                break;
        }
    }

    private readonly CheckpointException Damaged(string what, string problem) =>
        new(path, what, problem, "The file is damaged or was not completely downloaded; fetch it again.");
}
