using System.Text;
using System.Text.Json;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>The chain of decoders: turns tokens as the vocabulary spells them into text.</summary>
internal sealed class DecoderChain
{
    private const string Supported = "ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, WordPiece, BPEDecoder or a Sequence of them";

    // A token is short, and an engine decodes it between two steps of all its requests.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly List<Func<DecoderStep, DecoderStep>> _steps = [];
    private bool _startsByteLevel;
    private bool _hasByteTokens;

    private DecoderChain()
    {
    }

    /// <exception cref="CheckpointException">A kind that is not supported, or too many steps.</exception>
    public static DecoderChain Parse(TokenizerJson json, JsonElement? element)
    {
        var chain = new DecoderChain();
        foreach (JsonElement step in json.Steps(element, "decoder", "decoders"))
            chain.Add(json, step);
        if (element is null)
            chain._steps.Add(static next => new SpacedTokens(next));
        return chain;
    }

    public TokenDecoding Start(Vocabulary vocabulary) => new ChainDecoding(this, vocabulary);

    /// <summary>Builds the chain; its last step appends to a text.</summary>
    /// <param name="text">Receives the decoded text.</param>
    /// <param name="bytes">The step that holds back runs of byte tokens, if there is one.</param>
    private DecoderStep Build(StringBuilder text, out ByteTokens? bytes)
    {
        bytes = null;
        DecoderStep step = new CollectedText(text);
        for (int i = _steps.Count - 1; i >= 0; i--)
        {
            step = _steps[i](step);
            bytes = step as ByteTokens ?? bytes;
        }

        return step;
    }

    /// <summary>The bytes that a token decodes to when it is not the first one.</summary>
    public byte[] BytesOf(string spelling)
    {
        if (_startsByteLevel)
            return ByteAlphabet.Bytes(spelling);
        if (_hasByteTokens && ByteTokens.TryParse(spelling, out byte value))
            return [value];
        const string before = "a";
        var text = new StringBuilder();
        DecoderStep step = Build(text, out _);
        step.Write(before, last: true);
        step.Write(spelling, last: true);
        step.End(keepsHalves: true);
        return Encoding.UTF8.GetBytes(text.ToString(Math.Min(before.Length, text.Length), Math.Max(text.Length - before.Length, 0)));
    }

    private void Add(TokenizerJson json, JsonElement decoder)
    {
        string type = json.Text(decoder, "decoder", "type");
        switch (type)
        {
            case "ByteLevel":
                _startsByteLevel |= _steps.Count == 0;
                _steps.Add(static next => new ByteLevelText(next));
                return;
            case "ByteFallback":
                _hasByteTokens = true;
                _steps.Add(static next => new ByteTokens(next));
                return;
            case "Fuse":
                _steps.Add(static next => new FusedTokens(next));
                return;
            case "Metaspace":
                (Rune mark, PrependScheme scheme) = MetaspacePieces.Fields(json, decoder, "decoder");
                _steps.Add(next => new MarkedSpaces(mark.ToString(), scheme != PrependScheme.Never, next));
                return;
            case "Replace":
                var replacement = Replacement.Parse(json, decoder, "decoder", Patience);
                _steps.Add(next => new ChangedTokens((token, _) => replacement.Apply(token), next));
                return;
            case "Strip":
                Rune stripped = json.Character(decoder, "decoder", "content");
                (int start, int stop) = (json.Count(decoder, "decoder", "start", 0), json.Count(decoder, "decoder", "stop", 0));
                _steps.Add(next => new StrippedTokens(stripped, start, stop, next));
                return;
            case "WordPiece":
                string prefix = json.Text(decoder, "decoder", "prefix", "##");
                bool cleanup = json.Bool(decoder, "cleanup", true);
                _steps.Add(next => new ChangedTokens((token, index) => WordPieces.Join(token, index, prefix, cleanup), next));
                return;
            case "BPEDecoder":
                string suffix = json.Text(decoder, "decoder", "suffix", "</w>");
                _steps.Add(next => new SuffixedTokens(suffix, next));
                return;
            default:
                throw json.Unsupported("decoder.type", type, Supported);
        }
    }

    private sealed class ChainDecoding(DecoderChain chain, Vocabulary vocabulary) : TokenDecoding
    {
        private readonly StringBuilder _text = new();
        private DecoderStep? _step;
        private ByteTokens? _bytes;

        public override string Pending => _bytes?.Pending ?? "";

        public override string Tentative => _bytes?.Tentative ?? "";

        public override string Append(int id)
        {
            if (vocabulary.TokenOf(id) is not { } spelling)
                return "";
            _step ??= chain.Build(_text, out _bytes);
            _step.Write(spelling, last: true);
            return Take();
        }

        public override string Flush(bool keepsHalves = true)
        {
            _step?.End(keepsHalves);
            _step = null;
            _bytes = null;
            return Take();
        }

        private string Take()
        {
            string text = _text.ToString();
            _text.Clear();
            return text;
        }
    }
}
