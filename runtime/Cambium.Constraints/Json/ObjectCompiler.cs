using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>Compiles the keywords of objects: the declared properties in their order, then the additional ones.</summary>
internal sealed class ObjectCompiler(GrammarBuilder grammar, JsonRules json, SchemaRules schemas, IgnoredKeywords ignored)
{
    private readonly JsonStructure _structure = new(grammar);

    public void Write(JsonElement schema, SchemaPath path, Rule rule)
    {
        var declared = Properties(schema, path);
        var required = schema.TryGetProperty("required", out var list) ? SchemaReader.NameList(list, path) : [];
        // JSON Schema allows additional properties by default. Here they are allowed only if the schema says so, or if it declares none.
        JsonElement? additional = schema.TryGetProperty("additionalProperties", out var given) ? given : null;
        var hasOthers = additional is { } others ? others.ValueKind != JsonValueKind.False : declared.Count == 0;
        int OtherValue() => additional is { } value ? schemas.RuleOf(value, path.Add("additionalProperties")) : json.Value();

        var members = new List<Member>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        // If a name is declared twice, the last declaration counts, as in JSON readers.
        foreach (var property in declared.GroupBy(static property => property.Name, StringComparer.Ordinal).Select(static same => same.Last()))
        {
            known.Add(property.Name);
            var value = schemas.RuleOf(property.Value, path.Add("properties").Add(property.Name));
            members.Add(new Member(property.Name, value, required.Contains(property.Name)));
        }

        foreach (var name in required.Where(known.Add))
        {
            if (additional is { ValueKind: JsonValueKind.False })
                throw SchemaReader.Error(path, "required", $"names '{name}', which is not a property, and 'additionalProperties' is false");
            members.Add(new Member(name, OtherValue(), Required: true));
        }

        var names = Names(schema, path, isAlone: members.Count == 0);
        if (!hasOthers)
            _structure.WriteMembers(rule, members, null, 0);
        else
            _structure.WriteMembers(rule, members, members.Count == 0 ? names ?? json.String() : OtherKey(known), OtherValue());
    }

    private static IReadOnlyList<JsonProperty> Properties(JsonElement schema, SchemaPath path)
    {
        if (!schema.TryGetProperty("properties", out var properties))
            return [];
        return properties.ValueKind == JsonValueKind.Object
            ? [.. properties.EnumerateObject()]
            : throw SchemaReader.Error(path, "properties", $"is {SchemaReader.Shorten(properties)}, expected an object of schemas");
    }

    // The rule of the names of members that are not declared. Names that are any string need no rule of their own.
    private int? Names(JsonElement schema, SchemaPath path, bool isAlone)
    {
        if (!schema.TryGetProperty("propertyNames", out var names))
            return null;
        if (names.ValueKind == JsonValueKind.True || (names.ValueKind == JsonValueKind.Object
            && names.EnumerateObject().All(static keyword => keyword.Name == "type" && keyword.Value.ValueKind == JsonValueKind.String
                && keyword.Value.ValueEquals("string"))))
        {
            ignored.Add("propertyNames", names, path);
            return null;
        }

        // A name is a string, so a schema of other keywords than these could write names that are none.
        if (!isAlone || names.ValueKind != JsonValueKind.Object || !names.EnumerateObject().All(static keyword =>
            keyword.Name is "pattern" or "minLength" or "maxLength" or "format" or "contentEncoding" or "not"
            || (keyword.Name == "type" && keyword.Value.ValueKind == JsonValueKind.String && keyword.Value.ValueEquals("string"))))
        {
            throw new ConstraintException(
                $"The keyword 'propertyNames' is {SchemaReader.Shorten(names)} at {path}; supported in schemas that constrain output are 'pattern', "
                    + "'format', 'minLength' and 'maxLength', without declared or required properties.",
                "propertyNames", path.ToString());
        }

        return schemas.RuleOf(names, path.Add("propertyNames"));
    }

    // Writes a name without escapes that differs from all of these: follows the trie of their letters and leaves it at the first other letter.
    private int OtherKey(IReadOnlySet<string> names)
    {
        var key = grammar.NewRule("a further name");
        var rule = grammar[key];
        var free = grammar.NewState();
        grammar.Set(free, JsonText.Plain, free);
        grammar.Byte(free, (byte)'"', (byte)'"', rule.End);
        var open = new Stack<(int At, List<int[]> Beginnings, int Length)>();
        open.Push(
            (grammar.Text(rule.Start, "\""), [.. names.Select(static name => name.EnumerateRunes().Select(static rune => rune.Value).ToArray())], 0));
        while (open.TryPop(out var place))
        {
            if (!place.Beginnings.Any(name => name.Length == place.Length))
                grammar.Byte(place.At, (byte)'"', (byte)'"', rule.End);
            var taken = new List<(int, int)>();
            foreach (var group in place.Beginnings.Where(name => name.Length > place.Length).GroupBy(name => name[place.Length]))
            {
                taken.Add((group.Key, group.Key));
                var next = grammar.NewState();
                grammar.Set(place.At, CodePoints.Of(taken[^1]).Intersect(JsonText.Plain), next);
                open.Push((next, [.. group], place.Length + 1));
            }

            var others = JsonText.Plain.Without(CodePoints.Of(taken));
            if (taken.Any(static letter => letter.Item1 > 0x7F))
            {
                grammar.Set(place.At, others, free);
                continue;
            }

            // Characters beyond ASCII are the same at nearly every place: one shared rule instead of some twenty states for each place.
            grammar.Set(place.At, others.Intersect(CodePoints.Of((0, 0x7F))), free);
            grammar.Call(place.At, json.NonAsciiCharacter(), free);
        }

        return key;
    }
}
