using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Cambium.Runtime.Weights;

namespace Cambium.Runtime.Text;

/// <summary>Byte-level BPE, the kind of GPT-2, Llama 3 and Qwen: added tokens, normalization, pieces by a pattern, merges of bytes within a piece, template.</summary>
internal sealed class ByteLevelTokenizer : Tokenizer
{
    /// <summary>Pieces repeat: most of a text is found here. Bounded, since texts come from outside.</summary>
    private const int CacheEntries = 16 * 1024;
    private const int CachePieceLength = 48;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly string?[] _spellings;
    private readonly byte[]?[] _bytes;
    private readonly bool[] _special;
    private readonly int[] _byteIds = new int[256];
    private readonly BytePairMerges _merges = new();
    private readonly bool _ignoreMerges;
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;
    private readonly AddedTokens _addedRaw;
    private readonly AddedTokens _addedNormalized;
    private readonly Func<string, string> _normalize;
    private readonly PreTokenizer _preTokenizer;
    private readonly TextTemplate _template;
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);

    /// <exception cref="CheckpointException">Something of the kind is not supported, or the file contradicts itself.</exception>
    public ByteLevelTokenizer(TokenizerJson json)
    {
        JsonElement model = json.Object(json.Root, "tokenizer", "model");
        // Files of the first years do not name the type.
        string type = TokenizerJson.Optional(model, "type") is null && TokenizerJson.Optional(model, "merges") is not null ? "BPE" : json.Text(model, "model", "type");
        if (type != "BPE")
            throw json.Unsupported("model.type", type, "BPE");
        _preTokenizer = ParsePreTokenizer(json);
        foreach (string affix in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (TokenizerJson.Optional(model, affix) is not null && json.Text(model, "model", affix).Length > 0)
                throw json.Unsupported($"model.{affix}", json.Text(model, "model", affix), "none");
        }

        if (TokenizerJson.Optional(model, "dropout") is { } dropout && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
            throw json.Unsupported("model.dropout", dropout.GetRawText(), "null or 0");

        foreach (JsonProperty entry in json.Object(model, "model", "vocab").EnumerateObject())
            _ids[entry.Name] = json.Id(entry.Value, $"model.vocab.{entry.Name}");
        List<AddedToken> added = ParseAdded(json);
        int size = Math.Max(_ids.Values.DefaultIfEmpty(-1).Max(), added.Select(static token => token.Id).DefaultIfEmpty(-1).Max()) + 1;
        _spellings = new string?[size];
        _bytes = new byte[]?[size];
        _special = new bool[size];
        foreach ((string spelling, int id) in _ids)
            _spellings[id] = spelling;
        for (int value = 0; value < 256; value++)
            _byteIds[value] = _ids.GetValueOrDefault(ByteAlphabet.Char((byte)value).ToString(), -1);
        ParseMerges(json, model);

        foreach (AddedToken token in added)
        {
            _ids[token.Content] = token.Id;
            _spellings[token.Id] = token.Content;
            _special[token.Id] |= token.Special;
        }

        for (int id = 0; id < size; id++)
            _bytes[id] = _spellings[id] is { } spelling ? ByteAlphabet.Bytes(spelling) : null;

        _ignoreMerges = json.Bool(model, "ignore_merges", false);
        _fuseUnknown = json.Bool(model, "fuse_unk", false);
        if (TokenizerJson.Optional(model, "unk_token") is not null)
        {
            string unknown = json.Text(model, "model", "unk_token");
            _unknown = _ids.TryGetValue(unknown, out int id) ? id : throw json.Wrong("model.unk_token", unknown, "a token of the vocabulary");
        }

        _normalize = Normalizer.Parse(json, TokenizerJson.Optional(json.Root, "normalizer"));
        _template = TextTemplate.Parse(json, TokenizerJson.Optional(json.Root, "post_processor"));
        _addedRaw = new AddedTokens(added.Where(static token => !token.Normalized));
        _addedNormalized = new AddedTokens(added.Where(static token => token.Normalized).Select(token => token with { Content = _normalize(token.Content) }));
    }

    public override int VocabularySize => _spellings.Length;

    public override int[] Encode(string text, bool addSpecial = true)
    {
        var ids = new List<int>();
        if (addSpecial)
            ids.AddRange(_template.Before);
        text = WellFormed(text);
        foreach ((AddedToken? token, Range range) in _addedRaw.Split(text))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeNormalized(_normalize(text[range]), ids);
        }

        if (addSpecial)
            ids.AddRange(_template.After);
        return [.. ids];
    }

    public override ReadOnlySpan<byte> Bytes(int id) => (uint)id < (uint)_bytes.Length ? _bytes[id] : default;

    public override bool IsSpecial(int id) => (uint)id < (uint)_special.Length && _special[id];

    public override int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public override string? TokenOf(int id) => (uint)id < (uint)_spellings.Length ? _spellings[id] : null;

    private void EncodeNormalized(string text, List<int> ids)
    {
        foreach ((AddedToken? token, Range range) in _addedNormalized.Split(text))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                _preTokenizer.Split(text.AsSpan()[range], piece => EncodePiece(piece, ids));
        }
    }

    private void EncodePiece(ReadOnlySpan<char> piece, List<int> ids)
    {
        bool cached = piece.Length <= CachePieceLength;
        if (cached && _cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out int[]? known))
        {
            ids.AddRange(known);
            return;
        }

        int start = ids.Count;
        EncodeBytes(Encoding.UTF8.GetBytes(piece.ToString()), ids);
        if (cached && _cache.Count < CacheEntries)
            _cache.TryAdd(piece.ToString(), [.. CollectionsMarshal.AsSpan(ids)[start..]]);
    }

    private void EncodeBytes(byte[] bytes, List<int> ids)
    {
        if (_ignoreMerges && _ids.TryGetValue(string.Create(bytes.Length, bytes, static (chars, source) =>
            {
                for (int i = 0; i < source.Length; i++)
                    chars[i] = ByteAlphabet.Char(source[i]);
            }), out int whole))
        {
            ids.Add(whole);
            return;
        }

        int[] symbols = new int[bytes.Length];
        int count = 0;
        bool lastUnknown = false;
        foreach (byte value in bytes)
        {
            int id = _byteIds[value];
            // A byte that the vocabulary lacks is the unknown token where there is one, else nothing.
            if (id < 0 && _unknown is { } unknown && !(_fuseUnknown && lastUnknown))
                symbols[count++] = unknown;
            else if (id >= 0)
                symbols[count++] = id;
            lastUnknown = id < 0;
        }

        int merged = _merges.Apply(symbols.AsSpan(0, count));
        ids.AddRange(symbols.AsSpan(0, merged));
    }

    private static PreTokenizer ParsePreTokenizer(TokenizerJson json)
    {
        JsonElement? element = TokenizerJson.Optional(json.Root, "pre_tokenizer");
        // Most files of another kind say so by this field: the kind is named before any detail of it is.
        if (element?.ToString().Contains("\"ByteLevel\"", StringComparison.Ordinal) != true)
            throw json.Unsupported("pre_tokenizer", element is { } found ? json.Text(found, "pre_tokenizer", "type") : "null", "one with ByteLevel: this BPE is of the SentencePiece kind");
        return PreTokenizer.Parse(json, element);
    }

    private void ParseMerges(TokenizerJson json, JsonElement model)
    {
        int rank = 0;
        foreach (JsonElement merge in json.List(model, "model", "merges"))
        {
            string where = $"model.merges[{rank}]";
            string left, right;
            if (merge.ValueKind == JsonValueKind.String && merge.GetString()!.Split(' ') is [var first, var second])
                (left, right) = (first, second);
            else if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2 && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String)
                (left, right) = (merge[0].GetString()!, merge[1].GetString()!);
            else
                throw json.Wrong(where, merge.GetRawText(), "two tokens");
            _merges.Add(Id(left), Id(right), rank++, Id(left + right));

            int Id(string token) => _ids.TryGetValue(token, out int id) ? id : throw json.Wrong(where, $"a merge with '{token}'", "tokens of the vocabulary");
        }
    }

    private static List<AddedToken> ParseAdded(TokenizerJson json)
    {
        var tokens = new List<AddedToken>();
        if (TokenizerJson.Optional(json.Root, "added_tokens") is null)
            return tokens;
        foreach (JsonElement entry in json.List(json.Root, "tokenizer", "added_tokens"))
        {
            int id = json.Id(TokenizerJson.Optional(entry, "id") ?? throw json.Wrong("added_tokens.id", "absent", "a token id"), "added_tokens.id");
            tokens.Add(new AddedToken(
                id,
                json.Text(entry, "added_tokens", "content"),
                json.Bool(entry, "single_word", false),
                json.Bool(entry, "lstrip", false),
                json.Bool(entry, "rstrip", false),
                json.Bool(entry, "normalized", false),
                json.Bool(entry, "special", false)));
        }

        return tokens;
    }

    /// <summary>Lone surrogates are no text: they become U+FFFD, as in any conversion to UTF-8.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;
}
