using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cambium.Constraints;
using Microsoft.Extensions.AI;

namespace Cambium.Serving.Tools;

/// <summary>The tools that the model may call in one answer.</summary>
internal sealed class ToolList
{
    private readonly IReadOnlyList<AIFunctionDeclaration> _tools;
    private readonly ChatOptions _options;

    private ToolList(IReadOnlyList<AIFunctionDeclaration> tools, ChatOptions options)
    {
        _tools = tools;
        _options = options;
    }

    /// <summary>Whether the answer must be a call.</summary>
    public bool IsRequired => _options.ToolMode is RequiredChatToolMode;

    /// <summary>The tools of the options; null if there are none or none may be called.</summary>
    /// <exception cref="NotSupportedException">A tool is not a function, or another option cannot be combined with tools.</exception>
    public static ToolList? Of(ChatOptions? options)
    {
        if (options?.ToolMode is RequiredChatToolMode && options.Tools is not { Count: > 0 })
            throw new NotSupportedException("ChatOptions.ToolMode requires a call, and ChatOptions.Tools is empty.");
        if (options?.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode)
            return null;
        if (tools.FirstOrDefault(static tool => tool is not AIFunctionDeclaration) is { } other)
            throw new NotSupportedException($"ChatOptions.Tools has '{other.Name}', a {other.GetType().Name}; this client supports functions.");
        if (options.ResponseFormat is ChatResponseFormatJson)
        {
            throw new NotSupportedException("ChatOptions.ResponseFormat of JSON cannot be combined with ChatOptions.Tools: the answer could not be "
                + "a call. Leave one of them out.");
        }

        if (options.AllowMultipleToolCalls == false && options.ToolMode is not RequiredChatToolMode)
        {
            throw new NotSupportedException("ChatOptions.AllowMultipleToolCalls of false is supported only if ChatOptions.ToolMode requires a call.");
        }

        return new ToolList([.. tools.Cast<AIFunctionDeclaration>()], options);
    }

    /// <summary>The tools in the JSON format of chat templates.</summary>
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

    /// <summary>The call that the answer must be.</summary>
    /// <returns>
    /// A constraint to JSON that calls one of the tools, or the required one; for a format with the name outside of the JSON, the text before the
    /// arguments, and a constraint to them.
    /// </returns>
    /// <param name="format">The format of calls.</param>
    /// <param name="cancellation">Ends the compilation of the schemas.</param>
    /// <exception cref="NotSupportedException">
    /// The required tool does not exist, its schema is not supported, or the format needs the name of one tool.
    /// </exception>
    /// <exception cref="OperationCanceledException">By <paramref name="cancellation"/>.</exception>
    public (string Head, Constraint Constraint) Required(ToolFormat format, CancellationToken cancellation)
    {
        var wanted = (_options.ToolMode as RequiredChatToolMode)?.RequiredFunctionName;
        var tools = _tools.Where(tool => wanted is null || tool.Name == wanted).ToArray();
        if (tools.Length == 0)
        {
            var names = string.Join(", ", _tools.Select(static tool => $"'{tool.Name}'"));
            throw new NotSupportedException($"ChatOptions.ToolMode requires a call of '{wanted}', and ChatOptions.Tools has {names}.");
        }

        if (format.HasNameOutside)
        {
            if (tools is not [var only])
            {
                throw new NotSupportedException(
                    "ChatOptions.ToolMode requires a call of any function, and this model writes the name of the function "
                    + $"before the JSON; require one of the {tools.Length} functions: ChatToolMode.RequireSpecific(..).");
            }

            var arguments = Closed(Moved(JsonNode.Parse(ReadableSchema.Of(only.JsonSchema).GetRawText()), "#"))!;
            return (format.Head(only.Name), Build(arguments, cancellation));
        }

        var (definitions, calls) = (new JsonObject(), new JsonArray());
        foreach (var tool in tools)
        {
            var key = $"tool{calls.Count}";
            definitions[key] = Closed(Moved(JsonNode.Parse(ReadableSchema.Of(tool.JsonSchema).GetRawText()), $"#/$defs/{key}"));
            var properties = new JsonObject
            {
                ["name"] = new JsonObject { ["const"] = tool.Name },
                [format.Arguments] = new JsonObject { ["$ref"] = $"#/$defs/{key}" },
            };
            calls.Add((JsonNode)new JsonObject
            {
                ["type"] = "object",
                ["properties"] = properties,
                ["required"] = new JsonArray("name", format.Arguments),
                ["additionalProperties"] = false,
            });
        }

        JsonNode call = new JsonObject { ["anyOf"] = calls };
        var most = _options.AllowMultipleToolCalls == true ? 16 : 1;
        var schema = format.IsList
            ? new JsonObject { ["type"] = "array", ["items"] = call, ["minItems"] = 1, ["maxItems"] = most }
            : call.AsObject();
        schema["$defs"] = definitions;
        return ("", Build(schema, cancellation));
    }

    private static Constraint Build(JsonNode schema, CancellationToken cancellation)
    {
        try
        {
            return Constraint.JsonSchema(schema.ToJsonString(), cancellation);
        }
        catch (ConstraintException error)
        {
            throw new NotSupportedException(
                $"ChatOptions.ToolMode requires a call, and the schema of its arguments is not supported: {error.Message}", error);
        }
    }

    // The schema of a function without parameters allows any properties. The call must have none.
    private static JsonNode? Closed(JsonNode? schema)
    {
        if (schema is JsonObject members && members["type"]?.ToString() == "object" && members["properties"] is not JsonObject { Count: > 0 }
            && !members.ContainsKey("additionalProperties"))
        {
            members["additionalProperties"] = false;
        }

        return schema;
    }

    // Moves a schema into another one: its references get a new root.
    private static JsonNode? Moved(JsonNode? schema, string to)
    {
        switch (schema)
        {
            case JsonObject members:
                // Only a root schema may name its draft.
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
