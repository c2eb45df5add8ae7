using System.Text;

namespace Cambium.Text;

/// <summary>What happens to the matches of a splitting pattern. The names are those of the file format.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Splits at the matches of a pattern.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="behavior">What happens to its matches.</param>
/// <param name="invert">Whether the text between matches counts as the match.</param>
internal sealed class PatternPieces(PiecePattern pattern, SplitBehavior behavior, bool invert = false) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, bool isFirst, PieceHandler handler)
    {
        List<(int Start, int End, bool IsMatch)> parts = pattern.Parts(text);
        if (invert)
            parts = parts.ConvertAll(static part => (part.Start, part.End, !part.IsMatch));
        foreach ((int start, int end) in Arrangement.Of(parts, behavior))
            handler(text[start..end], isFirst && start == 0);
    }
}

/// <summary>Splits at every character of a class.</summary>
internal sealed class CharacterPieces(Func<Rune, bool> isMatch, SplitBehavior behavior) : PreTokenizer
{
    public override void Split(ReadOnlySpan<char> text, bool isFirst, PieceHandler handler)
    {
        var parts = new List<(int Start, int End, bool IsMatch)>();
        int between = 0;
        int at = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int end = at + rune.Utf16SequenceLength;
            if (isMatch(rune))
            {
                if (at > between)
                    parts.Add((between, at, false));
                parts.Add((at, end, true));
                between = end;
            }

            at = end;
        }

        if (at > between)
            parts.Add((between, at, false));
        foreach ((int start, int end) in Arrangement.Of(parts, behavior))
            handler(text[start..end], isFirst && start == 0);
    }
}

/// <summary>Emits matches and the text between them as pieces.</summary>
internal static class Arrangement
{
    public static IEnumerable<(int Start, int End)> Of(List<(int Start, int End, bool IsMatch)> parts, SplitBehavior behavior)
    {
        switch (behavior)
        {
            case SplitBehavior.Removed:
                return parts.Where(static part => !part.IsMatch).Select(static part => (part.Start, part.End));
            case SplitBehavior.MergedWithPrevious:
                return Merge(parts, static (isMatch, lastWasMatch) => isMatch && !lastWasMatch);
            case SplitBehavior.Contiguous:
                return Merge(parts, static (isMatch, lastWasMatch) => isMatch == lastWasMatch);
            case SplitBehavior.MergedWithNext:
                parts.Reverse();
                return Enumerable.Reverse(Merge(parts, static (isMatch, lastWasMatch) => isMatch && !lastWasMatch));
            default:
                return parts.Select(static part => (part.Start, part.End));
        }
    }

    private static List<(int Start, int End)> Merge(List<(int Start, int End, bool IsMatch)> parts, Func<bool, bool, bool> joins)
    {
        var result = new List<(int Start, int End)>();
        bool lastWasMatch = false;
        foreach ((int start, int end, bool isMatch) in parts)
        {
            if (result.Count > 0 && joins(isMatch, lastWasMatch))
                result[^1] = (Math.Min(result[^1].Start, start), Math.Max(result[^1].End, end));
            else
                result.Add((start, end));
            lastWasMatch = isMatch;
        }

        return result;
    }
}
