using System.Buffers;
using System.Text.Json;
using Cambium.Runtime.Text;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>Messages as a template sees them.</summary>
internal static class Conversation
{
    /// <param name="instructions">What the system says before all messages; null: nothing.</param>
    /// <exception cref="NotSupportedException">A message has something other than text.</exception>
    public static ChatTemplateInput Of(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            if (!string.IsNullOrEmpty(instructions))
                Write(writer, ChatRole.System.Value, instructions);
            foreach (var message in messages)
            {
                if (message.Contents.FirstOrDefault(static content => content is not (TextContent or UsageContent)) is { } other)
                    throw new NotSupportedException($"A message of {message.Role} has a {other.GetType().Name}; messages of this client are text.");
                Write(writer, message.Role.Value, message.Text);
            }

            writer.WriteEndArray();
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return new ChatTemplateInput { Messages = document.RootElement.Clone() };
    }

    private static void Write(Utf8JsonWriter writer, string role, string content)
    {
        writer.WriteStartObject();
        writer.WriteString("role", role);
        writer.WriteString("content", content);
        writer.WriteEndObject();
    }
}
