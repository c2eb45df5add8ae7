using System.Text.Json;

namespace Cambium.Checkpoints;

/// <summary>
/// A checkpoint's <c>config.json</c>. A path is a field name, dotted for nested fields (<c>rope_scaling.factor</c>). Alternatives are separated by
/// <c>|</c>, and the first one that exists counts, because checkpoints spell the same setting differently. A <c>null</c> counts as absent.
/// </summary>
public sealed class ModelConfig
{
    private readonly JsonElement _root;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private ModelConfig(string file, JsonElement root)
    {
        File = file;
        _root = root;
        Architectures = TextList("architectures");
    }

    /// <summary>The file, for messages.</summary>
    public string File { get; }

    /// <summary>Class names of the checkpoint; empty if the file does not say.</summary>
    public IReadOnlyList<string> Architectures { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">It cannot be read or is not a JSON object.</exception>
    public static ModelConfig Load(string path) => new(path, JsonFile.Load(path));

    /// <summary>Reads text, for tests and for models without a checkpoint.</summary>
    /// <inheritdoc cref="Load"/>
    public static ModelConfig Parse(string json, string file = "config.json") =>
        new(file, JsonFile.Parse(file, System.Text.Encoding.UTF8.GetBytes(json)));

    /// <summary>Path of the number of positions of a model, in all spellings.</summary>
    internal const string MaxPositions = "max_position_embeddings|n_positions|n_ctx";

    /// <summary>Whether the field exists and is not null.</summary>
    public bool Has(string path) => Find(path) is not null;

    /// <summary>A whole number.</summary>
    /// <exception cref="CheckpointException">It has another type, or is absent without a fallback.</exception>
    public int Int(string path, int? fallback = null)
    {
        return Find(path) is { } value ? Int(path, value) : fallback ?? throw Absent(path, "a whole number");
    }

    /// <summary>
    /// A whole number, or the number of entries of an object: configurations often have only the names of labels (<c>id2label</c>).
    /// </summary>
    /// <inheritdoc cref="Int(string, int?)"/>
    internal int Size(string path) => Find(path) is { ValueKind: JsonValueKind.Object } entries ? entries.EnumerateObject().Count() : Int(path);

    private int Int(string path, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (value.TryGetInt32(out int number))
                return number;
            // Some tools write 4096.0.
            if (value.TryGetDouble(out double real) && real == Math.Floor(real) && Math.Abs(real) <= int.MaxValue)
                return (int)real;
        }

        throw Error(path, value, $"a whole number of at most {int.MaxValue}");
    }

    /// <summary>A number.</summary>
    /// <inheritdoc cref="Int(string, int?)"/>
    public float Float(string path, float? fallback = null) =>
        Find(path) is { } value ? Float(path, value) : fallback ?? throw Absent(path, "a number");

    private float Float(string path, JsonElement value) =>
        (float)Double(path, value) is var number && float.IsFinite(number)
            ? number
            : throw Error(path, value, $"a number of at most {float.MaxValue:R}");

    /// <summary>A number in double precision, for settings that are computed with before rounding.</summary>
    /// <inheritdoc cref="Int(string, int?)"/>
    public double Double(string path, double? fallback = null)
    {
        return Find(path) is { } value ? Double(path, value) : fallback ?? throw Absent(path, "a number");
    }

    private double Double(string path, JsonElement value)
    {
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Error(path, value, "a number");
    }

    /// <summary>true or false.</summary>
    /// <inheritdoc cref="Int(string, int?)"/>
    public bool Bool(string path, bool? fallback = null)
    {
        return Find(path) is { } value ? Bool(path, value) : fallback ?? throw Absent(path, "true or false");
    }

    private bool Bool(string path, JsonElement value)
    {
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Error(path, value, "true or false"),
        };
    }

    /// <summary>A string.</summary>
    /// <inheritdoc cref="Int(string, int?)"/>
    public string Text(string path, string? fallback = null)
    {
        return Find(path) is { } value ? Text(path, value) : fallback ?? throw Absent(path, "a string");
    }

    private string Text(string path, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Error(path, value, "a string");

    /// <summary>A list of whole numbers, one for each block of a stack.</summary>
    /// <param name="needed">Least number of values.</param>
    /// <param name="fallback">Value of each block if the config has no list; null if it must have one.</param>
    /// <exception cref="CheckpointException">It has another type, is too short, or is absent without a fallback.</exception>
    public int[] Ints(string path, int needed, int? fallback = null) =>
        fallback is { } value && !Has(path) ? Repeat(value, needed) : List(path, needed, Int);

    /// <summary>A list of numbers, one for each block of a stack.</summary>
    /// <inheritdoc cref="Ints"/>
    public float[] Floats(string path, int needed, float? fallback = null) =>
        fallback is { } value && !Has(path) ? Repeat(value, needed) : List(path, needed, Float);

    /// <summary>A list of true and false, one for each block of a stack.</summary>
    /// <inheritdoc cref="Ints"/>
    public bool[] Bools(string path, int needed, bool? fallback = null) =>
        fallback is { } value && !Has(path) ? Repeat(value, needed) : List(path, needed, Bool);

    /// <summary>A list of strings, one for each block of a stack.</summary>
    /// <inheritdoc cref="Ints"/>
    public string[] Texts(string path, int needed, string? fallback = null) =>
        fallback is { } value && !Has(path) ? Repeat(value, needed) : List(path, needed, Text);

    private static T[] Repeat<T>(T value, int count) => [.. Enumerable.Repeat(value, count)];

    private T[] List<T>(string path, int needed, Func<string, JsonElement, T> read)
    {
        if (Find(path) is not { } list)
            throw Absent(path, $"a list with a value for each of {needed} blocks");
        if (list.ValueKind != JsonValueKind.Array)
            throw Error(path, list, $"a list with a value for each of {needed} blocks");
        return list.GetArrayLength() >= needed
            ? [.. list.EnumerateArray().Select((item, i) => read($"{path}[{i}]", item))]
            : throw Unusable(
                path, $"has {list.GetArrayLength()} values, expected {needed}: one for each block of the stack that reads it",
                "Correct the list or the number of blocks.");
    }

    /// <summary>A string, number or boolean as config.json writes it, without quotes; null if absent.</summary>
    public string? Word(string path) =>
        Find(path) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    /// <summary>A list of strings; empty if absent.</summary>
    /// <exception cref="CheckpointException">It has another type.</exception>
    public IReadOnlyList<string> TextList(string path)
    {
        if (Find(path) is not { } value)
            return [];
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(static item => item.GetString()!)]
            : throw Error(path, value, "a list of strings");
    }

    /// <summary>A whole number or a list of them, as token ids are written; empty if absent.</summary>
    /// <exception cref="CheckpointException">It has another type.</exception>
    public IReadOnlyList<int> IntList(string path)
    {
        if (Find(path) is not { } value)
            return [];
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return
        [
            .. items.Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number)
                ? number
                : throw Error(path, value, "a whole number or a list of them")),
        ];
    }

    /// <summary>All settings as dotted paths with their values as the file writes them, in its order. A list is one value.</summary>
    public IReadOnlyList<(string Path, string Value)> All()
    {
        var all = new List<(string, string)>();
        Add(_root, "");
        return all;

        void Add(JsonElement group, string prefix)
        {
            foreach (JsonProperty setting in group.EnumerateObject())
            {
                if (setting.Value.ValueKind == JsonValueKind.Object)
                    Add(setting.Value, prefix + setting.Name + ".");
                else
                    all.Add((prefix + setting.Name, Excerpt(setting.Value)));
            }
        }
    }

    /// <summary>
    /// Declares settings that do not change what the reader of this configuration computes, so that <see cref="UnreadSettings"/> leaves them out.
    /// </summary>
    public void Ignore(params ReadOnlySpan<string> paths)
    {
        lock (_read)
        {
            foreach (string path in paths)
                _read.Add(path);
        }
    }

    /// <summary>
    /// Settings that were neither read nor declared as ignored, as dotted paths in the order of the file. A setting that is null is left out, and so
    /// are the settings that are harmless for every model.
    /// </summary>
    public IReadOnlyList<(string Path, string Value)> UnreadSettings()
    {
        var unread = new List<(string, string)>();
        lock (_read)
            Collect(_root, "", unread);
        return unread;
    }

    /// <summary>Whether a reader has looked for the setting or a part of it, or has declared it as ignored.</summary>
    internal bool IsRead(string path)
    {
        lock (_read)
            return _read.Any(read => read == path || read.StartsWith(path + ".", StringComparison.Ordinal));
    }

    /// <summary>The first names of all paths that a reader has looked for or has declared as ignored.</summary>
    internal IReadOnlyList<string> ReadKeys
    {
        get
        {
            lock (_read)
                return [.. _read.Select(static path => path.Split('.')[0]).Distinct(StringComparer.Ordinal)];
        }
    }

    private void Collect(JsonElement group, string prefix, List<(string Path, string Value)> unread)
    {
        foreach (JsonProperty setting in group.EnumerateObject())
        {
            string path = prefix + setting.Name;
            if (setting.Value.ValueKind == JsonValueKind.Null || HarmlessSettings.Contains(path))
                continue;
            // Of a group, the settings are read one by one; a list is read as a whole.
            bool isGroupInUse = setting.Value.ValueKind == JsonValueKind.Object
                && _read.Any(read => read.StartsWith(path + ".", StringComparison.Ordinal));
            if (isGroupInUse)
                Collect(setting.Value, path + ".", unread);
            else if (!_read.Contains(path))
                unread.Add((path, Excerpt(setting.Value)));
        }
    }

    // The value as the file writes it, in one line and shortened.
    private static string Excerpt(JsonElement value)
    {
        string text = string.Join(' ', value.GetRawText().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 60 ? text : text[..57] + "...";
    }

    /// <summary>Whether the field is there and is not an empty group. A value of another type than a group counts.</summary>
    internal bool HasSettings(string path) => Find(path) is { } value && (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any());

    /// <summary>Whether the field is a number.</summary>
    internal bool IsNumber(string path) => Find(path) is { ValueKind: JsonValueKind.Number };

    /// <summary>Requires that a group of settings, if it exists, is an object without nested groups.</summary>
    /// <exception cref="CheckpointException">It has another type.</exception>
    internal void RequireGroup(string path)
    {
        if (Find(path) is not { } group)
            return;
        if (group.ValueKind != JsonValueKind.Object)
            throw Error(path, group, "an object with settings");
        foreach (JsonProperty setting in group.EnumerateObject())
        {
            if (setting.Value.ValueKind == JsonValueKind.Object)
            {
                throw Unusable(
                    $"{path}.{setting.Name}", "holds settings for some of the layers, expected one set for all",
                    $"Declare in the class which one it reads: [Option(\"{path}.{setting.Name}\", Default = ..)] Rotary.");
            }
        }
    }

    /// <summary>The error for a value of the right type that cannot be used.</summary>
    internal CheckpointException Unusable(string path, string problem, string fix) => new(File, $"field '{path}'", problem, fix);

    /// <summary>Whether the field exists and all its spellings are null. Python reads it as None, which turns a setting off.</summary>
    internal bool IsNull(string path) => Find(path) is null && path.Split('|', StringSplitOptions.TrimEntries)
        .Any(name => _root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Null);

    private void MarkRead(string path)
    {
        lock (_read)
        {
            foreach (string alternative in path.Split('|', StringSplitOptions.TrimEntries))
                _read.Add(alternative);
        }
    }

    private JsonElement? Find(string path)
    {
        MarkRead(path);
        foreach (Range alternative in path.AsSpan().Split('|'))
        {
            JsonElement at = _root;
            bool found = true;
            ReadOnlySpan<char> rest = path.AsSpan()[alternative].Trim();
            foreach (Range part in rest.Split('.'))
            {
                found = at.ValueKind == JsonValueKind.Object && at.TryGetProperty(rest[part], out at) && at.ValueKind != JsonValueKind.Null;
                if (!found)
                    break;
            }

            if (found)
                return at;
        }

        return null;
    }

    private CheckpointException Absent(string path, string expected) =>
        new(File, Field(path), $"is absent, expected {expected}", "Add the field, or use the configuration that belongs to this checkpoint.");

    private CheckpointException Error(string path, JsonElement value, string expected) =>
        new(File, Field(path), $"is {Excerpt(value)}, expected {expected}", "Correct the field.");

    private static string Field(string path) => $"field '{path.Replace("|", "' or '", StringComparison.Ordinal)}'";
}
