using System.Buffers;
using System.Text.Json;

namespace Cambium.Text.Templates;

/// <summary>The input of a template, in addition to the checkpoint's special tokens.</summary>
public sealed record ChatTemplateInput
{
    /// <summary>A JSON list of messages, each with <c>role</c>, <c>content</c> and other fields that the template reads.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>Whether the result ends where the model's answer begins.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>A JSON list of the tools that the model may call.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>A JSON list of documents that the model may quote.</summary>
    public JsonElement? Documents { get; init; }

    /// <summary>Further variables, such as <c>enable_thinking</c>. They may also replace the special tokens.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The time for <c>strftime_now</c>; null: the local time.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Messages of plain text.</summary>
    public static ChatTemplateInput Of(params ReadOnlySpan<(string Role, string Content)> messages)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach ((string role, string content) in messages)
            {
                writer.WriteStartObject();
                writer.WriteString("role", role);
                writer.WriteString("content", content);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return new ChatTemplateInput { Messages = document.RootElement.Clone() };
    }
}
