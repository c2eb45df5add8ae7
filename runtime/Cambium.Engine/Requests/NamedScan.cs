namespace Cambium.Runtime;

/// <summary>
/// Reads a text in which special tokens appear by their names, for stop strings that contain such a name. The names are not part of the answer's
/// text, so the scan remembers which of the last characters are.
/// </summary>
internal sealed class NamedScan
{
    private readonly StopScan _scan;
    private readonly List<bool> _isText;

    /// <param name="text">The scan of the text up to here, which has no name yet.</param>
    public NamedScan(StopScan text)
    {
        _scan = text.Fork();
        _isText = [.. Enumerable.Repeat(true, text.Depth)];
    }

    /// <summary>Characters of the text that may belong to a stop string.</summary>
    public int Depth => TextIn(_scan.Depth);

    /// <summary>Whether the names do not matter any more: the scan of the text alone has the same state.</summary>
    public bool IsOver(StopScan text) => Depth == _scan.Depth && _scan.IsAt(text);

    /// <summary>Reads the next character.</summary>
    /// <returns>Characters of the text that belong to a stop string that ends with it; null if none ends.</returns>
    public int? Read(char next, bool isText)
    {
        _isText.Add(isText);
        if (_scan.Read(next) is > 0 and var found)
            return TextIn(found);
        // Removed in large parts, so that each character is moved a constant number of times.
        if (_isText.Count > 64 + (2 * _scan.Depth))
            _isText.RemoveRange(0, _isText.Count - _scan.Depth);
        return null;
    }

    private int TextIn(int last)
    {
        var text = 0;
        for (var i = _isText.Count - last; i < _isText.Count; i++)
            text += _isText[i] ? 1 : 0;
        return text;
    }
}
