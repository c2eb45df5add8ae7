using System.Globalization;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>Reads keywords of a schema. A path is the JSON pointer of the schema, for messages.</summary>
internal static class SchemaReader
{
    /// <summary>The types that the keyword <c>type</c> lists; null without the keyword.</summary>
    /// <exception cref="ConstraintException">It is not valid, here as everywhere below.</exception>
    public static JsonTypes? Types(JsonElement schema, SchemaPath path)
    {
        if (!schema.TryGetProperty("type", out var type))
            return null;
        var names = type.ValueKind == JsonValueKind.Array ? List(type, path, "type") : [type];
        return names.Aggregate(JsonTypes.None, (types, name) => types | Type(name));

        JsonTypes Type(JsonElement name) => (name.ValueKind == JsonValueKind.String ? name.GetString() : null) switch
        {
            "null" => JsonTypes.Null,
            "boolean" => JsonTypes.Boolean,
            "integer" => JsonTypes.Integer,
            "number" => JsonTypes.AnyNumber,
            "string" => JsonTypes.String,
            "array" => JsonTypes.Array,
            "object" => JsonTypes.Object,
            _ => throw Error(path, "type", $"is {Shorten(name)}, expected null, boolean, integer, number, string, array or object"),
        };
    }

    /// <summary>The names of types, as in the keyword <c>type</c>.</summary>
    public static IEnumerable<string> NamesOf(JsonTypes types)
    {
        if (types.HasFlag(JsonTypes.Null))
            yield return "null";
        if (types.HasFlag(JsonTypes.Boolean))
            yield return "boolean";
        if (types.HasFlag(JsonTypes.Fraction))
            yield return "number";
        else if (types.HasFlag(JsonTypes.Integer))
            yield return "integer";
        if (types.HasFlag(JsonTypes.String))
            yield return "string";
        if (types.HasFlag(JsonTypes.Array))
            yield return "array";
        if (types.HasFlag(JsonTypes.Object))
            yield return "object";
    }

    /// <summary>The names that the keyword <c>required</c> lists.</summary>
    public static HashSet<string> NameList(JsonElement names, SchemaPath path) =>
        names.ValueKind == JsonValueKind.Array && names.EnumerateArray().All(static name => name.ValueKind == JsonValueKind.String)
            ? names.EnumerateArray().Select(static name => name.GetString()!).ToHashSet(StringComparer.Ordinal)
            : throw Error(path, "required", $"is {Shorten(names)}, expected a list of names");

    /// <summary>The type of a value; of a number without a fraction, integer.</summary>
    public static JsonTypes TypeOf(JsonElement value, SchemaPath path) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        _ => Decimal(value) is not { } number ? throw Error(path, null, $"has {Shorten(value)}, expected a number of at most 28 digits")
            : number == decimal.Truncate(number) ? JsonTypes.Integer
            : JsonTypes.Fraction,
    };

    /// <summary>The exact value of a number; null if a decimal would round it.</summary>
    public static decimal? Decimal(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number)
        && JsonElement.DeepEquals(value, JsonElement.Parse(number.ToString(CultureInfo.InvariantCulture))) ? number : null;

    public static IReadOnlyList<JsonElement> List(JsonElement value, SchemaPath path, string keyword) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0
            ? [.. value.EnumerateArray()]
            : throw Error(path, keyword, $"is {Shorten(value)}, expected a list that is not empty");

    /// <summary>A keyword with a number of 0, 1, 2, ...; null without the keyword.</summary>
    public static int? Count(JsonElement schema, SchemaPath path, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out var value))
            return null;
        return Decimal(value) is { } count && count >= 0 && count == decimal.Truncate(count)
            ? (int)Math.Min(count, int.MaxValue)
            : throw Error(path, keyword, $"is {Shorten(value)}, expected a number of 0, 1, 2, ...");
    }

    public static string Shorten(JsonElement value) => Shorten(value.GetRawText());

    public static string Shorten(string text) => text.Length <= 40 ? text : text[..37] + "...";

    public static ConstraintException Error(SchemaPath path, string? keyword, string problem) =>
        new(keyword is null ? $"The schema at {path} {problem}." : $"The keyword '{keyword}' at {path} {problem}.", keyword, path.ToString());
}
