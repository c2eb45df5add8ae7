namespace Cambium.Runtime;

/// <summary>
/// Passes text on up to the first stop string, which may be spread over pieces. A possible beginning of a stop string is held
/// back until the next pieces decide it. The stop string that ends first counts, of those that end together the longest: how the text is divided
/// into pieces does not matter.
/// </summary>
internal sealed class StopStrings(StopPatterns patterns)
{
    private readonly StopScan _text = patterns.Begin();

    // Exists while its state differs from that of the text, because of the name of a special token.
    private NamedScan? _named;

    // Exists while text is looked at that could still change.
    private StopScan? _ahead;
    private string _held = "";

    public StopStrings(IReadOnlyList<string> stops)
        : this(new StopPatterns(stops))
    {
    }

    /// <summary>Whether a stop string was found. No text passes afterwards.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Whether there are stop strings.</summary>
    public bool IsEmpty => patterns.Count == 0;

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>Text that can no longer change.</returns>
    public string Append(string piece)
    {
        if (Stopped || piece.Length == 0)
            return "";
        _ahead = null;
        if (IsEmpty)
            return piece;

        var text = _held + piece;
        for (var i = 0; i < piece.Length; i++)
        {
            var found = _text.Read(piece[i]);
            var named = _named?.Read(piece[i], isText: true) ?? 0;
            if (found > 0 || named > 0)
                return Stop(text, _held.Length + i + 1 - Math.Max(found, named));
        }

        return Release(text);
    }

    /// <summary>Takes a special token, which has a name and no text.</summary>
    /// <returns>Text that can no longer change.</returns>
    public string AppendSpecial(string name)
    {
        if (Stopped || IsEmpty)
            return "";
        _named ??= new NamedScan(_text);
        foreach (var letter in name)
        {
            if (_named.Read(letter, isText: false) is { } found)
                return Stop(_held, _held.Length - found);
        }

        return Release(_held);
    }

    /// <summary>Looks ahead at text that could still change, after all text that was looked at before.</summary>
    /// <returns>Whether a stop string ends in it.</returns>
    public bool IsAhead(string piece)
    {
        if (piece.Length == 0)
            return false;
        _ahead ??= _text.Fork();
        foreach (var letter in piece)
        {
            if (_ahead.Read(letter) > 0)
                return true;
        }

        return false;
    }

    /// <summary>The text held back, for the end of the answer.</summary>
    public string Rest()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    private string Stop(string text, int end)
    {
        Stopped = true;
        _held = "";
        return text[..end];
    }

    private string Release(string text)
    {
        if (_named?.IsOver(_text) == true)
            _named = null;
        var certain = text.Length - Math.Max(_text.Depth, _named?.Depth ?? 0);
        _held = text[certain..];
        return text[..certain];
    }
}
