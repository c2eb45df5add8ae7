using System.Text;

namespace Cambium.Runtime;

/// <summary>
/// Lets text through up to the first stop string, whatever pieces it comes in. Text that may be the beginning of a stop string is held
/// back until it is decided.
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

    /// <summary>Whether a stop string has come. Nothing passes afterwards.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>Text that is certain now.</returns>
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

    /// <summary>The text held back, when nothing more comes.</summary>
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

    // The longest end of the text with which some stop string begins.
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
