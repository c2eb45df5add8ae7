using System.Text.Json;
using Cambium.Runtime.Weights;

namespace Cambium.Runtime.Text;

/// <summary>Reads fields of a <c>tokenizer.json</c>, with errors that name the file and the field.</summary>
internal sealed class TokenizerJson
{
    private TokenizerJson(string file, JsonElement root)
    {
        File = file;
        Root = root;
    }

    public string File { get; }

    public JsonElement Root { get; }

    public static TokenizerJson Load(string path) => new(path, JsonFile.Load(path));

    /// <summary>A field that may be absent or null.</summary>
    public static JsonElement? Optional(JsonElement parent, string field) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(field, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public JsonElement Object(JsonElement parent, string where, string field) => Require(parent, where, field, JsonValueKind.Object);

    public string Text(JsonElement parent, string where, string field) => Require(parent, where, field, JsonValueKind.String).GetString()!;

    public JsonElement.ArrayEnumerator List(JsonElement parent, string where, string field) => Require(parent, where, field, JsonValueKind.Array).EnumerateArray();

    public bool Bool(JsonElement parent, string field, bool fallback) => Optional(parent, field) is not { } value
        ? fallback
        : value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(field, value.GetRawText(), "true or false"),
        };

    /// <summary>A token's id.</summary>
    public int Id(JsonElement value, string where) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id is >= 0 and < MaxIds
            ? id
            : throw Wrong(where, value.GetRawText(), $"a token id from 0 to {MaxIds - 1}");

    public CheckpointException Wrong(string where, string found, string expected) =>
        new(File, $"field '{where}'", $"is {(found.Length <= 60 ? found : found[..57] + "...")}, expected {expected}", "The file is damaged; fetch it again.");

    public CheckpointException Unsupported(string where, string found, string expected) =>
        new(File, $"field '{where}'", $"is '{found}', expected {expected}", "Only tokenizers of the byte-level BPE kind (as of GPT-2, Llama 3 and Qwen) are supported; the model still runs on token ids.");

    /// <summary>Vocabularies end far below; a larger id is damage, and tables are as large as the largest id.</summary>
    private const int MaxIds = 1 << 24;

    private JsonElement Require(JsonElement parent, string where, string field, JsonValueKind kind) =>
        Optional(parent, field) is { } value && value.ValueKind == kind
            ? value
            : throw Wrong($"{where}.{field}", Optional(parent, field)?.GetRawText() ?? "absent", $"a JSON {kind}");
}
