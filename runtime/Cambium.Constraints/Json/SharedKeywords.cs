using System.Buffers;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>The keywords <c>type</c> and <c>required</c> next to <c>anyOf</c> or <c>oneOf</c>, which each alternative has to satisfy.</summary>
internal sealed class SharedKeywords
{
    public static readonly string[] Names = ["type", "required"];

    private readonly JsonTypes? _types;
    private readonly IReadOnlyList<string> _required;

    private SharedKeywords(JsonTypes? types, IReadOnlyList<string> required) => (_types, _required) = (types, required);

    /// <summary>The keywords of a schema; null if it has neither.</summary>
    public static SharedKeywords? Of(JsonElement schema, SchemaPath path) =>
        Names.Any(name => schema.TryGetProperty(name, out _)) ? new SharedKeywords(SchemaReader.Types(schema, path), Required(schema, path)) : null;

    /// <summary>The alternative with the keywords.</summary>
    /// <param name="alternative">Without a reference.</param>
    /// <param name="path">Its place.</param>
    public JsonElement AddTo(JsonElement alternative, SchemaPath path)
    {
        if (alternative.ValueKind is not (JsonValueKind.Object or JsonValueKind.True))
            return alternative;
        var isSchema = alternative.ValueKind == JsonValueKind.Object;
        var own = isSchema ? SchemaReader.Types(alternative, path) : null;
        var types = (own ?? JsonTypes.All) & (_types ?? JsonTypes.All);
        if (types == JsonTypes.None)
            return JsonElement.Parse("false"u8);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (own is not null || _types is not null)
                Write(writer, "type", SchemaReader.NamesOf(types));
            if (isSchema && Required(alternative, path).Union(_required, StringComparer.Ordinal).ToArray() is { Length: > 0 } required)
                Write(writer, "required", required);
            else if (!isSchema && _required.Count > 0)
                Write(writer, "required", _required);
            foreach (var keyword in isSchema ? alternative.EnumerateObject() : default)
            {
                if (!Names.Contains(keyword.Name))
                    keyword.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static IReadOnlyList<string> Required(JsonElement schema, SchemaPath path) =>
        schema.TryGetProperty("required", out var names) ? [.. SchemaReader.NameList(names, path)] : [];

    private static void Write(Utf8JsonWriter writer, string keyword, IEnumerable<string> names)
    {
        writer.WriteStartArray(keyword);
        foreach (var name in names)
            writer.WriteStringValue(name);
        writer.WriteEndArray();
    }
}
