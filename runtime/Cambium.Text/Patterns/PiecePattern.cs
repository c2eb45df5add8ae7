using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>
/// A splitting pattern over code points. .NET matches UTF-16 units: a letter beyond U+FFFF is two surrogates there and does not match \p{L}. A text
/// with such characters is therefore matched as a stand-in text, in which each of them is one character below U+FFFF of the same category.
/// </summary>
internal sealed partial class PiecePattern
{
    private const int MaxLength = 16 * 1024;

    // Far above the time of a reasonable pattern on the longest text. Patterns are untrusted, and some backtrack exponentially.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Regex? _regex;
    private readonly string _file;
    private readonly string _field;
    private readonly bool _namesHan;

    private PiecePattern(Regex? regex, string file = "", string field = "pre_tokenizer", bool namesHan = false)
    {
        _regex = regex;
        _file = file;
        _field = field;
        _namesHan = namesHan;
    }

    /// <summary>The literal text, if the pattern is one.</summary>
    public string? Literal { get; private init; }

    /// <summary>The pattern of GPT-2, which ByteLevel implies.</summary>
    public static PiecePattern Gpt2 { get; } = new(Gpt2Regex);

    // Patterns of common families are compiled at build: NativeAOT programs interpret all others.
    [GeneratedRegex(PreTokenizerPatterns.Gpt2, RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2Regex { get; }

    [GeneratedRegex(PreTokenizerPatterns.Llama3, RegexOptions.CultureInvariant)]
    private static partial Regex Llama3Regex { get; }

    [GeneratedRegex(PreTokenizerPatterns.Qwen2, RegexOptions.CultureInvariant)]
    private static partial Regex Qwen2Regex { get; }

    [GeneratedRegex(PreTokenizerPatterns.Gpt4o, RegexOptions.CultureInvariant)]
    private static partial Regex Gpt4oRegex { get; }

    [GeneratedRegex(PreTokenizerPatterns.Tekken, RegexOptions.CultureInvariant)]
    private static partial Regex TekkenRegex { get; }

    /// <summary>Reads the field <c>pattern</c>: <c>{ "String": text }</c> or <c>{ "Regex": pattern }</c>.</summary>
    /// <inheritdoc cref="Create(TokenizerJson, string, string, TimeSpan?)"/>
    public static PiecePattern Parse(TokenizerJson json, JsonElement parent, string where, TimeSpan? patience = null)
    {
        JsonElement pattern = json.Object(parent, where, "pattern");
        return TokenizerJson.Optional(pattern, "String") is not null
            ? Exactly(json.Replacement(pattern, $"{where}.pattern", "String"))
            : Create(json, json.Text(pattern, $"{where}.pattern", "Regex"), where, patience);
    }

    /// <summary>A pattern that is a literal text; an empty one never matches.</summary>
    public static PiecePattern Exactly(string literal) => new(null) { Literal = literal };

    /// <param name="json">The file.</param>
    /// <param name="pattern">The pattern, in Oniguruma's dialect.</param>
    /// <param name="field">The field of the file that has the pattern.</param>
    /// <param name="patience">Longest time of one match; null: 5 s.</param>
    /// <exception cref="CheckpointException">A pattern that cannot be written in .NET's dialect.</exception>
    public static PiecePattern Create(TokenizerJson json, string pattern, string field = "pre_tokenizer", TimeSpan? patience = null)
    {
        switch (pattern)
        {
            case PreTokenizerPatterns.Gpt2:
                return Gpt2;
            case PreTokenizerPatterns.Llama3:
                return new PiecePattern(Llama3Regex);
            case PreTokenizerPatterns.Qwen2:
                return new PiecePattern(Qwen2Regex);
            case PreTokenizerPatterns.Gpt4o:
                return new PiecePattern(Gpt4oRegex);
            case PreTokenizerPatterns.Tekken:
                return new PiecePattern(TekkenRegex);
        }

        try
        {
            RegexOptions options = RegexOptions.CultureInvariant | (RuntimeFeature.IsDynamicCodeCompiled ? RegexOptions.Compiled : RegexOptions.None);
            if (pattern.Length > MaxLength)
                throw new ArgumentException($"It has {pattern.Length} characters, and {MaxLength} are the most.");
            return new PiecePattern(
                new Regex(PatternDialect.Translate(pattern), options | RegexOptions.Multiline, patience ?? Patience),
                json.File,
                field,
                pattern.Contains("Han", StringComparison.Ordinal));
        }
        // A pattern nested too deep for the stack is an error of the same kind.
        catch (Exception error) when (error is ArgumentException or InsufficientExecutionStackException)
        {
            throw new CheckpointException(
                json.File,
                $"field '{field}'",
                $"has the pattern {(pattern.Length <= 200 ? pattern : pattern[..197] + "...")}, "
                    + $"expected one that .NET can match ({error.Message.TrimEnd('.')})",
                "Write the pattern in a form that both dialects have.",
                error);
        }
    }

    /// <summary>The matches and the text between them, in order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="keepEmpty">Whether empty matches are included.</param>
    /// <exception cref="CheckpointException">The pattern takes too long for this text.</exception>
    public List<(int Start, int End, bool IsMatch)> Parts(ReadOnlySpan<char> text, bool keepEmpty = false)
    {
        if (Literal is not null)
            return Places(text, Literal);
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
            return Matches(text, keepEmpty);
        (string standIn, int[] offsets) = StandIn(text, _namesHan);
        return Matches(standIn, keepEmpty).ConvertAll(part => (offsets[part.Start], offsets[part.End], part.IsMatch));
    }

    // Far more than any reasonable pattern takes for all matches of a text, in milliseconds: 50 characters in each.
    private long SlowestTime(int length) =>
        (long)(2 * (_regex!.MatchTimeout == Regex.InfiniteMatchTimeout ? Patience : _regex.MatchTimeout).TotalMilliseconds) + (length / 50);

    private static List<(int Start, int End, bool IsMatch)> Places(ReadOnlySpan<char> text, string literal)
    {
        var parts = new List<(int, int, bool)>();
        int at = 0;
        while (literal.Length > 0 && text[at..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var found)
        {
            if (found > 0)
                parts.Add((at, at + found, false));
            parts.Add((at + found, at + found + literal.Length, true));
            at += found + literal.Length;
        }

        if (at < text.Length)
            parts.Add((at, text.Length, false));
        return parts;
    }

    private List<(int Start, int End, bool IsMatch)> Matches(ReadOnlySpan<char> text, bool keepEmpty)
    {
        var parts = new List<(int, int, bool)>();
        int at = 0;
        try
        {
            (long begin, long slowest) = (Environment.TickCount64, SlowestTime(text.Length));
            foreach (ValueMatch match in _regex!.EnumerateMatches(text))
            {
                // The platform's limit is for one match.
                if (Environment.TickCount64 - begin > slowest)
                    throw new RegexMatchTimeoutException("", _regex.ToString(), TimeSpan.FromMilliseconds(slowest));
                if (match.Length == 0 && !keepEmpty)
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
                $"field '{_field}'",
                $"has the pattern {_regex}, which took more than {error.MatchTimeout.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s "
                    + $"at character {at} of {text.Length}",
                "It backtracks without end on such a text; use the tokenizer's original file, or another pattern.",
                error);
        }

        if (at < text.Length)
            parts.Add((at, text.Length, false));
        return parts;
    }

    /// <summary>An ideograph in the last row of compatibility ideographs.</summary>
    private const char Ideograph = '\uFAD9';

    /// <summary>A symbol that is a word character.</summary>
    private const char CircledLetter = '\u24B6';

    /// <summary>A stand-in text with one character for each code point, and the position of each in the text.</summary>
    private static (string Text, int[] Offsets) StandIn(ReadOnlySpan<char> text, bool namesHan)
    {
        var standIn = new StringBuilder(text.Length);
        int[] offsets = new int[text.Length + 1];
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            offsets[standIn.Length] = at;
            standIn.Append(rune.IsBmp ? (char)rune.Value : StandIn(rune, namesHan));
            at += rune.Utf16SequenceLength;
        }

        offsets[standIn.Length] = at;
        return (standIn.ToString(), offsets);
    }

    private static char StandIn(Rune rune, bool namesHan) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.OtherLetter when namesHan && rune.Value is >= 0x20000 and < 0x40000 => Ideograph,
        UnicodeCategory.OtherSymbol when Characters.IsWord(rune) => CircledLetter,
        var category => Like(category),
    };

    /// <summary>A character of this category that patterns are unlikely to name.</summary>
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
