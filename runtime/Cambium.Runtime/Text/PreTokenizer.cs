using System.Text.Json;
using Cambium.Runtime.Weights;

namespace Cambium.Runtime.Text;

/// <summary>Receives one piece of a text.</summary>
internal delegate void PieceHandler(ReadOnlySpan<char> piece);

/// <summary>Cuts a text into the pieces within which symbols may merge.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Hands over the pieces in order. None is empty.</summary>
    public abstract void Split(ReadOnlySpan<char> text, PieceHandler handler);

    /// <exception cref="CheckpointException">A kind that is not supported.</exception>
    public static PreTokenizer Parse(TokenizerJson json, JsonElement? element)
    {
        if (element is not { } pre)
            return new PreTokenizerSequence([]);
        string type = json.Text(pre, "pre_tokenizer", "type");
        return type switch
        {
            "Sequence" => new PreTokenizerSequence([.. json.List(pre, "pre_tokenizer", "pretokenizers").Select(item => Parse(json, item))]),
            "ByteLevel" => new ByteLevelPieces(json.Bool(pre, "add_prefix_space", true), json.Bool(pre, "use_regex", true)),
            "Split" => ParseSplit(json, pre),
            "Digits" => new RegexPieces(PiecePattern.Create(json, @"\p{N}"), json.Bool(pre, "individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous, false),
            _ => throw json.Unsupported("pre_tokenizer", type, "ByteLevel, Split, Digits or a Sequence of them"),
        };
    }

    private static RegexPieces ParseSplit(TokenizerJson json, JsonElement pre)
    {
        JsonElement pattern = json.Object(pre, "pre_tokenizer", "pattern");
        string text = pattern.TryGetProperty("String", out _)
            ? System.Text.RegularExpressions.Regex.Escape(json.Text(pattern, "pre_tokenizer.pattern", "String"))
            : json.Text(pattern, "pre_tokenizer.pattern", "Regex");
        string behavior = json.Text(pre, "pre_tokenizer", "behavior");
        return Enum.TryParse(behavior, out SplitBehavior parsed) && Enum.IsDefined(parsed)
            ? new RegexPieces(PiecePattern.Create(json, text), parsed, json.Bool(pre, "invert", false))
            : throw json.Unsupported("pre_tokenizer.behavior", behavior, string.Join(", ", Enum.GetNames<SplitBehavior>()));
    }
}

/// <summary>Several one after another: each cuts the pieces of the one before it.</summary>
internal sealed class PreTokenizerSequence(PreTokenizer[] steps) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, PieceHandler handler) => Split(text, 0, handler);

    private void Split(ReadOnlySpan<char> text, int step, PieceHandler handler)
    {
        if (text.IsEmpty)
            return;
        if (step == steps.Length)
            handler(text);
        else
            steps[step].Split(text, piece => Split(piece, step + 1, handler));
    }
}

/// <summary>The step that makes a tokenizer byte-level; with the pattern of GPT-2 unless another step has cut before.</summary>
internal sealed class ByteLevelPieces(bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    private readonly RegexPieces _pieces = new(PiecePattern.Gpt2, SplitBehavior.Isolated, false);

    public override void Split(ReadOnlySpan<char> text, PieceHandler handler)
    {
        if (addPrefixSpace && !text.IsEmpty && text[0] != ' ')
            text = $" {text}";
        if (useRegex)
            _pieces.Split(text, handler);
        else if (!text.IsEmpty)
            handler(text);
    }
}
