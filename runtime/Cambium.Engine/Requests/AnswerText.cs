using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>The text of one answer as it grows: whole characters only, up to the first stop string.</summary>
internal sealed class AnswerText
{
    private readonly bool _isConstrained;
    private readonly TextStream _stream;
    private readonly StopStrings _stops;

    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="stop">Stop strings.</param>
    /// <param name="prompt">The tokens before the answer: its text continues theirs.</param>
    /// <param name="isConstrained">
    /// Whether a constraint has chosen the bytes of the answer: none of them is changed by its place, and an incomplete character at the end is left
    /// out instead of becoming U+FFFD.
    /// </param>
    public AnswerText(Tokenizer tokenizer, IReadOnlyList<string> stop, ReadOnlySpan<int> prompt, bool isConstrained = false)
    {
        _isConstrained = isConstrained;
        _stream = new TextStream(tokenizer);
        _stops = new StopStrings(stop);
        if (!isConstrained || TextStream.HasText(tokenizer, prompt))
            _stream.Continue(prompt);
        else
            _stream.ContinueAnyText();
    }

    public bool Stopped => _stops.Stopped;

    /// <summary>Takes a token; returns the text that can no longer change.</summary>
    public string Append(int token)
    {
        var text = _stops.Append(_stream.Append(token));
        // A stop string may be in a run of byte tokens whose end nothing else shows.
        return !_stops.Stopped && _stream.Pending is { Length: > 0 } pending && _stops.Completes(pending) ? text + _stops.Append(pending) : text;
    }

    /// <summary>The answer has ended: returns the text that was held back. It may still contain a stop string.</summary>
    public string Finish()
    {
        if (_stops.Stopped)
            return "";
        var last = _stops.Append(_stream.Flush(keepsHalves: !_isConstrained));
        return _stops.Stopped ? last : last + _stops.Rest();
    }
}
