using System.Text;
using System.Text.Json;

namespace Cambium.Text;

/// <summary>
/// BERT's model: the longest token that begins the word, then the longest continuation, and so on. If that fails, the word is unknown.
/// </summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly PrefixTrie _first = new();
    private readonly PrefixTrie _next = new();
    private readonly int _unknown;
    private readonly int _longestWord;
    private Func<int, bool> _isSpecial = static _ => false;

    /// <inheritdoc cref="TokenModel.Parse"/>
    public WordPieceModel(TokenizerJson json, JsonElement model)
    {
        Ids = ParseIds(json, model);
        string unknown = json.Text(model, "model", "unk_token", "[UNK]");
        _unknown = Ids.TryGetValue(unknown, out int id) ? id : throw json.Error("model.unk_token", unknown, "a token of the vocabulary");
        _longestWord = json.Count(model, "model", "max_input_chars_per_word", 100);
        string prefix = json.Replacement(model, "model", "continuing_subword_prefix", "##");
        foreach ((string token, int value) in Ids)
        {
            if (token.Length > TokenizerJson.MaxToken)
                throw json.Error("model.vocab", $"a token of {token.Length} characters", $"at most {TokenizerJson.MaxToken}");
            if (token.Length > 0)
                _first.Add(token, value);
            if (token.Length > prefix.Length && token.StartsWith(prefix, StringComparison.Ordinal))
                _next.Add(token[prefix.Length..], value);
        }
    }

    public override Dictionary<string, int> Ids { get; }

    public override void Forbid(Func<int, bool> isSpecial) => _isSpecial = isSpecial;

    public override void Encode(ReadOnlySpan<char> piece, bool parseSpecial, List<int> ids)
    {
        int count = ids.Count;
        bool fits = Runes(piece) <= _longestWord;
        for (int start = 0; fits && start < piece.Length;)
        {
            (int id, int end) = Longest(start == 0 ? _first : _next, piece, start, parseSpecial);
            fits = id >= 0;
            if (fits)
                ids.Add(id);
            start = end;
        }

        if (fits)
            return;
        ids.RemoveRange(count, ids.Count - count);
        ids.Add(_unknown);
    }

    private (int Id, int End) Longest(PrefixTrie trie, ReadOnlySpan<char> piece, int start, bool parseSpecial)
    {
        (int Id, int End) best = (-1, piece.Length);
        int node = 0;
        for (int at = start; at < piece.Length && trie.Step(ref node, piece[at], out int id); at++)
        {
            if (id >= 0 && (parseSpecial || !_isSpecial(id)))
                best = (id, at + 1);
        }

        return best;
    }

    private static int Runes(ReadOnlySpan<char> piece)
    {
        int count = 0;
        foreach (Rune _ in piece.EnumerateRunes())
            count++;
        return count;
    }
}

/// <summary>Each piece is one token, or unknown.</summary>
internal sealed class WordLevelModel : TokenModel
{
    private readonly TokenizerJson _json;
    private readonly string _unknownToken;
    private readonly int _unknown;
    private Func<int, bool> _isSpecial = static _ => false;

    /// <inheritdoc cref="TokenModel.Parse"/>
    public WordLevelModel(TokenizerJson json, JsonElement model)
    {
        _json = json;
        Ids = ParseIds(json, model);
        _unknownToken = json.Text(model, "model", "unk_token", "<unk>");
        _unknown = Ids.GetValueOrDefault(_unknownToken, -1);
    }

    public override Dictionary<string, int> Ids { get; }

    public override void Forbid(Func<int, bool> isSpecial) => _isSpecial = isSpecial;

    public override void Encode(ReadOnlySpan<char> piece, bool parseSpecial, List<int> ids)
    {
        if (Ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out int id) && (parseSpecial || !_isSpecial(id)))
            ids.Add(id);
        else
            ids.Add(_unknown >= 0 ? _unknown : throw NoUnknown(_json, "unk_token", $"'{_unknownToken}'"));
    }
}
