using Microsoft.Extensions.AI;

namespace Cambium.Cli.Chats;

/// <summary>The turns of a chat, each a message and its answer, and the system prompt.</summary>
internal sealed class ChatHistory(string? system)
{
    private readonly List<(string Message, string Answer)> _turns = [];

    /// <summary>The system prompt; null or empty for none.</summary>
    public string? System { get; set; } = system;

    public int Count => _turns.Count;

    /// <summary>The conversation followed by a new message.</summary>
    public IReadOnlyList<ChatMessage> With(string message)
    {
        var messages = new List<ChatMessage>();
        if (!string.IsNullOrEmpty(System))
            messages.Add(new ChatMessage(ChatRole.System, System));
        foreach (var (question, answer) in _turns)
            messages.AddRange([new ChatMessage(ChatRole.User, question), new ChatMessage(ChatRole.Assistant, answer)]);
        messages.Add(new ChatMessage(ChatRole.User, message));
        return messages;
    }

    public void Add(string message, string answer) => _turns.Add((message, answer));

    /// <summary>Removes the last turn.</summary>
    /// <returns>Its message; null without turns.</returns>
    public string? Undo()
    {
        if (_turns.Count == 0)
            return null;
        var message = _turns[^1].Message;
        _turns.RemoveAt(_turns.Count - 1);
        return message;
    }

    public void Clear() => _turns.Clear();
}
