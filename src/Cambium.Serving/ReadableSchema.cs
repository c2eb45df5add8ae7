using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Cambium.Serving;

/// <summary>
/// Narrows a schema of Microsoft.Extensions.AI to values that System.Text.Json reads as the .NET type. Such a schema is wider than the type: any
/// number of days is a <see cref="TimeSpan"/>, and a time has an offset, which <see cref="TimeOnly"/> does not read.
/// </summary>
internal static class ReadableSchema
{
    // The schemas of System.Text.Json (JsonSchemaExporter of .NET 9 and later).
    private const string TimeSpans = @"^-?(\d+\.)?\d{2}:\d{2}:\d{2}(\.\d{1,7})?$";
    private const string Versions = @"^\d+(\.\d+){1,3}$";

    private const string ReadableTime = @"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?$";
    private const string ReadableTimeSpan = @"^-?(([1-9][0-9]{0,5}|0)\.)?([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?$";
    private const string ReadableVersion = @"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){1,3}$";

    // A char is one unit of UTF-16. JSON Schema counts code points.
    private const string ReadableChar = "^[^\U00010000-\U0010FFFF]$";

    // The nesting and the length of schemas that constraints read.
    private const int MaxDepth = 128;
    private const int MaxBytes = 1 << 20;

    private static readonly string[] Bounds = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];

    // Keywords whose values are not schemas.
    private static readonly string[] Values = ["const", "enum", "default", "examples", "not"];

    /// <summary>The narrowed schema.</summary>
    /// <param name="schema">Any JSON: what is not a schema stays as it is, and the constraint refuses it.</param>
    public static JsonElement Of(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || JsonMarshal.GetRawUtf8Value(schema).Length > 4 * MaxBytes || !IsShallow(schema, MaxDepth))
            return schema;
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(buffer);
            Write(writer, schema, new Pointers(schema));
        }
        catch (InvalidOperationException)
        {
            // A string has half of a surrogate pair. The constraint refuses it by its place.
            return schema;
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, Pointers root)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item, root);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                if (Text(value, "$comment") is "Unsupported .NET type")
                    throw new NotSupportedException("The schema of the answer has a part that System.Text.Json does not support (\"Unsupported .NET "
                        + "type\"), such as an array of two dimensions or a delegate. Use another type, or [JsonIgnore].");
                writer.WriteStartObject();
                WriteMembers(writer, value, root);
                writer.WriteEndObject();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, JsonElement schema, Pointers root)
    {
        var pattern = Pattern(schema);
        foreach (var member in schema.EnumerateObject())
        {
            if (pattern is not null && Replaced(schema).Contains(member.Name))
                continue;
            if (Bounds.Contains(member.Name) && Number(member.Value) is { } bound)
            {
                writer.WriteNumber(member.Name, bound);
                continue;
            }

            writer.WritePropertyName(member.Name);
            if (member.Name == "$ref" && member.Value.ValueKind == JsonValueKind.String)
                writer.WriteStringValue(Reference(member.Value.GetString()!, root));
            else if (Values.Contains(member.Name))
                member.Value.WriteTo(writer);
            else
                Write(writer, member.Value, root);
        }

        if (pattern is not null)
            writer.WriteString("pattern", pattern);
    }

    // GetResponseAsync<T> puts the schema of a type that is not an object into the property "data" of one, and leaves its references as they are.
    private static string Reference(string reference, Pointers root)
    {
        const string data = "/properties/data";
        return reference.StartsWith("#/", StringComparison.Ordinal) && !root.Lead(reference[1..]) && root.Lead(data + reference[1..])
            ? $"#{data}{reference[1..]}"
            : reference;
    }

    // The narrower pattern of a string; null if the type is not one of those above.
    private static string? Pattern(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type) || !IsString(type))
            return null;
        var pattern = Text(schema, "pattern");
        return pattern is TimeSpans ? ReadableTimeSpan
            : pattern is Versions ? ReadableVersion
            : pattern is not null && IsUnanchored(pattern) ? $"^(?:{pattern})$"
            : schema.TryGetProperty("pattern", out _) ? null
            : Text(schema, "format") is "time" ? ReadableTime
            : schema.TryGetProperty("format", out _) ? null
            : IsOne(schema, "minLength") && IsOne(schema, "maxLength") ? ReadableChar
            : null;
    }

    // The keywords that the pattern stands for.
    private static string[] Replaced(JsonElement schema) =>
        schema.TryGetProperty("pattern", out _) ? ["pattern"] : schema.TryGetProperty("format", out _) ? ["format"] : ["minLength", "maxLength"];

    // RegularExpressionAttribute matches the whole text, and its expression comes without anchors. In a schema that would be a search.
    private static bool IsUnanchored(string pattern) =>
        pattern.Replace("[^", "[", StringComparison.Ordinal).AsSpan().IndexOfAny('^', '$') < 0;

    private static bool IsOne(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count == 1;

    private static bool IsString(JsonElement type) => type.ValueKind == JsonValueKind.Array
        ? type.EnumerateArray().Any(static item => item.ValueKind == JsonValueKind.String && item.ValueEquals("string"))
        : type.ValueKind == JsonValueKind.String && type.ValueEquals("string");

    private static string? Text(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // RangeAttribute has bounds of types such as decimal as text.
    private static decimal? Number(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        return decimal.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static bool IsShallow(JsonElement value, int depth) => depth > 0 && value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().All(item => IsShallow(item, depth - 1)),
        JsonValueKind.Object => value.EnumerateObject().All(member => IsShallow(member.Value, depth - 1)),
        _ => true,
    };

    /// <summary>
    /// Where JSON pointers into a schema lead. A search among members is linear, and a schema may have a reference to each of them, so the members of
    /// a value are indexed at the first search.
    /// </summary>
    private sealed class Pointers(JsonElement value)
    {
        private Dictionary<string, Pointers>? _members;

        public bool Lead(string pointer)
        {
            var at = this;
            foreach (var part in pointer.Split('/').Skip(1))
            {
                var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                if (!at.Members().TryGetValue(name, out at!))
                    return false;
            }

            return true;
        }

        private Dictionary<string, Pointers> Members()
        {
            if (_members is not null)
                return _members;
            _members = new Dictionary<string, Pointers>(StringComparer.Ordinal);
            if (value.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in value.EnumerateObject())
                    _members[member.Name] = new Pointers(member.Value);
            }
            else if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var (i, item) in value.EnumerateArray().Index())
                    _members[i.ToString(CultureInfo.InvariantCulture)] = new Pointers(item);
            }

            return _members;
        }
    }
}
