using System.Text.Json.Nodes;

namespace Cambium.Runtime.Tests.Constraints;

/// <summary>Damages schemas at random.</summary>
internal sealed class DamagedSchemas(Random random)
{
    /// <summary>Unsupported keywords of the specification, and unknown ones.</summary>
    public static readonly string[] Unsupported =
    [
        "not", "if", "then", "else", "patternProperties", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
        "uniqueItems", "contains", "minContains", "maxContains",
        "multipleOf", "unevaluatedItems", "unevaluatedProperties", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "additionalItems",
        "dependencies", "Type", "",
    ];

    private static readonly string[] Keywords =
    [
        "type", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minLength", "maxLength", "pattern",
        "format", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "$defs", "title", "not",
        "multipleOf", "uniqueItems", "propertyNames", "contentEncoding", "nullable",
    ];

    private const string Signs = "{}[]\",:\\0-e.u$#";

    private static readonly string[] Values =
    [
        "null", "-1", "0", "3", "1.5", "1e400", "-0.0", "79228162514264337593543950335", "1e-30", "true", "false", "[]", "{}", "\"x\"", "[1,{}]",
        "{\"a\":3}", "{\"enum\":[\"a\",3,null]}", "0.01", "\"base64\"", "[[]]", "\"integer\"", "[\"null\",\"object\"]", "\"#\"",
        "\"#/$defs/tree\"", "\"#/properties\"", "\"(a|b)*\"", "\"\\\\d{3}\"", "\"date\"", "[\"a\",\"ab\"]",
        "[{\"type\":\"string\"},true]", "{\"a\":{\"const\":1}}",
    ];

    /// <summary>A schema with a few things in places where they may not belong.</summary>
    public string Next()
    {
        var schema = new RandomSchemas(random).Whole();
        for (var i = random.Next(1, 4); i > 0; i--)
            Damage(schema);
        return schema.ToJsonString();
    }

    /// <summary>All schemas inside of an object schema with their pointers, except those in <c>$defs</c>.</summary>
    public static IEnumerable<(string Path, JsonObject Schema)> Subschemas(JsonNode? schema, string path = "#")
    {
        if (schema is not JsonObject members)
            return [];
        return members.Where(
            static member => member.Key is "properties" or "items" or "prefixItems" or "additionalProperties" or "anyOf" or "oneOf" or "allOf")
            .SelectMany(member => member.Key switch
            {
                "properties" =>
                    member.Value!.AsObject().SelectMany(property =>
                        Subschemas(property.Value, $"{path}/properties/{property.Key.Replace("~", "~0").Replace("/", "~1")}")),
                "items" or "additionalProperties" => Subschemas(member.Value, $"{path}/{member.Key}"),
                _ => member.Value!.AsArray().SelectMany((item, i) => Subschemas(item, $"{path}/{member.Key}/{i}")),
            })
            .Prepend((path, members));
    }

    /// <summary>The text with removed, doubled and exchanged bytes, and with inserted pieces of JSON.</summary>
    public static string Scramble(Random random, string text)
    {
        for (var i = random.Next(1, 4); i > 0 && text.Length > 1; i--)
        {
            var at = random.Next(text.Length);
            var piece = random.Next(4) switch
            {
                0 => "",
                1 => text.Substring(at, Math.Min(random.Next(1, 60), text.Length - at)),
                2 => Signs[random.Next(Signs.Length)].ToString(),
                _ => Values[random.Next(Values.Length)],
            };
            text = text[..at] + piece + text[Math.Min(text.Length, at + random.Next(3))..];
        }

        return text;
    }

    private void Damage(JsonNode node)
    {
        while (true)
        {
            var children = node switch
            {
                JsonObject members => members.Select(static member => member.Value),
                JsonArray items => items,
                _ => [],
            };
            var inner = children.Where(static child => child is JsonObject or JsonArray).ToArray();
            if (inner.Length == 0 || random.Next(4) == 0)
                break;
            node = inner[random.Next(inner.Length)]!;
        }

        if (node is JsonArray list)
        {
            if (list.Count > 0 && random.Next(2) == 0)
                list.RemoveAt(random.Next(list.Count));
            else
                list.Insert(random.Next(list.Count + 1), Value());
            return;
        }

        var target = (JsonObject)node;
        var names = target.Select(static member => member.Key).ToArray();
        if (names.Length > 0 && random.Next(2) == 0)
        {
            // Replace a part by another one.
            var name = names[random.Next(names.Length)];
            var value = target[name]?.DeepClone();
            target.Remove(name);
            if (random.Next(2) == 0)
                target[Keywords[random.Next(Keywords.Length)]] = value;
            return;
        }

        target[random.Next(3) == 0 && names.Length > 0 ? names[random.Next(names.Length)] : Keywords[random.Next(Keywords.Length)]] = Value();
    }

    private JsonNode? Value() => random.Next(4) == 0 ? new RandomSchemas(random).Whole() : JsonNode.Parse(Values[random.Next(Values.Length)]);
}
