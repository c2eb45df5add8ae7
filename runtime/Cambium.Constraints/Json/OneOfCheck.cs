using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// Proves that no value satisfies two alternatives of a <c>oneOf</c>. The grammar may then choose any of them, as with <c>anyOf</c>. The proof is
/// conservative and has a budget: where it fails the schema is refused.
/// </summary>
internal sealed class OneOfCheck(SchemaDocument document, CancellationToken cancellation)
{
    private const int MaxAlternatives = 200;
    private const int MaxNesting = 6;
    private const int MaxComparisons = 1_000_000;

    private long _comparisons;

    /// <exception cref="ConstraintException">Two alternatives may overlap.</exception>
    public void RequireDisjoint(IReadOnlyList<JsonElement> alternatives, SchemaPath path)
    {
        if (alternatives.Count > MaxAlternatives)
            throw SchemaReader.Error(path, "oneOf", $"has {alternatives.Count} alternatives; at most {MaxAlternatives} are supported");
        for (var i = 0; i < alternatives.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var j = i + 1; j < alternatives.Count; j++)
            {
                if (AreDisjoint(alternatives[i], alternatives[j], path, 0))
                    continue;
                throw SchemaReader.Error(
                    path, "oneOf",
                    $"has alternatives {i} and {j}, and nothing tells them apart; "
                        + "their types, values, or a required property with different values would. "
                    + "'anyOf' does not ask for that");
            }
        }
    }

    private bool AreDisjoint(JsonElement a, JsonElement b, SchemaPath path, int depth)
    {
        if (depth > MaxNesting || !Spend(1))
            return false;
        (a, b) = (Referenced(a, path), Referenced(b, path));
        if (a.ValueKind == JsonValueKind.False || b.ValueKind == JsonValueKind.False)
            return true;
        if (a.ValueKind != JsonValueKind.Object || b.ValueKind != JsonValueKind.Object)
            return false;
        if (Alternatives(a) is { } ofA)
            return ofA.All(one => AreDisjoint(one, b, path, depth + 1));
        if (Alternatives(b) is { } ofB)
            return ofB.All(one => AreDisjoint(a, one, path, depth + 1));
        // Types, required names and references are read for each pair.
        if (!Spend(CostOf(a) + CostOf(b)))
            return false;
        var common = Types(a, path) & Types(b, path);
        if (common == JsonTypes.None)
            return true;
        if (Literals(a) is { } valuesOfA && Literals(b) is { } valuesOfB)
        {
            return Spend((long)valuesOfA.Count * valuesOfB.Count)
                && !valuesOfA.Any(one => valuesOfB.Any(other => JsonElement.DeepEquals(one, other)));
        }

        // Finding a property is linear in the number of properties.
        return common == JsonTypes.Object && Required(a).Intersect(Required(b)).Any(name => Spend(PropertyCount(a) + PropertyCount(b))
            && Property(a, name) is { } one && Property(b, name) is { } other && AreDisjoint(one, other, path, depth + 1));
    }

    private bool Spend(long comparisons) => (_comparisons += comparisons) <= MaxComparisons;

    private JsonElement Referenced(JsonElement schema, SchemaPath path)
    {
        for (var i = 0; i < MaxNesting && schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference); i++)
        {
            Spend(reference.GetRawText().Length / 256);
            (schema, _) = document.Resolve(reference, path);
        }

        return schema;
    }

    private static long CostOf(JsonElement schema) => ((Literals(schema)?.Count ?? 0) / 4) + (RequiredCount(schema) / 16);

    private static int RequiredCount(JsonElement schema) =>
        schema.TryGetProperty("required", out var names) && names.ValueKind == JsonValueKind.Array ? names.GetArrayLength() : 0;

    private static IEnumerable<JsonElement>? Alternatives(JsonElement schema) =>
        (schema.TryGetProperty("anyOf", out var list) || schema.TryGetProperty("oneOf", out list) || schema.TryGetProperty("allOf", out list))
        && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : null;

    private static IReadOnlyList<JsonElement>? Literals(JsonElement schema) =>
        schema.TryGetProperty("const", out var value) ? [value]
        : schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array ? [.. values.EnumerateArray()]
        : null;

    // The types that the schema accepts. The compiler may write fewer of them.
    private static JsonTypes Types(JsonElement schema, SchemaPath path) =>
        Literals(schema)?.Aggregate(JsonTypes.None, (types, value) => types | SchemaReader.TypeOf(value, path))
        ?? SchemaReader.Types(schema, path)
        ?? JsonTypes.All;

    private static IEnumerable<string> Required(JsonElement schema) =>
        schema.TryGetProperty("required", out var names) && names.ValueKind == JsonValueKind.Array
            ? names.EnumerateArray().Where(static name => name.ValueKind == JsonValueKind.String).Select(static name => name.GetString()!)
            : [];

    private static int PropertyCount(JsonElement schema) =>
        schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object ? properties.GetPropertyCount() : 0;

    private static JsonElement? Property(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var properties)
            && properties.ValueKind == JsonValueKind.Object && properties.TryGetProperty(name, out var property)
            ? property
            : null;
}
