using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cambium.Runtime.Tests.Constraints;

/// <summary>Validates as the specification says, keyword by keyword, independent of the compiler.</summary>
internal sealed class SchemaValidator(JsonElement root)
{
    /// <summary>The first violation; null if the value is valid.</summary>
    public string? Violation(JsonElement value) => Violation(root, value);

    private string? Violation(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return schema.ValueKind == JsonValueKind.True ? null : "false";
        foreach (var keyword in schema.EnumerateObject())
        {
            if (!Holds(keyword.Name, keyword.Value, schema, value))
                return $"{keyword.Name} {keyword.Value} does not hold for {value}";
        }

        return null;
    }

    private bool Validates(JsonElement schema, JsonElement value) => Violation(schema, value) is null;

    private bool Holds(string keyword, JsonElement argument, JsonElement schema, JsonElement value)
    {
        var kind = value.ValueKind;
        switch (keyword)
        {
            case "$ref":
                return Validates(Find(argument.GetString()!), value);
            case "type":
                return argument.ValueKind == JsonValueKind.Array
                    ? argument.EnumerateArray().Any(type => IsOf(type.GetString()!, value))
                    : IsOf(argument.GetString()!, value);
            case "const":
                return JsonElement.DeepEquals(argument, value);
            case "enum":
                return argument.EnumerateArray().Any(item => JsonElement.DeepEquals(item, value));
            case "anyOf":
                return argument.EnumerateArray().Any(item => Validates(item, value));
            case "oneOf":
                return argument.EnumerateArray().Count(item => Validates(item, value)) == 1;
            case "allOf":
                return argument.EnumerateArray().All(item => Validates(item, value));
            case "not":
                return !Validates(argument, value);
            case "multipleOf" when kind == JsonValueKind.Number:
                return value.TryGetDecimal(out var number) && argument.TryGetDecimal(out var step) && step != 0 && number % step == 0;
            case "uniqueItems" when kind == JsonValueKind.Array && argument.ValueKind == JsonValueKind.True:
                return value.EnumerateArray().All(item => value.EnumerateArray().Count(other => JsonElement.DeepEquals(item, other)) == 1);
            case "propertyNames" when kind == JsonValueKind.Object:
                return value.EnumerateObject().All(
                    member => Validates(argument, JsonElement.Parse(JsonSerializer.SerializeToUtf8Bytes(member.Name))));
            case "contentEncoding" when kind == JsonValueKind.String && argument.ValueEquals("base64"):
                return value.TryGetBytesFromBase64(out _);
            case "minimum" when kind == JsonValueKind.Number:
                return value.GetDouble() >= argument.GetDouble();
            case "maximum" when kind == JsonValueKind.Number:
                return value.GetDouble() <= argument.GetDouble();
            case "exclusiveMinimum" when kind == JsonValueKind.Number:
                return value.GetDouble() > argument.GetDouble();
            case "exclusiveMaximum" when kind == JsonValueKind.Number:
                return value.GetDouble() < argument.GetDouble();
            case "minLength" when kind == JsonValueKind.String:
                return value.GetString()!.EnumerateRunes().Count() >= argument.GetDouble();
            case "maxLength" when kind == JsonValueKind.String:
                return value.GetString()!.EnumerateRunes().Count() <= argument.GetDouble();
            case "pattern" when kind == JsonValueKind.String:
                return Regex.IsMatch(OfOneUnit(value.GetString()!), argument.GetString()!, RegexOptions.ECMAScript);
            case "format" when kind == JsonValueKind.String:
                return IsFormatted(argument.GetString()!, value.GetString()!);
            case "properties" when kind == JsonValueKind.Object:
                return value.EnumerateObject().All(member => !argument.TryGetProperty(member.Name, out var item) || Validates(item, member.Value));
            case "required" when kind == JsonValueKind.Object:
                return argument.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _));
            case "additionalProperties" when kind == JsonValueKind.Object:
                return value.EnumerateObject()
                    .All(member =>
                        (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out _))
                            || Validates(argument, member.Value));
            case "prefixItems" when kind == JsonValueKind.Array:
                return argument.EnumerateArray().Zip(value.EnumerateArray()).All(pair => Validates(pair.First, pair.Second));
            case "items" when kind == JsonValueKind.Array:
                return value
                    .EnumerateArray()
                    .Skip(schema.TryGetProperty("prefixItems", out var prefix) ? prefix.GetArrayLength() : 0)
                    .All(item => Validates(argument, item));
            case "minItems" when kind == JsonValueKind.Array:
                return value.GetArrayLength() >= argument.GetDouble();
            case "maxItems" when kind == JsonValueKind.Array:
                return value.GetArrayLength() <= argument.GetDouble();
            default:
                return true;
        }
    }

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number == Math.Floor(number),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind.ToString().Equals(type, StringComparison.OrdinalIgnoreCase),
    };

    // .NET's regex sees a character beyond U+FFFF as two characters, the specification as one. Such characters are replaced by one from a range of
    // Unicode that no pattern of these tests mentions.
    private static string OfOneUnit(string text) =>
        string.Concat(text.EnumerateRunes().Select(static rune => rune.IsBmp ? rune.ToString() : "\u4DFF"));

    private static bool IsFormatted(string format, string text) => format switch
    {
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "time" => text.Length > 8 && TimeOnly.TryParseExact(text[..8], "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && Regex.IsMatch(text[8..], @"^(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"),
        "date-time" => text.Length > 11 && text[10] == 'T' && IsFormatted("date", text[..10]) && IsFormatted("time", text[11..]),
        "email" => Regex.IsMatch(text, @"^[\w+\-]+(\.[\w+\-]+)*@[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}$", RegexOptions.ECMAScript)
            && new System.ComponentModel.DataAnnotations.EmailAddressAttribute().IsValid(text),
        "duration" => Regex.IsMatch(text, @"^P(\d+D(T(\d+H)?\d+M)?|T(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S))$", RegexOptions.ECMAScript),
        "ipv6" => System.Net.IPAddress.TryParse(text, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6,
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "ipv4" => System.Net.IPAddress.TryParse(text, out var parsed) && parsed.ToString() == text,
        _ => true,
    };

    private JsonElement Find(string pointer)
    {
        var at = root;
        foreach (var part in pointer.Split('/').Skip(1))
            at = at.GetProperty(part);
        return at;
    }
}
