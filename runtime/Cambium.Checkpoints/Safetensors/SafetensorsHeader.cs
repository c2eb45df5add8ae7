using System.Buffers.Binary;
using System.Text.Json;

namespace Cambium.Checkpoints;

/// <summary>
/// Reads and validates the header of a safetensors file: eight bytes of length (little endian), JSON, then the data. All extents, offsets, overlaps
/// and holes are checked here, so no later read can leave the file.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The limit of the format. It keeps a damaged length from allocating gigabytes.</summary>
    public const long MaxBytes = 100_000_000;

    // More than any framework has.
    private const int MaxExtents = 64;

    private const string Incomplete = "The file is damaged or was not completely downloaded; fetch it again.";
    private const string Malformed = "The file is damaged or was written by a faulty tool; fetch or write it again.";

    /// <summary>Reads the header from the beginning of a stream of <paramref name="fileBytes"/> bytes.</summary>
    /// <returns>The tensors in file order, the metadata, and where the data begins.</returns>
    /// <exception cref="CheckpointException">The file contradicts the format.</exception>
    public static (List<TensorInfo> Tensors, Dictionary<string, string> Metadata, long DataStart) Read(
        string file, Stream stream, long fileBytes, CancellationToken cancellation = default)
    {
        if (fileBytes < 8)
            throw new CheckpointException(file, null, $"has {fileBytes} bytes, expected at least 8 (the header's length)", Incomplete);
        Span<byte> prefix = stackalloc byte[8];
        stream.ReadExactly(prefix);
        if (prefix.SequenceEqual("version "u8))
            GitLfs.RefusePointer(file);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxBytes)
        {
            throw new CheckpointException(
                file, "header", $"says that it is {length} bytes long, expected at most {MaxBytes}",
                "This is not a safetensors file, or it is damaged; fetch it again.");
        }

        if ((long)length > fileBytes - 8)
            throw new CheckpointException(file, "header", $"says that it is {length} bytes long, but only {fileBytes - 8} bytes follow", Incomplete);
        byte[] json = new byte[length];
        stream.ReadExactly(json);
        cancellation.ThrowIfCancellationRequested();

        long dataStart = 8 + (long)length;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Interpret(file, document.RootElement, dataStart, fileBytes - dataStart, cancellation);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: a string that is not valid Unicode, which the JSON reader reports only when the string is read.
            throw new CheckpointException(file, "header", $"is not valid JSON ({error.Message.TrimEnd('.')})", Malformed, error);
        }
    }

    private static (List<TensorInfo>, Dictionary<string, string>, long) Interpret(
        string file, JsonElement root, long dataStart, long dataBytes, CancellationToken cancellation)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new CheckpointException(file, "header", $"is a JSON {root.ValueKind}, expected an object", Malformed);
        var tensors = new List<TensorInfo>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonProperty entry in root.EnumerateObject())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!names.Add(entry.Name))
                throw new CheckpointException(file, $"tensor '{entry.Name}'", "appears 2 times in the header, expected once", Malformed);
            if (entry.Name != "__metadata__")
                tensors.Add(Tensor(file, entry.Name, entry.Value, dataStart, dataBytes));
            else if (entry.Value.ValueKind == JsonValueKind.Object)
                foreach (JsonProperty pair in entry.Value.EnumerateObject())
                    metadata[pair.Name] = pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString()! : pair.Value.GetRawText();
        }

        RequireNoOverlap(file, tensors, dataStart, dataBytes);
        return (tensors, metadata, dataStart);
    }

    private static TensorInfo Tensor(string file, string name, JsonElement entry, long dataStart, long dataBytes)
    {
        string subject = $"tensor '{name}'";
        if (entry.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(
                file, subject, $"is described by a JSON {entry.ValueKind}, expected an object with dtype, shape and data_offsets", Malformed);
        }

        JsonElement dtype = Field(file, subject, entry, "dtype", JsonValueKind.String);
        bool isKnown = ElementTypes.TryParse(dtype.GetString()!, out ElementType type);
        var shape = new List<long>();
        long bytes = type.Bytes();
        JsonElement extents = Field(file, subject, entry, "shape", JsonValueKind.Array);
        if (extents.GetArrayLength() > MaxExtents)
            throw new CheckpointException(file, subject, $"has {extents.GetArrayLength()} extents, expected at most {MaxExtents}", Malformed);
        foreach (JsonElement extent in extents.EnumerateArray())
        {
            if (extent.ValueKind != JsonValueKind.Number || !extent.TryGetInt64(out long value) || value < 0)
            {
                throw new CheckpointException(
                    file,
                    subject,
                    $"has the extent {extent.GetRawText()} in its shape, expected a whole number from 0 to {long.MaxValue}",
                    Malformed);
            }

            shape.Add(value);
        }

        // An extent of zero hides an overflow: a shape like [2^40, 2^40, 0] must not reach code that multiplies in another order.
        foreach (long extent in shape)
        {
            if (Math.BigMul((ulong)Math.Max(extent, 1), (ulong)bytes, out ulong low) != 0 || low > long.MaxValue)
                throw new CheckpointException(
                    file,
                    subject,
                    $"has the shape {TensorInfo.ShapeToText(shape)} of more than {long.MaxValue} bytes, "
                        + $"expected at most the {dataBytes} bytes of data in the file",
                    Malformed);
            bytes = (long)low;
        }

        if (shape.Contains(0))
            bytes = 0;

        JsonElement offsets = Field(file, subject, entry, "data_offsets", JsonValueKind.Array);
        if (offsets.GetArrayLength() != 2
            || offsets[0].ValueKind != JsonValueKind.Number || !offsets[0].TryGetInt64(out long begin)
            || offsets[1].ValueKind != JsonValueKind.Number || !offsets[1].TryGetInt64(out long end))
            throw new CheckpointException(
                file, subject, $"has the data_offsets {Shorten(offsets.GetRawText())}, expected two whole numbers", Malformed);
        if (begin < 0 || begin > end || end > dataBytes)
        {
            throw new CheckpointException(
                file, subject, $"has the data_offsets [{begin}, {end}], expected a range within the file's {dataBytes} bytes of data", Incomplete);
        }

        // The size of an unknown dtype cannot be checked. The tensor is only an error if a model reads it.
        if (!isKnown)
            return new TensorInfo(name, ElementType.Unknown, shape, dataStart + begin, end - begin) { UnknownType = dtype.GetString() };
        if (end - begin != bytes)
        {
            throw new CheckpointException(
                file, subject, $"has data_offsets of {end - begin} bytes, expected {bytes} for {type.Name()} {TensorInfo.ShapeToText(shape)}",
                Malformed);
        }

        return new TensorInfo(name, type, shape, dataStart + begin, bytes);
    }

    private static JsonElement Field(string file, string subject, JsonElement entry, string field, JsonValueKind kind)
    {
        if (!entry.TryGetProperty(field, out JsonElement value))
            throw new CheckpointException(file, subject, $"has no '{field}', expected dtype, shape and data_offsets", Malformed);
        return value.ValueKind == kind
            ? value
            : throw new CheckpointException(file, subject, $"has {Shorten(value.GetRawText())} as '{field}', expected a JSON {kind}", Malformed);
    }

    /// <summary>The format forbids holes between tensors, which also excludes a hidden second payload.</summary>
    private static void RequireNoOverlap(string file, List<TensorInfo> tensors, long dataStart, long dataBytes)
    {
        tensors.Sort(static (a, b) => (a.Offset, a.Bytes).CompareTo((b.Offset, b.Bytes)));
        long at = dataStart;
        TensorInfo? before = null;
        foreach (TensorInfo tensor in tensors)
        {
            if (tensor.Offset < at)
            {
                throw new CheckpointException(
                    file,
                    $"tensor '{tensor.Name}'",
                    $"begins at byte {tensor.Offset - dataStart} of the data and overlaps '{before!.Name}', which ends at {at - dataStart}",
                    Malformed);
            }

            if (tensor.Offset > at)
            {
                throw new CheckpointException(
                    file, $"tensor '{tensor.Name}'",
                    $"begins at byte {tensor.Offset - dataStart} of the data, expected {at - dataStart}: the bytes between belong to no tensor",
                    Malformed);
            }

            at += tensor.Bytes;
            before = tensor;
        }

        if (at != dataStart + dataBytes)
        {
            throw new CheckpointException(
                file, "data", $"has {dataBytes} bytes, expected {at - dataStart}, which is where the last tensor ends", Malformed);
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
