using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>The text of one answer as it grows: whole characters only, up to the first stop string.</summary>
internal sealed class AnswerText
{
    private readonly Tokenizer _tokenizer;
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
    public AnswerText(Tokenizer tokenizer, StopPatterns stop, ReadOnlySpan<int> prompt, bool isConstrained = false)
    {
        _tokenizer = tokenizer;
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
        if (_stops.IsEmpty || _stops.Stopped)
            return text;
        // Special tokens have no text, but a stop string may contain the name of one.
        if (_tokenizer.IsSpecial(token) && _tokenizer.TokenOf(token) is { } name)
            return text + _stops.AppendSpecial(name);
        // A run of byte tokens has no text before it ends. A stop string in it ends the answer, and thereby the run.
        return _stops.IsAhead(_stream.Tentative) ? text + _stops.Append(_stream.Pending) : text;
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
