using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>Compiles the keywords of arrays: <c>items</c>, <c>prefixItems</c>, <c>minItems</c>, <c>maxItems</c>.</summary>
internal sealed class ArrayCompiler(GrammarBuilder grammar, JsonRules json, SchemaRules schemas)
{
    private readonly JsonStructure _structure = new(grammar);

    public void Write(JsonElement schema, SchemaPath path, Rule rule)
    {
        var first = schema.TryGetProperty("prefixItems", out var prefix) ? SchemaReader.List(prefix, path, "prefixItems") : [];
        var most = SchemaReader.Count(schema, path, "maxItems");
        JsonElement? others = schema.TryGetProperty("items", out var items) ? items : null;
        if (others is { ValueKind: JsonValueKind.Array })
        {
            throw new ConstraintException(
                $"The keyword 'items' is a list at {path}; since draft 2020-12 that is 'prefixItems'.", "items", path.ToString());
        }

        if (others is { ValueKind: JsonValueKind.False })
            most = Math.Min(most ?? int.MaxValue, first.Count);
        // Subschemas that no item can reach are compiled as well: an unsupported keyword in them is an error.
        var rules = first.Select((item, i) => schemas.RuleOf(item, path.Add("prefixItems").Add(i))).ToArray();
        var rest = others is { } item ? schemas.RuleOf(item, path.Add("items")) : json.Value();
        _structure.WriteItems(rule, SchemaReader.Count(schema, path, "minItems") ?? 0, most, i => i < rules.Length ? rules[i] : rest, rules.Length);
    }

    /// <summary>Refuses <c>uniqueItems</c>, which a grammar cannot express, unless it has no effect.</summary>
    /// <exception cref="ConstraintException">Items would have to differ.</exception>
    public static void RefuseUnique(JsonElement schema, SchemaPath path)
    {
        if (schema.TryGetProperty("uniqueItems", out var unique) && unique.ValueKind != JsonValueKind.False
            && !(unique.ValueKind == JsonValueKind.True && SchemaReader.Count(schema, path, "maxItems") is 0 or 1))
        {
            throw new ConstraintException(
                $"The keyword 'uniqueItems' is {SchemaReader.Shorten(unique)} at {path}; supported in schemas that constrain output are false, "
                    + "and true next to a 'maxItems' of 1.",
                "uniqueItems", path.ToString());
        }
    }
}
