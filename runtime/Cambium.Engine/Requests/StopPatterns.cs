namespace Cambium.Runtime;

/// <summary>
/// The stop strings of a request, shared by its answers, each with its failure function (Knuth, Morris and Pratt 1977): a text is read once, and a
/// character costs a constant number of comparisons for each stop string, on average over the text.
/// </summary>
internal sealed class StopPatterns
{
    public static readonly StopPatterns None = new([]);

    private readonly string[] _stops;
    private readonly int[][] _failures;

    /// <exception cref="RequestRefusedException">A stop string is empty or is not valid Unicode.</exception>
    public StopPatterns(IReadOnlyList<string> stops)
    {
        _stops = [.. stops];
        for (var i = 0; i < _stops.Length; i++)
        {
            if (string.IsNullOrEmpty(_stops[i]))
                throw new RequestRefusedException("An empty stop string would stop every answer before it begins; leave it out.");
            // Half of a surrogate pair would cut a character into halves.
            if (UnicodeText.FirstLoneSurrogate(_stops[i]) is >= 0 and var at)
                throw new RequestRefusedException($"Stop[{i}] has half of a surrogate pair at index {at}; give whole characters.");
        }

        _failures = [.. _stops.Select(FailuresOf)];
    }

    public int Count => _stops.Length;

    /// <summary>A scan at the beginning of a text.</summary>
    public StopScan Begin() => new(this, new int[Count]);

    /// <summary>Characters of a stop string.</summary>
    public int LengthOf(int stop) => _stops[stop].Length;

    /// <summary>Characters at the end of a text that begin a stop string, after one more character.</summary>
    /// <param name="stop">Index of the stop string.</param>
    /// <param name="matched">Their number before the character; less than the stop string has.</param>
    /// <param name="next">The character.</param>
    public int Advance(int stop, int matched, char next)
    {
        var (text, failures) = (_stops[stop], _failures[stop]);
        while (matched > 0 && text[matched] != next)
            matched = failures[matched - 1];
        return text[matched] == next ? matched + 1 : 0;
    }

    // At i: the length of the longest proper prefix of the text that ends at i.
    private static int[] FailuresOf(string text)
    {
        var failures = new int[text.Length];
        for (var (i, matched) = (1, 0); i < text.Length; i++)
        {
            while (matched > 0 && text[matched] != text[i])
                matched = failures[matched - 1];
            failures[i] = matched += text[matched] == text[i] ? 1 : 0;
        }

        return failures;
    }
}
