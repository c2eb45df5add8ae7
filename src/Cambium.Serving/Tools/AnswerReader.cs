using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>Separates the parts of an answer while it is streamed: text, reasoning and tool calls.</summary>
internal abstract class AnswerReader
{
    /// <summary>Whether a call was read.</summary>
    public bool HasCalls { get; protected set; }

    /// <summary>Whether a special token belongs to the format, so that its name is passed to <see cref="Append"/>.</summary>
    public abstract bool IsMark(string name);

    /// <summary>Adds the next piece of the answer and returns the contents that are decided.</summary>
    public abstract List<AIContent> Append(string piece);

    /// <summary>Returns the text held back, at the end of the answer.</summary>
    public abstract List<AIContent> Finish();

    /// <summary>The length of the longest end of a text that may be the beginning of a mark.</summary>
    protected static int HeldLength(string text, string mark)
    {
        var held = Math.Min(mark.Length - 1, text.Length);
        while (held > 0 && !text.AsSpan().EndsWith(mark.AsSpan(0, held), StringComparison.Ordinal))
            held--;
        return held;
    }
}
