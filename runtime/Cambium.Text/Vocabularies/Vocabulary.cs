using System.Text.Json;

namespace Cambium.Text;

/// <summary>All tokens of a file by id and by spelling: the model's and the added ones.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _spellings;
    private readonly bool[] _special;

    private Vocabulary(Dictionary<string, int> ids, string?[] spellings, bool[] special, IReadOnlyList<AddedToken> added)
    {
        _ids = ids;
        _spellings = spellings;
        _special = special;
        Added = added;
    }

    /// <summary>The added tokens in the order of the file.</summary>
    public IReadOnlyList<AddedToken> Added { get; }

    /// <summary>One more than the largest id.</summary>
    public int Size => _spellings.Length;

    /// <param name="json">The file.</param>
    /// <param name="modelIds">The model's own tokens.</param>
    /// <exception cref="CheckpointException">An added token is not valid.</exception>
    public static Vocabulary Parse(TokenizerJson json, Dictionary<string, int> modelIds)
    {
        List<AddedToken> added = ParseAdded(json, modelIds);
        int size = Math.Max(modelIds.Values.DefaultIfEmpty(-1).Max(), added.Select(static token => token.Id).DefaultIfEmpty(-1).Max()) + 1;
        var ids = new Dictionary<string, int>(modelIds, StringComparer.Ordinal);
        string?[] spellings = new string?[size];
        bool[] special = new bool[size];
        foreach ((string spelling, int id) in modelIds)
            spellings[id] = spelling;
        foreach (AddedToken token in added)
        {
            ids[token.Content] = token.Id;
            spellings[token.Id] = token.Content;
        }

        // If any entry of a spelling is special, the spelling is.
        foreach (AddedToken token in added.Where(static token => token.Special))
            special[ids[token.Content]] = true;
        return new Vocabulary(ids, spellings, special, added);
    }

    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public string? TokenOf(int id) => (uint)id < (uint)_spellings.Length ? _spellings[id] : null;

    public bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    private static List<AddedToken> ParseAdded(TokenizerJson json, Dictionary<string, int> modelIds)
    {
        var tokens = new List<AddedToken>();
        if (TokenizerJson.Optional(json.Root, "added_tokens") is null)
            return tokens;
        foreach (JsonElement entry in json.List(json.Root, "tokenizer", "added_tokens"))
        {
            int id = json.Id(TokenizerJson.Optional(entry, "id") ?? throw json.Error("added_tokens.id", "absent", "a token id"), "added_tokens.id");
            string content = json.Text(entry, "added_tokens", "content");
            bool special = json.Bool(entry, "special", false);
            if (content.Length == 0)
                continue;
            if (content.Length > TokenizerJson.MaxToken)
                throw json.Error("added_tokens.content", $"a token of {content.Length} characters", $"at most {TokenizerJson.MaxToken}");
            tokens.Add(new AddedToken(
                // If the model has the token too, the model's id counts, as in the reference implementation.
                modelIds.GetValueOrDefault(content, id),
                content,
                json.Bool(entry, "single_word", false),
                json.Bool(entry, "lstrip", false),
                json.Bool(entry, "rstrip", false),
                json.Bool(entry, "normalized", !special),
                special));
        }

        return tokens;
    }
}
