using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace Cambium.Serving;

/// <summary>The schema of a .NET type, with the limits that a schema made by System.Text.Json leaves out.</summary>
internal static class TypeSchema
{
    // Integers of more than 18 digits are never written, so long and larger types need no bounds.
    private static readonly Dictionary<Type, (decimal Low, decimal High)> Ranges = new()
    {
        [typeof(sbyte)] = (sbyte.MinValue, sbyte.MaxValue),
        [typeof(byte)] = (byte.MinValue, byte.MaxValue),
        [typeof(short)] = (short.MinValue, short.MaxValue),
        [typeof(ushort)] = (ushort.MinValue, ushort.MaxValue),
        [typeof(int)] = (int.MinValue, int.MaxValue),
        [typeof(uint)] = (uint.MinValue, uint.MaxValue),
        [typeof(ulong)] = (0, ulong.MaxValue),
        [typeof(UInt128)] = (0, ulong.MaxValue),
        [typeof(Half)] = ((decimal)Half.MinValue, (decimal)Half.MaxValue),
    };

    private static readonly Type[] Bytes = [typeof(byte[]), typeof(Memory<byte>), typeof(ReadOnlyMemory<byte>)];

    /// <summary>The schema; a type that is not an object is the property <c>data</c> of one, as GetResponseAsync&lt;T&gt; expects it.</summary>
    public static JsonElement Of(Type type, JsonSerializerOptions? options)
    {
        var schema = AIJsonUtilities.CreateJsonSchema(
            type, serializerOptions: options, inferenceOptions: new AIJsonSchemaCreateOptions { TransformSchemaNode = Narrow });
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var kind)
            && kind.ValueKind == JsonValueKind.String && kind.ValueEquals("object"))
            return schema;
        var wrapped = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["data"] = JsonNode.Parse(schema.GetRawText()) },
            ["required"] = new JsonArray("data"),
            ["additionalProperties"] = false,
        };
        return JsonElement.Parse(wrapped.ToJsonString());
    }

    private static JsonNode Narrow(AIJsonSchemaCreateContext context, JsonNode node)
    {
        if (node is not JsonObject schema || schema.ContainsKey("enum"))
            return node;
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type.IsEnum && Allows(schema, "string"))
        {
            schema["enum"] = Names(type, context.TypeInfo.Options.GetTypeInfo(type), Allows(schema, "null"));
        }
        else if (Ranges.TryGetValue(type.IsEnum ? Enum.GetUnderlyingType(type) : type, out var range)
            && (Allows(schema, "integer") || Allows(schema, "number")))
        {
            if (!schema.ContainsKey("minimum") && !schema.ContainsKey("exclusiveMinimum"))
                schema["minimum"] = range.Low;
            if (!schema.ContainsKey("maximum") && !schema.ContainsKey("exclusiveMaximum"))
                schema["maximum"] = range.High;
        }
        else if (Bytes.Contains(type) && Allows(schema, "string"))
        {
            schema["contentEncoding"] = "base64";
        }

        return schema;
    }

    private static JsonArray Names(Type type, JsonTypeInfo info, bool nullable)
    {
        var names = new JsonArray();
        foreach (var value in Enum.GetValuesAsUnderlyingType(type))
            names.Add(JsonSerializer.SerializeToNode(Enum.ToObject(type, value), info));
        if (nullable)
            names.Add((JsonNode?)null);
        return names;
    }

    private static bool Allows(JsonObject schema, string kind) => schema["type"] switch
    {
        JsonArray kinds => kinds.Any(one => one?.GetValue<string>() == kind),
        JsonValue one => one.GetValue<string>() == kind,
        _ => false,
    };
}
