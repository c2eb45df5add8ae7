using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Cambium.Text;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016): each character of a piece is a symbol, and pairs of symbols merge. Two kinds: over the byte alphabet
/// (GPT-2, Llama 3, Qwen), and over characters with byte tokens for characters that the vocabulary lacks (SentencePiece).
/// </summary>
/// <remarks>
/// Not Microsoft.ML.Tokenizers 2.0.1, whose results differ from the reference's. Byte-level: letters beyond U+FFFF differ, because its pre-tokenizer
/// splits them into UTF-16 units (Llama 3's pattern on <c>𝐚"HZ</c>), and its NFC does not work under invariant globalization. SentencePiece: it
/// lacks the byte fallback and the normalizers of a tokenizer.json. It also lacks ignore_merges, and single_word, lstrip and rstrip of added tokens.
/// </remarks>
internal sealed class BytePairModel : TokenModel
{
    /// <summary>Ids of pieces seen before; pieces repeat. Bounded, because texts are untrusted input.</summary>
    private const int CacheEntries = 16 * 1024;
    private const int CachePieceLength = 48;

    private readonly TokenizerJson _json;
    private readonly BytePairMerges _merges = new();
    private readonly int[] _byteIds = new int[256];
    private readonly bool _byteFallback;
    private readonly bool _ignoreMerges;
    private readonly bool _fuseUnknown;
    private readonly string? _unknownToken;
    private readonly int _unknown = -1;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]> _textCache = new(StringComparer.Ordinal);
    private Func<int, bool> _isSpecial = static _ => false;
    private BytePairMerges _textMerges;

    /// <inheritdoc cref="TokenModel.Parse"/>
    public BytePairModel(TokenizerJson json, JsonElement model)
    {
        _json = json;
        if (TokenizerJson.Optional(model, "dropout") is { } dropout && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() == 0))
            throw json.Unsupported("model.dropout", dropout.GetRawText(), "null or 0");
        _prefix = json.Replacement(model, "model", "continuing_subword_prefix", "");
        _suffix = json.Replacement(model, "model", "end_of_word_suffix", "");
        _byteFallback = json.Bool(model, "byte_fallback", false);
        _ignoreMerges = json.Bool(model, "ignore_merges", false);
        _fuseUnknown = json.Bool(model, "fuse_unk", false);
        Ids = ParseIds(json, model);
        if (TokenizerJson.Optional(model, "unk_token") is not null)
        {
            _unknownToken = json.Text(model, "model", "unk_token");
            _unknown = Ids.GetValueOrDefault(_unknownToken, -1);
        }

        for (int value = 0; value < 256; value++)
            _byteIds[value] = Ids.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), -1);
        ParseMerges(json, model);
        _textMerges = _merges;
    }

    public override Dictionary<string, int> Ids { get; }

    public override void Forbid(Func<int, bool> isSpecial)
    {
        _isSpecial = isSpecial;
        _textMerges = _merges.Without(isSpecial);
    }

    public override void Encode(ReadOnlySpan<char> piece, bool parseSpecial, List<int> ids)
    {
        ConcurrentDictionary<string, int[]> cache = parseSpecial ? _cache : _textCache;
        bool cached = piece.Length <= CachePieceLength;
        if (cached && cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out int[]? known))
        {
            ids.AddRange(known);
            return;
        }

        int start = ids.Count;
        EncodeAnew(piece, parseSpecial, ids);
        if (cached && cache.Count < CacheEntries)
            cache.TryAdd(piece.ToString(), [.. CollectionsMarshal.AsSpan(ids)[start..]]);
    }

    private void EncodeAnew(ReadOnlySpan<char> piece, bool parseSpecial, List<int> ids)
    {
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = Ids.GetAlternateLookup<ReadOnlySpan<char>>();
        if (_ignoreMerges && lookup.TryGetValue(piece, out int whole) && (parseSpecial || !_isSpecial(whole)))
        {
            ids.Add(whole);
            return;
        }

        var symbols = new List<int>(piece.Length);
        bool pendingUnknown = false;
        for (int at = 0; at < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[at..], out Rune rune, out int length);
            ReadOnlySpan<char> symbol = piece.Slice(at, length);
            if (_prefix.Length > 0 && at > 0)
                symbol = string.Concat(_prefix, symbol);
            at += length;
            if (_suffix.Length > 0 && at == piece.Length)
                symbol = string.Concat(symbol, _suffix);
            if (lookup.TryGetValue(symbol, out int id) && (parseSpecial || !_isSpecial(id)))
            {
                if (pendingUnknown)
                    symbols.Add(_unknown);
                pendingUnknown = false;
                symbols.Add(id);
            }
            // A byte token does not end a run of unknown characters: the unknown token then follows it, as in the reference implementation.
            else if (!(_byteFallback && AddBytes(symbol, symbols)) && _unknownToken is not null)
            {
                if (_unknown < 0)
                    throw NoUnknown(_json, "unk_token", $"'{_unknownToken}'");
                if (pendingUnknown && !_fuseUnknown)
                    symbols.Add(_unknown);
                pendingUnknown = true;
            }
        }

        if (pendingUnknown)
            symbols.Add(_unknown);
        Span<int> merged = CollectionsMarshal.AsSpan(symbols);
        ids.AddRange(merged[..(parseSpecial ? _merges : _textMerges).Apply(merged)]);
    }

    /// <summary>Adds the byte tokens of a symbol, if the vocabulary has all of them.</summary>
    private bool AddBytes(ReadOnlySpan<char> symbol, List<int> symbols)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(symbol)];
        Encoding.UTF8.GetBytes(symbol, bytes);
        if (Array.Exists(bytes, value => _byteIds[value] < 0))
            return false;
        foreach (byte value in bytes)
            symbols.Add(_byteIds[value]);
        return true;
    }

    private void ParseMerges(TokenizerJson json, JsonElement model)
    {
        int rank = 0;
        if (json.Merges is { } known)
        {
            _merges.Reserve(known.Count);
            foreach (MergeIds merge in known)
                _merges.Add(merge.Left, merge.Right, rank++, merge.Merged);
            return;
        }

        JsonElement.ArrayEnumerator merges = json.List(model, "model", "merges");
        _merges.Reserve(model.GetProperty("merges").GetArrayLength());
        foreach (JsonElement merge in merges)
        {
            string left, right;
            if (merge.ValueKind == JsonValueKind.String && merge.GetString()!.Split(' ') is [var first, var second])
                (left, right) = (first, second);
            else if (merge.ValueKind == JsonValueKind.Array
                && merge.GetArrayLength() == 2
                && merge[0].ValueKind == JsonValueKind.String
                && merge[1].ValueKind == JsonValueKind.String)
                (left, right) = (merge[0].GetString()!, merge[1].GetString()!);
            else
                throw json.Error(Where(), merge.GetRawText(), "two tokens");
            string rest = right;
            if (_prefix.Length > 0)
            {
                rest = right.StartsWith(_prefix, StringComparison.Ordinal)
                    ? right[_prefix.Length..]
                    : throw json.Error(Where(), $"a merge with '{right}'", $"one that begins with '{_prefix}'");
            }

            _merges.Add(Id(left), Id(right), rank, Id(left + rest));
            rank++;

            string Where() => $"model.merges[{rank}]";

            int Id(string token) => Ids.TryGetValue(token, out int id)
                ? id
                : throw json.Error(Where(), $"a merge with '{token}'", "tokens of the vocabulary");
        }
    }
}
