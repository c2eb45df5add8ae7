using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cambium.Text;

/// <summary>SentencePiece's unigram model (Kudo 2018): the segmentation of a piece with the highest sum of scores, found by Viterbi search.</summary>
/// <remarks>Microsoft.ML.Tokenizers 2.0.1 reads this model only from SentencePiece's own file, and with the normalization of that file.</remarks>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly TokenizerJson _json;
    private readonly double[] _scores;
    private readonly PrefixTrie _trie = new();
    private readonly int[] _byteIds = new int[256];
    private readonly bool _byteFallback;
    private readonly int _unknown = -1;
    private readonly double _unknownScore;
    private Func<int, bool> _isSpecial = static _ => false;

    /// <inheritdoc cref="TokenModel.Parse"/>
    public UnigramModel(TokenizerJson json, JsonElement model)
    {
        _json = json;
        JsonElement vocabulary = json.List(model, "model", "vocab") is var list ? model.GetProperty("vocab") : default;
        int count = vocabulary.GetArrayLength();
        if (count >= TokenizerJson.MaxIds)
            throw json.Error("model.vocab", $"a list of {count}", $"fewer than {TokenizerJson.MaxIds} tokens");
        _scores = new double[count];
        foreach (JsonElement entry in list)
        {
            int id = Ids.Count;
            string where = $"model.vocab[{id}]";
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2
                || entry[0].ValueKind != JsonValueKind.String || entry[1].ValueKind != JsonValueKind.Number)
                throw json.Error(where, entry.GetRawText(), "a token and its score");
            string token = entry[0].GetString()!;
            if (token.Length > TokenizerJson.MaxToken)
                throw json.Error(where, $"a token of {token.Length} characters", $"at most {TokenizerJson.MaxToken}");
            // Ids are positions in the list, so two entries with one text would give the text two ids.
            if (!Ids.TryAdd(token, id))
                throw json.Error(where, $"'{token}' a second time", "each token once");
            _scores[id] = entry[1].GetDouble();
            if (!double.IsFinite(_scores[id]))
                throw json.Error(where, entry.GetRawText(), "a finite score");
            if (token.Length > 0)
                _trie.Add(token, id);
        }

        _byteFallback = json.Bool(model, "byte_fallback", false);
        for (int value = 0; value < 256; value++)
            _byteIds[value] = Ids.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), -1);
        if (TokenizerJson.Optional(model, "unk_id") is { } unknown)
        {
            _unknown = json.Id(unknown, "model.unk_id");
            if (_unknown >= count)
                throw json.Error("model.unk_id", unknown.GetRawText(), $"an id below {count}");
        }

        _unknownScore = _scores.DefaultIfEmpty(0).Min() - UnknownPenalty;
    }

    public override Dictionary<string, int> Ids { get; } = new(StringComparer.Ordinal);

    public override void Forbid(Func<int, bool> isSpecial) => _isSpecial = isSpecial;

    public override void Encode(ReadOnlySpan<char> piece, bool parseSpecial, List<int> ids)
    {
        // For each position: the best score of a segmentation that ends there, the start of its last token and the id of it.
        var best = new (double Score, int Start, int Id)[piece.Length + 1];
        for (int at = 1; at <= piece.Length; at++)
            best[at].Start = -1;
        for (int start = 0; start < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[start..], out _, out int length);
            double before = best[start].Score;
            bool whole = false;
            int node = 0;
            for (int at = start; at < piece.Length && _trie.Step(ref node, piece[at], out int id); at++)
            {
                if (id < 0 || (!parseSpecial && id != _unknown && _isSpecial(id)))
                    continue;
                Offer(ref best[at + 1], before + _scores[id], start, id);
                whole |= at + 1 == start + length;
            }

            if (!whole)
            {
                if (_unknown < 0)
                    throw NoUnknown(_json, "unk_id", "null");
                Offer(ref best[start + length], before + _unknownScore, start, _unknown);
            }

            start += length;
        }

        Collect(piece, best, parseSpecial, ids);
    }

    private static void Offer(ref (double Score, int Start, int Id) place, double score, int start, int id)
    {
        if (place.Start < 0 || score > place.Score)
            place = (score, start, id);
    }

    /// <summary>Follows the best segmentation back. Adjacent unknown characters are one unknown text.</summary>
    private void Collect(ReadOnlySpan<char> piece, (double Score, int Start, int Id)[] best, bool parseSpecial, List<int> ids)
    {
        var tokens = new List<(int Start, int End, int Id)>();
        for (int end = piece.Length; end > 0;)
        {
            (_, int start, int id) = best[end];
            if (id == _unknown && tokens.Count > 0 && tokens[^1].Id == _unknown)
                tokens[^1] = (start, tokens[^1].End, id);
            else
                tokens.Add((start, end, id));
            end = start;
        }

        for (int i = tokens.Count - 1; i >= 0; i--)
        {
            (int start, int end, int id) = tokens[i];
            if (id == _unknown)
                AddUnknown(piece[start..end], parseSpecial, ids);
            else
                ids.Add(id);
        }
    }

    private void AddUnknown(ReadOnlySpan<char> text, bool parseSpecial, List<int> ids)
    {
        // Several unknown characters together may be a token.
        if (Ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out int known) && (parseSpecial || !_isSpecial(known)))
        {
            ids.Add(known);
            return;
        }

        byte[] bytes = _byteFallback ? Encoding.UTF8.GetBytes(text.ToString()) : [];
        if (bytes.Length == 0 || Array.Exists(bytes, value => _byteIds[value] < 0))
        {
            ids.Add(_unknown);
            return;
        }

        foreach (byte value in bytes)
            ids.Add(_byteIds[value]);
    }
}
