namespace Quickstart;

/// <summary>An answer while it is streamed. One task writes it; the screen may read it at any time.</summary>
internal sealed class Answer(Question question)
{
    private volatile string _text = "";
    private volatile bool _isComplete;

    public Question Question { get; } = question;

    public string Text => _text.Trim();

    public bool IsComplete => _isComplete;

    public bool IsRight => Text == Question.Truth;

    public void Append(string text) => _text += text;

    public void Complete() => _isComplete = true;
}
