using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Cambium.Checkpoints;

/// <summary>The metadata of a GGUF file. Values are read on demand, because a vocabulary is long.</summary>
internal sealed unsafe class GgufMetadata(string path, byte* start, long length)
{
    /// <summary>Prefix of the tokenizer's keys.</summary>
    public const string TokenizerPrefix = "tokenizer.ggml.";

    /// <summary>The limit of the format.</summary>
    public const int MaxKeyBytes = 65_535;

    /// <summary>Deepest nesting of lists.</summary>
    public const int MaxNesting = 4;

    /// <summary>Longest string. The largest published chat templates have some ten thousand bytes.</summary>
    private const int MaxTextBytes = 1 << 24;

    /// <summary>Longest list. Published vocabularies and lists of merges are far shorter.</summary>
    private const int MaxItems = 1 << 24;

    private delegate T? Reader<T>(GgufValueType type, byte* at)
        where T : struct;

    // The position of each value. The header parser has skipped it once, so it is within the file.
    private readonly Dictionary<string, (GgufValueType Type, long At)> _values = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Keys => _values.Keys;

    public void Add(string key, GgufValueType type, long at)
    {
        if (!_values.TryAdd(key, (type, at)))
            throw new CheckpointException(path, $"metadata '{key}'", "appears 2 times, expected once", "The file is damaged; fetch it again.");
    }

    public bool Has(string key) => _values.ContainsKey(key);

    /// <exception cref="CheckpointException">It has another type (so in all methods below), or is absent without a fallback.</exception>
    public int Int(string key, int? fallback = null)
    {
        if (!_values.TryGetValue(key, out var value))
            return fallback ?? throw Absent(key, "a whole number");
        // Some converters write a list with an equal number for each layer.
        var number = value.Type == GgufValueType.Array
            ? Same(key, Integers(key))
            : Integer(value.Type, start + value.At) ?? throw Error(key, "a whole number");
        return number is >= int.MinValue and <= int.MaxValue ? (int)number : throw Error(key, $"a whole number of at most {int.MaxValue}");
    }

    /// <summary>A plain value as JSON: a number, a boolean or a string. A list of equal numbers becomes that number.</summary>
    public JsonNode Json(string key) => _values[key].Type switch
    {
        GgufValueType.Float32 or GgufValueType.Float64 => JsonValue.Create(Double(key)),
        GgufValueType.Bool => JsonValue.Create(Bool(key, false)),
        GgufValueType.String => JsonValue.Create(Text(key)!),
        _ => JsonValue.Create(Int(key)),
    };

    /// <summary>A token's id; null if it is absent or -1.</summary>
    public int? Id(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        return Integer(value.Type, start + value.At) is -1 or uint.MaxValue ? null : Int(key);
    }

    public double Double(string key, double? fallback = null)
    {
        if (!_values.TryGetValue(key, out var value))
            return fallback ?? throw Absent(key, "a number");
        var number = Real(value.Type, start + value.At) ?? throw Error(key, "a number");
        return double.IsFinite(number) ? number : throw Error(key, "a finite number");
    }

    public bool Bool(string key, bool fallback)
    {
        if (!_values.TryGetValue(key, out var value))
            return fallback;
        return value.Type == GgufValueType.Bool && start[value.At] <= 1 ? start[value.At] == 1 : throw Error(key, "true or false");
    }

    public string? Text(string key)
    {
        if (!_values.TryGetValue(key, out var value))
            return null;
        if (value.Type != GgufValueType.String)
            throw Error(key, "a string");
        var cursor = new GgufCursor(path, start, value.At, length);
        return cursor.Text($"metadata '{key}'", MaxTextBytes);
    }

    /// <summary>A list of strings; null if it is absent.</summary>
    public string[]? Texts(string key)
    {
        if (!List(key, out var cursor, out var type, out var count))
            return null;
        if (type != GgufValueType.String)
            throw Error(key, "a list of strings");
        var texts = new string[count];
        for (var i = 0; i < count; i++)
            texts[i] = cursor.Text($"metadata '{key}'", MaxTextBytes);
        return texts;
    }

    /// <summary>A list of whole numbers; null if it is absent.</summary>
    public long[]? Integers(string key) => Numbers(key, Integer, "a list of whole numbers");

    /// <summary>A list of numbers; null if it is absent.</summary>
    public double[]? Doubles(string key) => Numbers(key, Real, "a list of numbers");

    private T[]? Numbers<T>(string key, Reader<T> read, string expected)
        where T : struct
    {
        if (!List(key, out var cursor, out var type, out var count))
            return null;
        var numbers = new T[count];
        for (var i = 0; i < count; i++)
            numbers[i] = (type.Bytes() > 0 ? read(type, cursor.Take(type.Bytes(), key)) : null) ?? throw Error(key, expected);
        return numbers;
    }

    private bool List(string key, out GgufCursor cursor, out GgufValueType type, out int count)
    {
        (cursor, type, count) = (default, default, 0);
        if (!_values.TryGetValue(key, out var value))
            return false;
        if (value.Type != GgufValueType.Array)
            throw Error(key, "a list");
        cursor = new GgufCursor(path, start, value.At, length);
        type = cursor.Type(key);
        var items = cursor.UInt64();
        count = items <= (ulong)MaxItems ? (int)items : throw Error(key, $"at most {MaxItems} items");
        return true;
    }

    private long Same(string key, long[]? list) =>
        list is [var first, ..] && Array.TrueForAll(list, item => item == first)
            ? first
            : throw Error(key, "a whole number, or the same one for every layer");

    private static long? Integer(GgufValueType type, byte* at) => type switch
    {
        GgufValueType.UInt8 => *at,
        GgufValueType.Int8 => (sbyte)*at,
        GgufValueType.UInt16 => Unsafe.ReadUnaligned<ushort>(at),
        GgufValueType.Int16 => Unsafe.ReadUnaligned<short>(at),
        GgufValueType.UInt32 => Unsafe.ReadUnaligned<uint>(at),
        GgufValueType.Int32 => Unsafe.ReadUnaligned<int>(at),
        GgufValueType.UInt64 => Unsafe.ReadUnaligned<ulong>(at) is <= long.MaxValue and var number ? (long)number : null,
        GgufValueType.Int64 => Unsafe.ReadUnaligned<long>(at),
        _ => null,
    };

    private static double? Real(GgufValueType type, byte* at) => type switch
    {
        GgufValueType.Float32 => Unsafe.ReadUnaligned<float>(at),
        GgufValueType.Float64 => Unsafe.ReadUnaligned<double>(at),
        _ => Integer(type, at),
    };

    private CheckpointException Absent(string key, string expected) =>
        new(path, $"metadata '{key}'", $"is absent, expected {expected}", "Convert the checkpoint again with a current converter.");

    /// <summary>The error for a value of another type or range.</summary>
    public CheckpointException Error(string key, string expected) =>
        new(
            path, $"metadata '{key}'",
            $"is {(_values.TryGetValue(key, out var value) ? $"of type {value.Type}" : "absent")} or out of range, expected {expected}",
            "Convert the checkpoint again with a current converter.");
}
