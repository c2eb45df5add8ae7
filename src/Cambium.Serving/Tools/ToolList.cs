using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Text.Templates;
using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>The tools that a model may call in one answer.</summary>
internal sealed class ToolList
{
    private readonly IReadOnlyList<AIFunctionDeclaration> _tools;
    private readonly ChatOptions _options;

    private ToolList(IReadOnlyList<AIFunctionDeclaration> tools, ChatOptions options)
    {
        _tools = tools;
        _options = options;
    }

    /// <summary>Whether the answer has to be a call.</summary>
    public bool IsRequired => _options.ToolMode is RequiredChatToolMode;

    /// <summary>Null if there are none, or none may be called.</summary>
    /// <exception cref="NotSupportedException">One of them is no function, or an option beside them is not supported.</exception>
    public static ToolList? Of(ChatOptions? options)
    {
        if (options?.ToolMode is RequiredChatToolMode && options.Tools is not { Count: > 0 })
            throw new NotSupportedException("ChatOptions.ToolMode requires a call, and ChatOptions.Tools is empty.");
        if (options?.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode)
            return null;
        if (tools.FirstOrDefault(static tool => tool is not AIFunctionDeclaration) is { } other)
            throw new NotSupportedException($"ChatOptions.Tools has '{other.Name}', a {other.GetType().Name}; tools of this client are functions.");
        if (options.ResponseFormat is ChatResponseFormatJson)
            throw new NotSupportedException("ChatOptions.ResponseFormat of JSON beside ChatOptions.Tools is not supported: an answer could not be a call. Leave one of them out.");
        if (options.AllowMultipleToolCalls == false && options.ToolMode is not RequiredChatToolMode)
            throw new NotSupportedException("ChatOptions.AllowMultipleToolCalls of false is supported where ChatOptions.ToolMode requires a call, and nowhere else.");
        return new ToolList([.. tools.Cast<AIFunctionDeclaration>()], options);
    }

    /// <summary>As templates take them.</summary>
    public JsonElement ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var tool in _tools)
            {
                writer.WriteStartObject();
                writer.WriteString("type", "function");
                writer.WriteStartObject("function");
                writer.WriteString("name", tool.Name);
                writer.WriteString("description", tool.Description);
                writer.WritePropertyName("parameters");
                tool.JsonSchema.WriteTo(writer);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>JSON that is a call of one of the tools, or of the one that is required.</summary>
    /// <exception cref="NotSupportedException">There is no such tool, or its schema is not supported.</exception>
    public Constraint Required(ToolFormat format)
    {
        var wanted = (_options.ToolMode as RequiredChatToolMode)?.RequiredFunctionName;
        var tools = _tools.Where(tool => wanted is null || tool.Name == wanted).ToArray();
        if (tools.Length == 0)
            throw new NotSupportedException($"ChatOptions.ToolMode requires a call of '{wanted}', and ChatOptions.Tools has {string.Join(", ", _tools.Select(static tool => $"'{tool.Name}'"))}.");
        var (definitions, calls) = (new JsonObject(), new JsonArray());
        foreach (var tool in tools)
        {
            var key = $"tool{calls.Count}";
            definitions[key] = Closed(Moved(JsonNode.Parse(tool.JsonSchema.GetRawText()), $"#/$defs/{key}"));
            calls.Add((JsonNode)new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { ["name"] = new JsonObject { ["const"] = tool.Name }, [format.Arguments] = new JsonObject { ["$ref"] = $"#/$defs/{key}" } },
                ["required"] = new JsonArray("name", format.Arguments),
                ["additionalProperties"] = false,
            });
        }

        JsonNode call = new JsonObject { ["anyOf"] = calls };
        var schema = !format.IsList ? call.AsObject() : new JsonObject { ["type"] = "array", ["items"] = call, ["minItems"] = 1, ["maxItems"] = _options.AllowMultipleToolCalls == true ? 16 : 1 };
        schema["$defs"] = definitions;
        try
        {
            return Constraint.JsonSchema(schema.ToJsonString());
        }
        catch (ConstraintException error)
        {
            throw new NotSupportedException($"ChatOptions.ToolMode requires a call, and an answer cannot be kept to the schema of its arguments: {error.Message}", error);
        }
    }

    // A function without parameters takes no arguments, though its schema does not say so.
    private static JsonNode? Closed(JsonNode? schema)
    {
        if (schema is JsonObject members && members["type"]?.ToString() == "object" && members["properties"] is not JsonObject { Count: > 0 } && !members.ContainsKey("additionalProperties"))
            members["additionalProperties"] = false;
        return schema;
    }

    // A schema that is no longer the whole: its references begin elsewhere.
    private static JsonNode? Moved(JsonNode? schema, string to)
    {
        switch (schema)
        {
            case JsonObject members:
                // Which draft it is, is said of wholes.
                members.Remove("$schema");
                foreach (var (name, value) in members.ToArray())
                {
                    if (name == "$ref" && value is JsonValue reference && reference.TryGetValue<string>(out var pointer) && pointer.StartsWith('#'))
                        members[name] = to + pointer[1..];
                    else
                        Moved(value, to);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                    Moved(item, to);
                break;
        }

        return schema;
    }
}
