using System.Text;

namespace Cambium.Runtime;

/// <summary>
/// Passes text on up to the first stop string, which may be spread over pieces. A possible beginning of a stop string is held
/// back until the next pieces decide it.
/// </summary>
internal sealed class StopStrings
{
    private readonly string[] _stops;
    private readonly StringBuilder _held = new();

    public StopStrings(IReadOnlyList<string> stops)
    {
        _stops = [.. stops];
        if (_stops.Any(string.IsNullOrEmpty))
            throw new RequestRefusedException("An empty stop string would stop every answer before it begins; leave it out.");
    }

    /// <summary>Whether a stop string was found. No text passes afterwards.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>Text that can no longer change.</returns>
    public string Append(string piece)
    {
        if (Stopped || piece.Length == 0)
            return "";
        if (_stops.Length == 0)
            return piece;

        _held.Append(piece);
        var text = _held.ToString();
        var end = FirstStop(text);
        if (end >= 0)
        {
            Stopped = true;
            _held.Clear();
            return text[..end];
        }

        var certain = text.Length - LongestBeginning(text);
        _held.Remove(0, certain);
        return text[..certain];
    }

    /// <summary>Whether a stop string would be found if this text came next.</summary>
    public bool Completes(string piece) => !Stopped && _stops.Length > 0 && FirstStop(_held + piece) >= 0;

    /// <summary>The text held back, for the end of the answer.</summary>
    public string Rest()
    {
        var rest = _held.ToString();
        _held.Clear();
        return rest;
    }

    private int FirstStop(string text)
    {
        var first = -1;
        foreach (var stop in _stops)
        {
            var at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (first < 0 || at < first))
                first = at;
        }

        return first;
    }

    // Length of the longest suffix of the text that is a prefix of a stop string.
    private int LongestBeginning(string text)
    {
        var longest = 0;
        foreach (var stop in _stops)
        {
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                    longest = length;
            }
        }

        return longest;
    }
}
