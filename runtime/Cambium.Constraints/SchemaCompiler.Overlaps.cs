using System.Text.Json;

namespace Cambium.Constraints;

// oneOf: what one alternative writes no other may accept.
internal sealed partial class SchemaCompiler
{
    private const int MaxAlternatives = 200;
    private const int MaxNesting = 6;
    private const int MaxComparisons = 1_000_000;

    private long _comparisons;

    private void RefuseOverlaps(IReadOnlyList<JsonElement> alternatives, string path)
    {
        if (alternatives.Count > MaxAlternatives)
            throw Wrong(path, "oneOf", $"has {alternatives.Count} alternatives; at most {MaxAlternatives} are told apart");
        for (var i = 0; i < alternatives.Count; i++)
        {
            for (var j = i + 1; j < alternatives.Count; j++)
            {
                if (!AreApart(alternatives[i], alternatives[j], path, 0))
                {
                    throw Wrong(path, "oneOf", $"has alternatives {i} and {j}, and nothing tells them apart; their types, values, or a required property with different values would. 'anyOf' "
                        + "does not ask for that");
                }
            }
        }
    }

    // No value satisfies both; false where that is not plain to see.
    private bool AreApart(JsonElement a, JsonElement b, string path, int depth)
    {
        if (depth > MaxNesting || !Costs(1))
            return false;
        (a, b) = (Named(a, path), Named(b, path));
        if (a.ValueKind == JsonValueKind.False || b.ValueKind == JsonValueKind.False)
            return true;
        if (a.ValueKind != JsonValueKind.Object || b.ValueKind != JsonValueKind.Object)
            return false;
        if (Alternatives(a) is { } ofA)
            return ofA.All(one => AreApart(one, b, path, depth + 1));
        if (Alternatives(b) is { } ofB)
            return ofB.All(one => AreApart(a, one, path, depth + 1));
        var common = Types(a, path) & Types(b, path);
        if (common == JsonTypes.None)
            return true;
        if (Literals(a) is { } valuesOfA && Literals(b) is { } valuesOfB)
            return Costs((long)valuesOfA.Count * valuesOfB.Count) && !valuesOfA.Any(one => valuesOfB.Any(other => JsonElement.DeepEquals(one, other)));
        // A property is looked for among all of them.
        return common == JsonTypes.Object && Required(a).Intersect(Required(b)).Any(name => Costs(Properties(a) + Properties(b))
            && Property(a, name) is { } one && Property(b, name) is { } other && AreApart(one, other, path, depth + 1));
    }

    // Whether there are so many comparisons left.
    private bool Costs(long comparisons) => (_comparisons += comparisons) <= MaxComparisons;

    private JsonElement Named(JsonElement schema, string path)
    {
        for (var i = 0; i < MaxNesting && schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference); i++)
            (schema, _) = Resolve(reference, path);
        return schema;
    }

    private static IEnumerable<JsonElement>? Alternatives(JsonElement schema) =>
        (schema.TryGetProperty("anyOf", out var list) || schema.TryGetProperty("oneOf", out list) || schema.TryGetProperty("allOf", out list)) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : null;

    private static IReadOnlyList<JsonElement>? Literals(JsonElement schema) =>
        schema.TryGetProperty("const", out var value) ? [value]
        : schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array ? [.. values.EnumerateArray()]
        : null;

    // What the schema accepts, which may be more than what is written for it.
    private static JsonTypes Types(JsonElement schema, string path) =>
        Literals(schema)?.Aggregate(JsonTypes.None, (types, value) => types | TypeOf(value, path)) ?? TypesOf(schema, path) ?? JsonTypes.All;

    private static IEnumerable<string> Required(JsonElement schema) =>
        schema.TryGetProperty("required", out var names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Where(static name => name.ValueKind == JsonValueKind.String).Select(static name => name.GetString()!)
            : [];

    private static int Properties(JsonElement schema) => schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object ? properties.GetPropertyCount() : 0;

    private static JsonElement? Property(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(name, out var property) ? property : null;
}
