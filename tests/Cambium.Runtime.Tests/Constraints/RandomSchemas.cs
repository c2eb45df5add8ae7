using System.Text.Json.Nodes;
using Cambium.Constraints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Tests.Constraints;

/// <summary>Random schemas of supported keywords. Some of them are unsatisfiable.</summary>
internal sealed class RandomSchemas(Random random)
{
    private static readonly string[] Names = ["a", "ab", "abc", "name", "é", "x\"y", "日", "b\\", "list"];
    private static readonly string[] Patterns = ["^a+$", "b", "^[0-9]{2,3}-x", "[\"\\\\]$", "^(ab|c)*$", "\\w\\s", "^[^a]$", "^\\n?x"];

    /// <summary>The constraint of a schema; null if it is unsatisfiable. Other errors are thrown.</summary>
    public static Constraint? TryCompile(string schema)
    {
        try
        {
            return Constraint.JsonSchema(schema);
        }
        catch (ConstraintException error) when (error.Message.StartsWith("Nothing satisfies", StringComparison.Ordinal))
        {
            return null;
        }
    }

    public JsonObject Whole()
    {
        var root = Object(3);
        root["$defs"] = new JsonObject { ["tree"] = Recursive(), ["leaf"] = Any(0), ["tagged"] = Kind() };
        return root;
    }

    private static JsonObject Recursive() => (JsonObject)JsonNode.Parse(
        """{ "type": "object", "properties": { "value": { "type": "integer" }, "next": { "anyOf": [{ "$ref": "#/$defs/tree" }, """
            + """{ "type": "null" }] } }, "required": ["next"], "additionalProperties": false }""")!;

    private JsonNode Any(int depth) => random.Next(depth > 0 ? 16 : 8) switch
    {
        0 => new JsonObject { ["type"] = Pick("null", "boolean", "integer", "number", "string") },
        1 => Integer(),
        2 => Number(),
        3 => Text(),
        4 => new JsonObject { ["enum"] = new JsonArray("a", "ab", 1, 2.5, null, true, new JsonObject { ["k"] = new JsonArray(1, "\n\"") }) },
        5 when random.Next(2) == 0 => new JsonObject
        {
            ["enum"] = new JsonArray("a", "ab", "xyz", 1, 2.5, -7, null), ["maxLength"] = random.Next(4), ["minimum"] = random.Next(-8, 3),
            ["pattern"] = Pick(Patterns),
        },
        5 => new JsonObject { ["const"] = JsonNode.Parse(Pick("\"x\\\\y\"", "0", "{\"a\":[]}", "\"日本\"", "false")) },
        6 => new JsonObject { ["type"] = new JsonArray("string", "null"), ["maxLength"] = random.Next(4) },
        7 => JsonValue.Create(random.Next(8) != 0),
        8 => new JsonObject { ["anyOf"] = new JsonArray(Any(depth - 1), Any(depth - 1), Any(depth - 1)) },
        9 => new JsonObject { ["oneOf"] = new JsonArray(Tagged("one", depth), Tagged("two", depth), new JsonObject { ["type"] = "string" }) },
        10 => new JsonObject { ["$ref"] = Pick("#/$defs/tree", "#/$defs/leaf") },
        11 => List(depth),
        12 => new JsonObject { ["allOf"] = new JsonArray(Any(depth - 1)) },
        13 => Polymorphic(depth),
        14 => new JsonObject
        {
            ["type"] = "object", ["additionalProperties"] = Any(depth - 1),
            ["propertyNames"] = random.Next(2) == 0 ? Text() : new JsonObject { ["pattern"] = "^[a-c]+$", ["maxLength"] = 3 },
        },
        _ => Object(depth),
    };

    private JsonObject Tagged(string tag, int depth) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = tag }, ["of"] = Any(depth - 1) },
        ["required"] = new JsonArray("kind"),
    };

    private static JsonObject Kind() => (JsonObject)JsonNode.Parse("""{ "properties": { "kind": { "const": "c" } } }""")!;

    // As .NET writes types with derived types.
    private JsonObject Polymorphic(int depth)
    {
        JsonObject Derived(string tag) => new()
        {
            ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = tag }, ["of"] = Any(depth - 1) },
            ["required"] = new JsonArray("of"),
        };
        var isAny = random.Next(2) == 0;
        return new JsonObject
        {
            ["type"] = isAny ? new JsonArray("object", "null") : "object",
            ["required"] = new JsonArray("kind"),
            [isAny ? "anyOf" : "oneOf"] = new JsonArray(Derived("a"), Derived("b"), new JsonObject { ["$ref"] = "#/$defs/tagged" }),
        };
    }

    private JsonObject Integer()
    {
        var schema = new JsonObject { ["type"] = "integer" };
        var low = random.NextInt64(-2000, 2000);
        if (random.Next(3) > 0)
            schema[Pick("minimum", "exclusiveMinimum")] = random.Next(4) == 0 ? low + 0.5 : low;
        if (random.Next(3) > 0)
            schema[Pick("maximum", "exclusiveMaximum")] = low + random.NextInt64(0, random.Next(2) == 0 ? 30 : 100_000);
        if (random.Next(4) == 0)
            schema["not"] = new JsonObject { ["enum"] = new JsonArray(low, low + 1, low + 7, "a") };
        if (random.Next(6) == 0)
            schema["maximum"] = JsonNode.Parse(Pick("9.223372036854776E+18", "1.7976931348623157E+308", "999999999999999990"));
        return schema;
    }

    private JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = "number" };
        var low = (decimal)random.Next(-20_000, 20_000) / (decimal)Math.Pow(10, random.Next(5));
        if (random.Next(3) > 0)
            schema[Pick("minimum", "exclusiveMinimum")] = low;
        if (random.Next(3) > 0)
            schema[Pick("maximum", "exclusiveMaximum")] = low + ((decimal)random.Next(0, 3000) / (decimal)Math.Pow(10, random.Next(4)));
        if (random.Next(4) == 0)
        {
            schema["not"] = random.Next(2) == 0
                ? new JsonObject { ["const"] = low }
                : new JsonObject { ["enum"] = new JsonArray(low + 0.5m, low + 1) };
        }

        if (random.Next(6) == 0)
            schema["multipleOf"] = JsonNode.Parse(Pick("1", "0.1", "0.01"));
        if (random.Next(6) == 0)
            schema["minimum"] = JsonNode.Parse(Pick("-1.7976931348623157E+308", "-3.4028234663852886E+38", "0.10000000149011612"));
        return schema;
    }

    private JsonObject Text()
    {
        var schema = new JsonObject { ["type"] = "string" };
        switch (random.Next(7))
        {
            case 0:
                schema["pattern"] = Pick(Patterns);
                break;
            case 1:
                schema["format"] = Pick("date", "time", "date-time", "uuid", "ipv4", "ipv6", "email", "duration");
                break;
            case 2:
                schema["pattern"] = Pick(Patterns);
                schema[Pick("minLength", "maxLength")] = random.Next(6);
                schema["not"] = new JsonObject { ["enum"] = new JsonArray("a", "aa", "ab", "x\"y", 1) };
                break;
            case 3:
                schema["contentEncoding"] = "base64";
                schema["maxLength"] = random.Next(12);
                break;
            case 4:
                schema["not"] = new JsonObject { ["enum"] = new JsonArray("", "a", "日") };
                break;
            case 5:
                var least = random.Next(4);
                schema["minLength"] = least;
                schema["maxLength"] = least + random.Next(4);
                break;
        }

        return schema;
    }

    private JsonObject List(int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        var least = random.Next(3);
        if (random.Next(2) == 0)
            schema["minItems"] = least;
        if (random.Next(2) == 0)
            schema["maxItems"] = least + random.Next(3);
        if (random.Next(3) > 0)
            schema["items"] = Any(depth - 1);
        if (random.Next(3) == 0)
            schema["prefixItems"] = new JsonArray(Any(depth - 1), Any(depth - 1));
        return schema;
    }

    private JsonObject Object(int depth)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var names = Names.Where(_ => random.Next(3) == 0).ToArray();
        if (names.Length > 0 || random.Next(2) == 0)
        {
            var properties = new JsonObject();
            foreach (var name in names)
                properties[name] = Any(depth - 1);
            schema["properties"] = properties;
        }

        switch (random.Next(4))
        {
            case 0:
                schema["additionalProperties"] = false;
                break;
            case 1:
                schema["additionalProperties"] = Any(depth - 1);
                break;
        }

        var required = names.Where(_ => random.Next(2) == 0).ToList();
        if (random.Next(6) == 0 && schema["additionalProperties"] is not JsonValue)
            required.Add("undeclared");
        if (required.Count > 0)
            schema["required"] = new JsonArray([.. required.Select(static name => (JsonNode)name)]);
        return schema;
    }

    private string Pick(params string[] of) => of[random.Next(of.Length)];
}
