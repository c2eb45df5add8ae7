using Cambium.Text;

namespace Cambium.Runtime;

/// <summary>The text of one answer as it grows: whole characters only, nothing from a stop string on.</summary>
/// <param name="keepsHalves">Whether a character that the end cuts is shown as U+FFFD, or left out.</param>
internal sealed class AnswerText(Tokenizer tokenizer, IReadOnlyList<string> stop, bool keepsHalves = true)
{
    private readonly TextStream _stream = new(tokenizer);
    private readonly StopStrings _stops = new(stop);

    public bool Stopped => _stops.Stopped;

    /// <summary>Takes a token; returns the text that became certain.</summary>
    public string Append(int token) => _stops.Append(_stream.Append(token));

    /// <summary>The end has come: what was held back. May still meet a stop string.</summary>
    public string Finish()
    {
        if (_stops.Stopped)
            return "";
        var last = _stops.Append(keepsHalves ? _stream.Flush() : "");
        return _stops.Stopped ? last : last + _stops.Rest();
    }
}
