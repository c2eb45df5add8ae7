using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>The model of a tokenizer: turns one piece of a text into ids.</summary>
internal abstract class TokenModel
{
    /// <summary>The model's own tokens.</summary>
    public abstract Dictionary<string, int> Ids { get; }

    /// <summary>Adds the ids of a piece.</summary>
    /// <param name="piece">The piece, not empty.</param>
    /// <param name="parseSpecial">Whether the name of a special token may become that token.</param>
    /// <param name="ids">Receives the ids.</param>
    /// <exception cref="CheckpointException">A character has no token, and the vocabulary has no unknown token.</exception>
    public abstract void Encode(ReadOnlySpan<char> piece, bool parseSpecial, List<int> ids);

    /// <summary>Sets which tokens are special. Called once, before the first text is encoded.</summary>
    public abstract void Forbid(Func<int, bool> isSpecial);

    /// <exception cref="CheckpointException">Something of the model is not supported, or the file contradicts itself.</exception>
    public static TokenModel Parse(TokenizerJson json)
    {
        JsonElement model = json.Object(json.Root, "tokenizer", "model");
        // Old files do not name the type.
        string type = TokenizerJson.Optional(model, "type") is not null ? json.Text(model, "model", "type")
            : TokenizerJson.Optional(model, "merges") is not null ? "BPE"
            : TokenizerJson.Optional(model, "unk_id") is not null ? "Unigram"
            : TokenizerJson.Optional(model, "max_input_chars_per_word") is not null ? "WordPiece"
            : json.Text(model, "model", "type");
        return type switch
        {
            "BPE" => new BytePairModel(json, model),
            "Unigram" => new UnigramModel(json, model),
            "WordPiece" => new WordPieceModel(json, model),
            "WordLevel" => new WordLevelModel(json, model),
            _ => throw json.Unsupported("model.type", type, "BPE, Unigram, WordPiece, WordLevel"),
        };
    }

    protected static Dictionary<string, int> ParseIds(TokenizerJson json, JsonElement model)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty entry in json.Object(model, "model", "vocab").EnumerateObject())
            ids[entry.Name] = json.Id(entry.Value, $"model.vocab.{entry.Name}");
        return ids;
    }

    protected static CheckpointException NoUnknown(TokenizerJson json, string field, string found) => new(
        json.File,
        $"field 'model.{field}'",
        $"is {found}, and a character of this text has no token, expected a token of the vocabulary",
        "Use the tokenizer's original file.");
}
