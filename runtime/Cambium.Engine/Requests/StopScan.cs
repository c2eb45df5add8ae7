namespace Cambium.Runtime;

/// <summary>How far the end of a text matches each stop string.</summary>
/// <param name="patterns">The stop strings.</param>
/// <param name="matched">For each stop string the characters matched.</param>
internal sealed class StopScan(StopPatterns patterns, int[] matched)
{
    /// <summary>Characters at the end of the text that may belong to a stop string.</summary>
    public int Depth { get; private set; } = matched.DefaultIfEmpty().Max();

    private int[] Matched => matched;

    /// <summary>A scan that goes on from here with another text.</summary>
    public StopScan Fork() => new(patterns, [.. matched]);

    /// <summary>Whether another scan matches each stop string as far as this one.</summary>
    public bool IsAt(StopScan other) => Matched.AsSpan().SequenceEqual(other.Matched);

    /// <summary>Reads the next character.</summary>
    /// <returns>The length of the longest stop string that ends with it; 0 if none does. Nothing may be read after that.</returns>
    public int Read(char next)
    {
        var (found, depth) = (0, 0);
        for (var stop = 0; stop < matched.Length; stop++)
        {
            var length = matched[stop] = patterns.Advance(stop, matched[stop], next);
            depth = Math.Max(depth, length);
            if (length == patterns.LengthOf(stop))
                found = Math.Max(found, length);
        }

        Depth = depth;
        return found;
    }
}
