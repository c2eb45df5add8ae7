using Microsoft.Extensions.AI;

namespace Cambium.Cli.Chats;

/// <summary>What was said: exchanges of a message and its answer, and what the system says before them.</summary>
internal sealed class ChatHistory(string? system)
{
    private readonly List<(string Message, string Answer)> _exchanges = [];

    /// <summary>What the system says; null or empty: nothing.</summary>
    public string? System { get; set; } = system;

    public int Count => _exchanges.Count;

    /// <summary>The conversation with another message at its end.</summary>
    public IReadOnlyList<ChatMessage> With(string message)
    {
        var messages = new List<ChatMessage>();
        if (!string.IsNullOrEmpty(System))
            messages.Add(new ChatMessage(ChatRole.System, System));
        foreach (var (said, answer) in _exchanges)
            messages.AddRange([new ChatMessage(ChatRole.User, said), new ChatMessage(ChatRole.Assistant, answer)]);
        messages.Add(new ChatMessage(ChatRole.User, message));
        return messages;
    }

    public void Add(string message, string answer) => _exchanges.Add((message, answer));

    /// <summary>Takes the last exchange back.</summary>
    /// <returns>Its message; null if there is none.</returns>
    public string? Undo()
    {
        if (_exchanges.Count == 0)
            return null;
        var message = _exchanges[^1].Message;
        _exchanges.RemoveAt(_exchanges.Count - 1);
        return message;
    }

    public void Clear() => _exchanges.Clear();
}
