using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>Reads fields of a <c>tokenizer.json</c>, with errors that name the file and the field.</summary>
internal sealed class TokenizerJson
{
    /// <summary>A larger file is not read. The largest published file has 35 MB.</summary>
    public const long MaxFileBytes = 512L << 20;

    /// <summary>Published vocabularies are far smaller. Tables are as large as the largest id, so a larger id is an error.</summary>
    public const int MaxIds = 1 << 22;

    /// <summary>Longest replacement in a step of normalization or decoding, in UTF-16 units.</summary>
    public const int MaxReplacement = 1024;

    /// <summary>Longest token that is searched for at every position of a text, in UTF-16 units. Published vocabularies have less than 200.</summary>
    public const int MaxToken = 512;

    /// <summary>Most steps of a normalizer, pre-tokenizer, post-processor or decoder. Published files have less than ten.</summary>
    private const int MaxSteps = 64;

    private TokenizerJson(string file, JsonElement root)
    {
        File = file;
        Root = root;
    }

    public string File { get; }

    public JsonElement Root { get; }

    /// <summary>The merges of a BPE model whose file does not spell them, in the order of their ranks; null if "merges" has them.</summary>
    public IReadOnlyList<MergeIds>? Merges { get; private init; }

    public static TokenizerJson Load(string path) => new(path, JsonFile.Load(path, MaxFileBytes));

    /// <summary>The tokenizer in a GGUF file; null if it has none.</summary>
    public static TokenizerJson? TryLoadGguf(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return GgufTokenizer.Read(file) is var (json, merges) ? new TokenizerJson(path, JsonFile.Parse(path, json)) { Merges = merges } : null;
    }

    /// <summary>A field that may be absent or null.</summary>
    public static JsonElement? Optional(JsonElement parent, string field) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>The steps of a part of the file. A sequence, which may have other sequences in it, is a list of steps.</summary>
    /// <param name="part">The part; null for one that is absent.</param>
    /// <param name="where">Its field.</param>
    /// <param name="list">The field of a sequence with its steps.</param>
    public List<JsonElement> Steps(JsonElement? part, string where, string list)
    {
        var steps = new List<JsonElement>();
        if (part is { } first)
            AddSteps(first, where, list, steps);
        return steps.Count <= MaxSteps ? steps : throw Error(where, $"a sequence of {steps.Count} steps", $"at most {MaxSteps}");
    }

    public JsonElement Object(JsonElement parent, string where, string field) => Require(parent, where, field, JsonValueKind.Object);

    public string Text(JsonElement parent, string where, string field) => Require(parent, where, field, JsonValueKind.String).GetString()!;

    /// <summary>A string; <paramref name="fallback"/> if it is absent.</summary>
    public string Text(JsonElement parent, string where, string field, string fallback) =>
        Optional(parent, field) is null ? fallback : Text(parent, where, field);

    /// <summary>A string of limited length, such as the replacement of a pattern.</summary>
    public string Replacement(JsonElement parent, string where, string field, string? fallback = null)
    {
        string text = fallback is null ? Text(parent, where, field) : Text(parent, where, field, fallback);
        return text.Length <= MaxReplacement
            ? text
            : throw Error($"{where}.{field}", $"a text of {text.Length} characters", $"at most {MaxReplacement}");
    }

    /// <summary>Exactly one code point.</summary>
    public System.Text.Rune Character(JsonElement parent, string where, string field, string? fallback = null)
    {
        string text = fallback is null ? Text(parent, where, field) : Text(parent, where, field, fallback);
        return System.Text.Rune.DecodeFromUtf16(text, out System.Text.Rune rune, out int used) == System.Buffers.OperationStatus.Done
            && used == text.Length
            ? rune
            : throw Error($"{where}.{field}", $"'{text}'", "one character");
    }

    public JsonElement.ArrayEnumerator List(JsonElement parent, string where, string field) =>
        Require(parent, where, field, JsonValueKind.Array).EnumerateArray();

    public bool Bool(JsonElement parent, string field, bool fallback) => Optional(parent, field) is not { } value
        ? fallback
        : value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Error(field, value.GetRawText(), "true or false"),
        };

    /// <summary>A count that may be absent.</summary>
    public int Count(JsonElement parent, string where, string field, int fallback) => Optional(parent, field) is not { } value
        ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count >= 0
            ? count
            : throw Error($"{where}.{field}", value.GetRawText(), "a count");

    /// <summary>A token's id.</summary>
    public int Id(JsonElement value, string where) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id is >= 0 and < MaxIds
            ? id
            : throw Error(where, value.GetRawText(), $"a token id from 0 to {MaxIds - 1}");

    public CheckpointException Error(string where, string found, string expected) =>
        new(File, $"field '{where}'", $"is {Short(found)}, expected {expected}", "The file is damaged; fetch it again.");

    public CheckpointException Unsupported(string where, string found, string expected) =>
        new(
            File, $"field '{where}'", $"is '{Short(found)}', which is not supported; supported are {expected}",
            "Use a tokenizer.json made of these parts, or run the model on token ids.");

    private static string Short(string found) => found.Length <= 60 ? found : found[..57] + "...";

    // Recursion is bounded by the depth of JSON.
    private void AddSteps(JsonElement part, string where, string list, List<JsonElement> steps)
    {
        if (Text(part, where, "type") != "Sequence")
        {
            steps.Add(part);
            return;
        }

        foreach (JsonElement item in List(part, where, list))
            AddSteps(item, where, list, steps);
    }

    private JsonElement Require(JsonElement parent, string where, string field, JsonValueKind kind) =>
        Optional(parent, field) is { } value && value.ValueKind == kind
            ? value
            : throw Error($"{where}.{field}", Optional(parent, field)?.GetRawText() ?? "absent", $"a JSON {kind}");
}
