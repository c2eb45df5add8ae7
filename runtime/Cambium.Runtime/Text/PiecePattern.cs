using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Cambium.Runtime.Weights;

namespace Cambium.Runtime.Text;

/// <summary>
/// A splitting pattern, read as code points. .NET matches UTF-16 units, where a letter beyond U+FFFF is two surrogates and no letter. So a text that has any is matched in
/// the shape of a stand-in, in which each of them is one ordinary character of the same category.
/// </summary>
internal sealed partial class PiecePattern
{
    private const string Gpt2Text = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama3Text = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2Text = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // Far beyond what a sane pattern needs for the longest text; patterns come from outside, and some would take for ever.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Regex _regex;
    private readonly string _file;

    private PiecePattern(Regex regex, string file = "")
    {
        _regex = regex;
        _file = file;
    }

    /// <summary>The pattern that ByteLevel implies.</summary>
    public static PiecePattern Gpt2 { get; } = new(Gpt2Regex);

    // Patterns of large families are compiled at build, so that they are fast in NativeAOT programs, too.
    [GeneratedRegex(Gpt2Text, RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2Regex { get; }

    [GeneratedRegex(Llama3Text, RegexOptions.CultureInvariant)]
    private static partial Regex Llama3Regex { get; }

    [GeneratedRegex(Qwen2Text, RegexOptions.CultureInvariant)]
    private static partial Regex Qwen2Regex { get; }

    /// <exception cref="CheckpointException">A pattern that .NET's dialect does not have.</exception>
    public static PiecePattern Create(TokenizerJson json, string pattern) => Create(json, pattern, Patience);

    internal static PiecePattern Create(TokenizerJson json, string pattern, TimeSpan patience)
    {
        switch (pattern)
        {
            case Gpt2Text:
                return Gpt2;
            case Llama3Text:
                return new PiecePattern(Llama3Regex);
            case Qwen2Text:
                return new PiecePattern(Qwen2Regex);
        }

        try
        {
            RegexOptions options = RegexOptions.CultureInvariant | (RuntimeFeature.IsDynamicCodeCompiled ? RegexOptions.Compiled : RegexOptions.None);
            return new PiecePattern(new Regex(pattern, options, patience), json.File);
        }
        catch (ArgumentException error)
        {
            throw new CheckpointException(json.File, "field 'pre_tokenizer'", $"has the pattern {pattern}, expected one that .NET can match ({error.Message.TrimEnd('.')})", "Write the pattern in a form that both dialects have.", error);
        }
    }

    /// <summary>The matches and what lies between them, in order; none is empty.</summary>
    /// <exception cref="CheckpointException">The pattern takes too long for this text.</exception>
    public List<(int Start, int End, bool IsMatch)> Parts(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
            return Matches(text);
        (string standIn, int[] offsets) = StandIn(text);
        return Matches(standIn).ConvertAll(part => (offsets[part.Start], offsets[part.End], part.IsMatch));
    }

    private List<(int Start, int End, bool IsMatch)> Matches(ReadOnlySpan<char> text)
    {
        var parts = new List<(int, int, bool)>();
        int at = 0;
        try
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(text))
            {
                if (match.Length == 0)
                    continue;
                if (match.Index > at)
                    parts.Add((at, match.Index, false));
                at = match.Index + match.Length;
                parts.Add((match.Index, at, true));
            }
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new CheckpointException(
                _file,
                "field 'pre_tokenizer'",
                $"has the pattern {_regex}, which took more than {error.MatchTimeout.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s at character {at} of {text.Length}",
                "It backtracks without end on such a text; use the tokenizer's original file, or another pattern.",
                error);
        }

        if (at < text.Length)
            parts.Add((at, text.Length, false));
        return parts;
    }

    /// <summary>One character for each code point, and for each of them where it is in the text.</summary>
    private static (string Text, int[] Offsets) StandIn(ReadOnlySpan<char> text)
    {
        var standIn = new StringBuilder(text.Length);
        int[] offsets = new int[text.Length + 1];
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            offsets[standIn.Length] = at;
            standIn.Append(rune.IsBmp ? (char)rune.Value : Like(Rune.GetUnicodeCategory(rune)));
            at += rune.Utf16SequenceLength;
        }

        offsets[standIn.Length] = at;
        return (standIn.ToString(), offsets);
    }

    /// <summary>A character of this category that no pattern is likely to name.</summary>
    private static char Like(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u0531',
        UnicodeCategory.LowercaseLetter => '\u0561',
        UnicodeCategory.TitlecaseLetter => '\u1F88',
        UnicodeCategory.ModifierLetter => '\u0559',
        UnicodeCategory.OtherLetter => '\uA000',
        UnicodeCategory.NonSpacingMark => '\u0591',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u0488',
        UnicodeCategory.DecimalDigitNumber => '\u0966',
        UnicodeCategory.LetterNumber => '\u16EE',
        UnicodeCategory.OtherNumber => '\u09F4',
        UnicodeCategory.Format => '\u0600',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.ConnectorPunctuation => '\u203F',
        UnicodeCategory.DashPunctuation => '\u058A',
        UnicodeCategory.OpenPunctuation => '\u0F3A',
        UnicodeCategory.ClosePunctuation => '\u0F3B',
        UnicodeCategory.OtherPunctuation => '\u055A',
        UnicodeCategory.MathSymbol => '\u03F6',
        UnicodeCategory.CurrencySymbol => '\u060B',
        UnicodeCategory.ModifierSymbol => '\u0384',
        UnicodeCategory.OtherSymbol => '\u0482',
        _ => '\u0378',
    };
}
