using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>The text of one answer as it grows: whole characters only, up to the first stop string.</summary>
/// <param name="keepsHalves">Whether an incomplete character at the end becomes U+FFFD; otherwise it is left out.</param>
internal sealed class AnswerText(Tokenizer tokenizer, StopPatterns stop, bool keepsHalves = true)
{
    private readonly TextStream _stream = new(tokenizer);
    private readonly StopStrings _stops = new(stop);

    public bool Stopped => _stops.Stopped;

    /// <summary>Takes a token; returns the text that can no longer change.</summary>
    public string Append(int token)
    {
        var text = _stops.Append(_stream.Append(token));
        // Special tokens have no text, but a stop string may contain the name of one.
        return !_stops.IsEmpty && tokenizer.IsSpecial(token) && tokenizer.TokenOf(token) is { } name ? text + _stops.AppendSpecial(name) : text;
    }

    /// <summary>The answer has ended: returns the text that was held back. It may still contain a stop string.</summary>
    public string Finish()
    {
        if (_stops.Stopped)
            return "";
        var last = _stops.Append(keepsHalves ? _stream.Flush() : "");
        return _stops.Stopped ? last : last + _stops.Rest();
    }
}
