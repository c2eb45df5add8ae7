using System.Text.Json;

namespace Cambium.Text;

/// <summary>Receives one piece of a text.</summary>
/// <param name="piece">The piece, never empty.</param>
/// <param name="isFirst">Whether the whole text begins with it.</param>
internal delegate void PieceHandler(ReadOnlySpan<char> piece, bool isFirst);

/// <summary>Splits a text into pieces. The model encodes each piece by itself.</summary>
internal abstract class PreTokenizer
{
    private const string Supported =
        "ByteLevel, Split, Metaspace, Digits, Punctuation, Whitespace, WhitespaceSplit, BertPreTokenizer, CharDelimiterSplit, "
            + "FixedLength or a Sequence of them";

    /// <summary>Passes the pieces to a handler, in order. No piece is empty.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isFirst">Whether the whole text begins with this one.</param>
    /// <param name="handler">Receives the pieces.</param>
    public abstract void Split(ReadOnlySpan<char> text, bool isFirst, PieceHandler handler);

    /// <param name="json">The file.</param>
    /// <param name="element">The pre-tokenizer.</param>
    /// <param name="continues">Whether the text continues another one: no step adds a space at its beginning.</param>
    /// <exception cref="Cambium.Checkpoints.CheckpointException">A kind that is not supported, or too many steps.</exception>
    public static PreTokenizer Parse(TokenizerJson json, JsonElement? element, bool continues = false)
    {
        PreTokenizer[] steps = [.. json.Steps(element, "pre_tokenizer", "pretokenizers").Select(step => Step(json, step, continues))];
        return steps is [var only] ? only : new PreTokenizerSequence(json, steps);
    }

    private static PreTokenizer Step(TokenizerJson json, JsonElement pre, bool continues)
    {
        string type = json.Text(pre, "pre_tokenizer", "type");
        return type switch
        {
            "ByteLevel" => new ByteLevelPieces(json.Bool(pre, "add_prefix_space", true), continues, json.Bool(pre, "use_regex", true)),
            "Split" => new PatternPieces(PiecePattern.Parse(json, pre, "pre_tokenizer"), Behavior(json, pre), json.Bool(pre, "invert", false)),
            "Metaspace" => MetaspacePieces.Parse(json, pre, continues),
            "Digits" => new PatternPieces(
                PiecePattern.Create(json, @"\p{N}"), json.Bool(pre, "individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
            "Punctuation" => new CharacterPieces(Characters.IsPunctuation, Behavior(json, pre, SplitBehavior.Isolated)),
            "Whitespace" => new PatternPieces(
                PiecePattern.Create(json, @"[\w\u200C\u200D]+|[^\w\s\u200C\u200D]+"), SplitBehavior.Removed, invert: true),
            "WhitespaceSplit" => new CharacterPieces(System.Text.Rune.IsWhiteSpace, SplitBehavior.Removed),
            "BertPreTokenizer" => new PreTokenizerSequence(
                json,
                [
                    new CharacterPieces(System.Text.Rune.IsWhiteSpace, SplitBehavior.Removed),
                    new CharacterPieces(Characters.IsPunctuation, SplitBehavior.Isolated),
                ]),
            "CharDelimiterSplit" => new PatternPieces(
                PiecePattern.Exactly(json.Character(pre, "pre_tokenizer", "delimiter").ToString()), SplitBehavior.Removed),
            "FixedLength" => new FixedPieces(Math.Max(1, json.Count(pre, "pre_tokenizer", "length", 5))),
            _ => throw json.Unsupported("pre_tokenizer.type", type, Supported),
        };
    }

    private static SplitBehavior Behavior(TokenizerJson json, JsonElement pre, SplitBehavior? fallback = null)
    {
        if (fallback is { } behavior && TokenizerJson.Optional(pre, "behavior") is null)
            return behavior;
        string name = json.Text(pre, "pre_tokenizer", "behavior");
        return Enum.TryParse(name, out SplitBehavior parsed) && Enum.IsDefined(parsed)
            ? parsed
            : throw json.Unsupported("pre_tokenizer.behavior", name, string.Join(", ", Enum.GetNames<SplitBehavior>()));
    }
}

/// <summary>Several pre-tokenizers in sequence: each splits the pieces of the one before.</summary>
/// <param name="json">The file, for errors.</param>
/// <param name="steps">The pre-tokenizers.</param>
internal sealed class PreTokenizerSequence(TokenizerJson json, PreTokenizer[] steps) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, bool isFirst, PieceHandler handler) =>
        Split(text, isFirst, 0, new long[steps.Length], TextGrowth.Most(text.Length), handler);

    // Some steps add characters to each piece, so that a few of them could make a text exponentially longer.
    private void Split(ReadOnlySpan<char> text, bool isFirst, int step, long[] made, long most, PieceHandler handler)
    {
        if (text.IsEmpty)
            return;
        if (step == steps.Length)
            handler(text, isFirst);
        else if (step == steps.Length - 1)
            steps[step].Split(text, isFirst, handler);
        else
            steps[step].Split(text, isFirst, (piece, first) =>
            {
                made[step] += piece.Length;
                TextGrowth.Check(json, "pre_tokenizer", made[step], most);
                Split(piece, first, step + 1, made, most, handler);
            });
    }
}

/// <summary>
/// The byte-level step: splits by the pattern of GPT-2, unless another step has split before, and writes each byte as one character.
/// </summary>
internal sealed class ByteLevelPieces(bool addPrefixSpace, bool continues, bool useRegex) : PreTokenizer
{
    private const int OnStack = 256;

    public override void Split(ReadOnlySpan<char> text, bool isFirst, PieceHandler handler)
    {
        if (addPrefixSpace && !(continues && isFirst) && !text.IsEmpty && text[0] != ' ')
            text = $" {text}";
        if (!useRegex)
        {
            Spell(text, isFirst, handler);
            return;
        }

        foreach ((int start, int end, _) in PiecePattern.Gpt2.Parts(text))
            Spell(text[start..end], isFirst && start == 0, handler);
    }

    private static void Spell(ReadOnlySpan<char> piece, bool isFirst, PieceHandler handler)
    {
        if (piece.IsEmpty)
            return;
        Span<char> spelled = piece.Length * 3 <= OnStack ? stackalloc char[OnStack] : new char[piece.Length * 3];
        handler(spelled[..ByteAlphabet.Spell(piece, spelled)], isFirst);
    }
}

/// <summary>Pieces of a fixed number of characters.</summary>
internal sealed class FixedPieces(int length) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, bool isFirst, PieceHandler handler)
    {
        int start = 0;
        int count = 0;
        int at = 0;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            at += rune.Utf16SequenceLength;
            if (++count < length)
                continue;
            handler(text[start..at], isFirst && start == 0);
            (start, count) = (at, 0);
        }

        if (start < text.Length)
            handler(text[start..], isFirst && start == 0);
    }
}
