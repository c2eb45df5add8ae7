namespace Cambium.Text.Templates;

/// <summary>
/// Finds a text in others in linear time, and counts steps. The platform's search takes the product of both lengths for texts such as <c>aa...a</c>
/// and <c>aa...ab</c>.
/// </summary>
internal sealed class TextSearch
{
    // Up to this length the platform's search is used: it takes at most this many comparisons for each character, many at once.
    private const int Short = 32;
    private const int CharactersBetweenSteps = 4096;

    private readonly TemplateRun _run;
    private readonly string _part;
    private readonly bool _fromRight;
    private readonly int[] _borders = [];

    public TextSearch(TemplateRun run, string part, bool fromRight = false)
    {
        (_run, _part, _fromRight) = (run, part, fromRight);
        if (part.Length > Short)
        {
            run.Grow(2L * part.Length);
            _borders = Borders();
        }
    }

    /// <summary>The first occurrence within a range, or the last one if the search is from the right.</summary>
    /// <returns>Its position; -1 if there is none.</returns>
    public int Find(string text, int from, int to)
    {
        if (_borders.Length > 0)
            return FindLong(text, from, to);
        ReadOnlySpan<char> range = text.AsSpan(from, to - from);
        int found = _fromRight ? range.LastIndexOf(_part, StringComparison.Ordinal) : range.IndexOf(_part, StringComparison.Ordinal);
        _run.Step(1 + ((found < 0 ? range.Length : _fromRight ? range.Length - found : found) / 16));
        return found < 0 ? -1 : from + found;
    }

    /// <summary>Number of occurrences that do not overlap.</summary>
    public long Count(string text)
    {
        long count = 0;
        for (int at = 0; (at = Find(text, at, text.Length)) >= 0; at += _part.Length)
            count++;
        return count;
    }

    // Knuth, Morris and Pratt, "Fast pattern matching in strings" (1977).
    private int FindLong(string text, int from, int to)
    {
        int matched = 0;
        _run.Step();
        for (int i = 0; i < to - from; i++)
        {
            if (i % CharactersBetweenSteps == CharactersBetweenSteps - 1)
                _run.Step(CharactersBetweenSteps / 16);
            char c = _fromRight ? text[to - 1 - i] : text[from + i];
            matched = Extended(matched, c);
            if (matched == _part.Length)
                return _fromRight ? to - 1 - i : from + i + 1 - matched;
        }

        return -1;
    }

    /// <summary>For each beginning of the part: the length of the longest shorter beginning with which it ends.</summary>
    private int[] Borders()
    {
        int[] borders = new int[_part.Length];
        int matched = 0;
        for (int i = 1; i < borders.Length; i++)
        {
            while (matched > 0 && At(matched) != At(i))
                matched = borders[matched - 1];
            if (At(matched) == At(i))
                matched++;
            borders[i] = matched;
        }

        return borders;
    }

    private int Extended(int matched, char c)
    {
        while (matched > 0 && At(matched) != c)
            matched = _borders[matched - 1];
        return At(matched) == c ? matched + 1 : matched;
    }

    private char At(int index) => _part[_fromRight ? _part.Length - 1 - index : index];
}
