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
    /// <param name="config">Adds tokens, and makes tokens special; null for none.</param>
    /// <exception cref="Cambium.Checkpoints.CheckpointException">An added token is not valid.</exception>
    public static Vocabulary Parse(TokenizerJson json, Dictionary<string, int> modelIds, TokenizerConfig? config = null)
    {
        List<AddedToken> added = ParseAdded(json, modelIds);
        if (config is not null)
            AddFrom(config, modelIds, added);
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
            if (content.Length > 0)
            {
                // If the model has the token too, the model's id counts, as in the reference implementation.
                tokens.Add(Token(json, modelIds.GetValueOrDefault(content, id), content, entry, json.Bool(entry, "special", false)));
            }
        }

        return tokens;
    }

    private static AddedToken Token(TokenizerJson json, int id, string content, JsonElement? fields, bool special)
    {
        if (content.Length > TokenizerJson.MaxToken)
            throw json.Error("added_tokens.content", $"a token of {content.Length} characters", $"at most {TokenizerJson.MaxToken}");
        bool Flag(string name, bool fallback) => fields is { } element ? json.Bool(element, name, fallback) : fallback;
        return new AddedToken(
            id, content, Flag("single_word", false), Flag("lstrip", false), Flag("rstrip", false), Flag("normalized", !special), special);
    }

    // As transformers does when it loads a tokenizer: entries of added_tokens_decoder replace those of tokenizer.json, and a token with a role that
    // is not an added token becomes one.
    private static void AddFrom(TokenizerConfig config, Dictionary<string, int> modelIds, List<AddedToken> added)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < added.Count; i++)
            places.TryAdd(added[i].Content, i);
        var spellings = new Dictionary<int, string>();
        foreach ((string spelling, int id) in modelIds)
            spellings.TryAdd(id, spelling);
        foreach (AddedToken token in added)
            spellings.TryAdd(token.Id, token.Content);

        foreach ((int id, NamedToken token) in config.Added)
        {
            if (token.Content.Length == 0)
                continue;
            bool special = config.HasRole(token.Content) || (token.Fields is { } fields && config.Json.Bool(fields, "special", false));
            if (places.TryGetValue(token.Content, out int place))
            {
                added[place] = Token(config.Json, added[place].Id, token.Content, token.Fields, special || added[place].Special);
                continue;
            }

            if (!modelIds.TryGetValue(token.Content, out int known))
            {
                if (spellings.GetValueOrDefault(id, token.Content) is { } other && other != token.Content)
                    throw config.Json.Error($"added_tokens_decoder.{id}", $"'{token.Content}'", $"'{other}', as in tokenizer.json");
                known = id;
            }

            spellings[known] = token.Content;
            places.Add(token.Content, added.Count);
            added.Add(Token(config.Json, known, token.Content, token.Fields, special));
        }

        foreach (NamedToken token in config.Named)
        {
            // A token that the vocabulary lacks has no row in the model's tables.
            if (modelIds.TryGetValue(token.Content, out int id) && token.Content.Length > 0 && places.TryAdd(token.Content, added.Count))
                added.Add(Token(config.Json, id, token.Content, token.Fields, special: true));
        }
    }
}
