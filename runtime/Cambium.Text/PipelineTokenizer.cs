using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>
/// The tokenizer of a <c>tokenizer.json</c>: added tokens, normalization, pre-tokenization, model and template to encode, a chain of decoders to
/// decode.
/// </summary>
internal sealed class PipelineTokenizer : Tokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly TokenModel _model;
    private readonly AddedTokens _addedRaw;
    private readonly AddedTokens _addedNormalized;
    private readonly Steps _begun;
    private readonly Lazy<Steps> _continued;
    private readonly TextTemplate _template;
    private readonly DecoderChain _decoders;
    private readonly byte[]?[] _bytes;
    private readonly string _file;

    /// <param name="json">The file.</param>
    /// <param name="config">The settings next to it; null for none.</param>
    /// <exception cref="CheckpointException">A part of a file is not supported, or a file contradicts itself or the other.</exception>
    public PipelineTokenizer(TokenizerJson json, TokenizerConfig? config = null)
    {
        _file = json.File;
        _begun = Steps.Parse(json, continues: false);
        _continued = new Lazy<Steps>(() => Steps.Parse(json, continues: true));
        _decoders = DecoderChain.Parse(json, TokenizerJson.Optional(json.Root, "decoder"));
        _model = TokenModel.Parse(json);
        _vocabulary = Vocabulary.Parse(json, _model.Ids, config);
        _template = TextTemplate.Parse(json, TokenizerJson.Optional(json.Root, "post_processor")).With(config, _vocabulary);
        _model.Forbid(_vocabulary.IsSpecial);
        _addedRaw = new AddedTokens(_vocabulary.Added.Where(static token => !token.Normalized));
        _addedNormalized = new AddedTokens(_vocabulary.Added
            .Where(static token => token.Normalized)
            .Select(token => token with { Content = _begun.Normalize(WellFormed(token.Content)) }));
        _bytes = new byte[]?[_vocabulary.Size];
    }

    public override int VocabularySize => _vocabulary.Size;

    public override int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        var ids = new List<int>();
        if (addSpecial)
            ids.AddRange(_template.Before);
        EncodeRaw(WellFormed(text), parseSpecial, mark: null, continues: false, ids);
        if (addSpecial)
            ids.AddRange(_template.After);
        return [.. ids];
    }

    public override int[] EncodeContinuation(string text, bool parseSpecial = false)
    {
        var ids = new List<int>();
        EncodeRaw(WellFormed(text), parseSpecial, mark: null, continues: true, ids);
        return [.. ids];
    }

    internal override int[] EncodeMarked(string text, char mark)
    {
        var ids = new List<int>();
        EncodeRaw(WellFormed(text), parseSpecial: true, mark.ToString(), continues: false, ids);
        return [.. ids];
    }

    public override ReadOnlySpan<byte> Bytes(int id)
    {
        if (_vocabulary.TokenOf(id) is not { } spelling)
            return default;
        // A benign race: two threads compute equal results.
        return Volatile.Read(ref _bytes[id]) is { } known ? known : _bytes[id] = _decoders.BytesOf(spelling);
    }

    public override bool IsSpecial(int id) => _vocabulary.IsSpecial(id);

    public override int? IdOf(string token) => _vocabulary.IdOf(token);

    public override string? TokenOf(int id) => _vocabulary.TokenOf(id);

    internal override bool NormalizesToSpecial(string text) =>
        _addedNormalized.HasSpecial
        && _addedNormalized.Split(_begun.Normalize(WellFormed(text)), parseSpecial: true).Any(static part => part.Token is { Special: true });

    internal override TokenDecoding StartDecoding() => _decoders.Start(_vocabulary);

    private void EncodeRaw(string text, bool parseSpecial, string? mark, bool continues, List<int> ids)
    {
        var time = new EncodingTime(_file, text.Length);
        foreach ((AddedToken? token, Range range) in _addedRaw.Split(text, parseSpecial))
        {
            time.Check();
            bool isFirst = range.Start.Value == 0;
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeNormalized(text[range], isFirst, isFirst && continues ? _continued.Value : _begun, parseSpecial, mark, time, ids);
        }
    }

    private void EncodeNormalized(string text, bool isFirst, Steps steps, bool parseSpecial, string? mark, EncodingTime time, List<int> ids)
    {
        text = steps.Normalize(text);
        foreach ((AddedToken? token, Range range) in _addedNormalized.Split(text, parseSpecial))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                continue;
            }

            string stretch = mark is null ? text[range] : text[range].Replace(mark, "", StringComparison.Ordinal);
            // All special tokens are found above. After the marks are removed, names of special tokens are plain text.
            steps.PreTokenizer.Split(stretch, isFirst && range.Start.Value == 0, (piece, _) =>
            {
                time.Check();
                _model.Encode(piece, parseSpecial && mark is null, ids);
            });
        }
    }

    /// <summary>Replaces lone surrogates by U+FFFD, as a conversion to UTF-8 does.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    /// <summary>The steps before the model.</summary>
    private sealed record Steps(Func<string, string> Normalize, PreTokenizer PreTokenizer)
    {
        /// <param name="json">The file.</param>
        /// <param name="continues">Whether the text continues another one: no step adds a space at its beginning.</param>
        public static Steps Parse(TokenizerJson json, bool continues) => new(
            Normalizer.Parse(json, TokenizerJson.Optional(json.Root, "normalizer"), continues),
            PreTokenizer.Parse(json, TokenizerJson.Optional(json.Root, "pre_tokenizer"), continues));
    }
}
