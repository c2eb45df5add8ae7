using System.Text;

namespace Cambium.Text.Templates;

/// <summary>
/// A text. It knows which of its characters come from the input of the rendering: a special token's name in the input is text, and in the template a
/// token.
/// </summary>
internal sealed class PyText
{
    private static readonly int[] Nowhere = [];
    private static readonly int[] Everywhere = [0];

    // Ascending positions where the origin changes; the text begins as the template's.
    private readonly int[] _changes;

    private PyText(string value, int[] changes, bool isSafe)
    {
        Value = value;
        _changes = changes;
        IsSafe = isSafe;
    }

    public static PyText Empty { get; } = OfTemplate("");

    public string Value { get; }

    /// <summary>UTF-16 units.</summary>
    public int Length => Value.Length;

    /// <summary>Whether it is markup: Jinja escapes plain texts that are added to it.</summary>
    public bool IsSafe { get; }

    public bool HasInput => _changes.Length > 0;

    public static PyText OfTemplate(string value) => new(value, Nowhere, isSafe: false);

    public static PyText OfInput(string value) => new(value, value.Length > 0 ? Everywhere : Nowhere, isSafe: false);

    public static PyText Of(string value, bool isInput) => isInput ? OfInput(value) : OfTemplate(value);

    /// <param name="value">The text.</param>
    /// <param name="changes">Ascending positions where the origin changes.</param>
    public static PyText Of(string value, List<int> changes) => new(value, changes.Count == 0 ? Nowhere : [.. changes], isSafe: false);

    public PyText AsSafe(bool isSafe = true) => isSafe == IsSafe ? this : new PyText(Value, _changes, isSafe);

    /// <summary>Whether the character at an index comes from the input.</summary>
    public bool IsInput(int index) => (ChangesUpTo(index) & 1) == 1;

    /// <summary>A part; also the range operator.</summary>
    public PyText Slice(int start, int length)
    {
        if (length == Length)
            return this;
        if (length == 0)
            return Empty;
        string part = Value.Substring(start, length);
        if (_changes.Length == 0)
            return new PyText(part, Nowhere, IsSafe);
        int next = ChangesUpTo(start);
        bool begins = (next & 1) == 1;
        int end = next;
        while (end < _changes.Length && _changes[end] < start + length)
            end++;
        if (end == next)
            return new PyText(part, begins ? Everywhere : Nowhere, IsSafe);
        var changes = new List<int>(end - next + 1);
        if (begins)
            changes.Add(0);
        for (int i = next; i < end; i++)
            changes.Add(_changes[i] - start);
        return new PyText(part, [.. changes], IsSafe);
    }

    /// <summary>
    /// A text that was computed from this one. If the length is the same, each character keeps its origin; otherwise all of it counts as input if a
    /// part of this one does.
    /// </summary>
    public PyText Changed(string value) =>
        ReferenceEquals(value, Value) ? this
        : value.Length == Length ? new PyText(value, _changes, IsSafe)
        : Of(value, HasInput).AsSafe(IsSafe);

    /// <summary>Adds the changes of a part of this text to those of a longer text.</summary>
    /// <param name="start">The part's first index.</param>
    /// <param name="length">The part's length, at least 1.</param>
    /// <param name="at">The part's position in the longer text.</param>
    /// <param name="changes">The longer text's changes.</param>
    public void AddChanges(int start, int length, int at, List<int> changes)
    {
        int next = ChangesUpTo(start);
        if (((next ^ changes.Count) & 1) == 1)
            changes.Add(at);
        for (; next < _changes.Length && _changes[next] < start + length; next++)
            changes.Add(at + _changes[next] - start);
    }

    public override string ToString() => Value;

    private int ChangesUpTo(int index)
    {
        if (_changes.Length < 2)
            return _changes.Length == 1 && _changes[0] <= index ? 1 : 0;
        int found = Array.BinarySearch(_changes, index);
        return found >= 0 ? found + 1 : ~found;
    }
}

/// <summary>Builds a text from parts. Counts characters before their memory is allocated.</summary>
internal sealed class TextBuilder(TemplateRun run)
{
    // Short parts are counted together: a step for each of them would cost more than the part.
    private const int CountedTogether = 256;

    private readonly StringBuilder _text = new();
    private readonly List<int> _changes = [];
    private int _uncounted;

    public int Length => _text.Length;

    /// <summary>Appends a text of the template.</summary>
    public TextBuilder Append(string text) => Append(text, isInput: false);

    public TextBuilder Append(string text, bool isInput)
    {
        if (text.Length == 0)
            return this;
        Count(text.Length);
        Change(isInput);
        _text.Append(text);
        return this;
    }

    public TextBuilder Append(char c, bool isInput = false, int count = 1)
    {
        if (count == 0)
            return this;
        Count(count);
        Change(isInput);
        _text.Append(c, count);
        return this;
    }

    public TextBuilder Append(PyText text) => Append(text, 0, text.Length);

    public TextBuilder Append(PyText text, int start, int length)
    {
        if (length == 0)
            return this;
        Count(length);
        text.AddChanges(start, length, _text.Length, _changes);
        _text.Append(text.Value, start, length);
        return this;
    }

    /// <summary>Appends a text with the characters of markup escaped.</summary>
    public TextBuilder AppendEscaped(PyText text)
    {
        int from = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text.Value[i] is not ('&' or '<' or '>' or '\'' or '"'))
                continue;
            Append(text, from, i - from);
            Append(
                text.Value[i] switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '\'' => "&#39;", _ => "&#34;" }, text.IsInput(i));
            from = i + 1;
        }

        return Append(text, from, text.Length - from);
    }

    public PyText ToText() => PyText.Of(_text.ToString(), _changes);

    private void Change(bool isInput)
    {
        if ((_changes.Count & 1) == 1 != isInput)
            _changes.Add(_text.Length);
    }

    private void Count(int length)
    {
        _uncounted += length;
        if (_uncounted < CountedTogether)
            return;
        run.Grow(_uncounted);
        _uncounted = 0;
    }
}
