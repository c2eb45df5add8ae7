using System.Buffers;
using System.Text.Json;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>Converts messages to the input of a chat template.</summary>
internal static class Conversation
{
    /// <param name="messages">The conversation.</param>
    /// <param name="instructions">
    /// A system prompt before all messages; null for none. It is joined with a leading system message, because many templates allow only one.
    /// </param>
    /// <exception cref="NotSupportedException">A message has content other than text, tool calls and tool results.</exception>
    public static ChatTemplateInput Of(IEnumerable<ChatMessage> messages, string? instructions)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            if (!string.IsNullOrEmpty(instructions))
                messages = WithInstructions(messages, instructions);
            var names = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var message in messages)
            {
                if (message.Contents.FirstOrDefault(static content => !IsSupported(content)) is { } other)
                {
                    throw new NotSupportedException($"A message of {message.Role} has a {other.GetType().Name}; "
                        + "this client supports text, function calls and function results.");
                }

                var results = message.Contents.OfType<FunctionResultContent>().ToArray();
                foreach (var call in message.Contents.OfType<FunctionCallContent>())
                    names[call.CallId] = call.Name;
                foreach (var result in results)
                    Write(writer, result, names.GetValueOrDefault(result.CallId));
                if (results.Length == 0 || message.Text.Length > 0)
                    Write(writer, message);
            }

            writer.WriteEndArray();
        }

        return new ChatTemplateInput { Messages = JsonElement.Parse(buffer.WrittenSpan) };
    }

    private static IEnumerable<ChatMessage> WithInstructions(IEnumerable<ChatMessage> messages, string instructions)
    {
        var first = messages.FirstOrDefault();
        return first?.Role == ChatRole.System && first.Contents.All(static content => content is TextContent)
            ? messages.Skip(1).Prepend(new ChatMessage(ChatRole.System, first.Text.Length > 0 ? $"{instructions}\n{first.Text}" : instructions))
            : messages.Prepend(new ChatMessage(ChatRole.System, instructions));
    }

    private static bool IsSupported(AIContent content) =>
        content is TextContent or TextReasoningContent or UsageContent or FunctionCallContent or FunctionResultContent;

    private static void Write(Utf8JsonWriter writer, ChatMessage message)
    {
        writer.WriteStartObject();
        writer.WriteString("role", message.Role.Value);
        writer.WriteString("content", message.Text);
        var calls = message.Contents.OfType<FunctionCallContent>().ToArray();
        if (string.Concat(message.Contents.OfType<TextReasoningContent>().Select(static content => content.Text)) is { Length: > 0 } reasoning)
        {
            // The names of Qwen and of gpt-oss, which reads the reasoning before a call and allows no text with it.
            writer.WriteString("reasoning_content", reasoning);
            if (calls.Length > 0 && message.Text.Length == 0)
                writer.WriteString("thinking", reasoning);
        }

        if (calls.Length > 0)
        {
            writer.WriteStartArray("tool_calls");
            foreach (var call in calls)
                Write(writer, call);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, FunctionCallContent call)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "function");
        writer.WriteString("id", call.CallId);
        writer.WriteStartObject("function");
        writer.WriteString("name", call.Name);
        writer.WriteStartObject("arguments");
        foreach (var (name, value) in call.Arguments ?? new Dictionary<string, object?>())
        {
            writer.WritePropertyName(name);
            ToJson(value).WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, FunctionResultContent result, string? name)
    {
        writer.WriteStartObject();
        writer.WriteString("role", ChatRole.Tool.Value);
        writer.WriteString("tool_call_id", result.CallId);
        if (name is not null)
            writer.WriteString("name", name);
        var json = ToJson(result.Result);
        writer.WriteString("content", json.ValueKind switch
        {
            JsonValueKind.String => json.GetString(),
            JsonValueKind.Null when result.Exception is { } error => $"Error: {error.Message}",
            _ => json.GetRawText(),
        });
        writer.WriteEndObject();
    }

    /// <summary>Serializes an application's value with the serializer of Microsoft.Extensions.AI.</summary>
    public static JsonElement ToJson(object? value) =>
        value is JsonElement json ? json : JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object)));
}
