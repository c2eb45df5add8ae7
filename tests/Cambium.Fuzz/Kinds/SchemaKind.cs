using System.Text.Json.Nodes;
using Cambium.Constraints;
using Cambium.Fuzz.Mutation;
using Cambium.Runtime.Tests.Constraints;

namespace Cambium.Fuzz.Kinds;

/// <summary>JSON schemas: random ones with changes, and chains, trees and lists of their keywords.</summary>
internal sealed class SchemaKind : CaseKind
{
    private static readonly string[] Words =
    [
        "type", "string", "object", "array", "integer", "number", "null", "boolean", "properties", "required", "items", "prefixItems", "enum",
        "const", "anyOf", "oneOf", "allOf", "$ref", "$defs",
        "#/$defs/tree", "#", "#/$defs/leaf", "pattern", "^(a|b)*$", "format", "date-time", "minLength", "maxLength", "minimum", "maximum",
        "exclusiveMinimum", "minItems", "maxItems", "additionalProperties",
    ];

    public override bool IsDocumented(Exception error) => error is ConstraintException;

    public override void Run(Random random, string folder)
    {
        var schema = random.Next(3) switch
        {
            0 => new RandomSchemas(random).Whole().ToJsonString(),
            1 => new JsonMutator(random, Words).Mutate(new RandomSchemas(random).Whole()),
            _ => Large(random),
        };
        File.WriteAllText(Path.Combine(folder, "schema.json"), schema);
        Walk.Run(Constraint.JsonSchema(schema), random);
    }

    private static string Large(Random random)
    {
        var n = random.Next(3) switch { 0 => random.Next(1, 60), 1 => random.Next(1, 1000), _ => random.Next(1, 20_000) };
        string Join(Func<int, string> part) => string.Join(',', Enumerable.Range(0, n).Select(part));
        string Nest(string before, string middle, string after, int depth) =>
            string.Concat(Enumerable.Repeat(before, depth)) + middle + string.Concat(Enumerable.Repeat(after, depth));
        var deep = Math.Min(n, 140);
        return random.Next(16) switch
        {
            0 => $$"""{ "$ref": "#/$defs/d0", "$defs": { {{Join(i => $$"""
                "d{{i}}": { "$ref": "#/$defs/d{{i + 1}}" }
                """)}}, "d{{n}}": { "type": "null" } } }""",
            1 => $$"""{ "$ref": "#/$defs/d0", "$defs": { {{Join(i => $$"""
                "d{{i}}": { "allOf": [{ "$ref": "#/$defs/d{{i + 1}}" }] }
                """)}}, "d{{n}}": { "type": "null" } } }""",
            2 => $$"""{ "$ref": "#/$defs/d0", "$defs": { {{Join(i => $$"""
                "d{{i}}": { "anyOf": [{ "$ref": "#/$defs/d{{i + 1}}" }, { "$ref": "#/$defs/d{{i + 1}}" }] }
                """)}}, "d{{n}}": { "type": "null" } } }""",
            3 => $$"""{ "$ref": "#/$defs/d0", "$defs": { {{Join(i => $$"""
                "d{{i}}": { "type": "array", "items": { "$ref": "#/$defs/d{{i + 1}}" }, "minItems": 2, "maxItems": {{random.Next(2, 9)}} }
                """)}}, "d{{n}}": { "type": "null" } } }""",
            4 => Nest("""{ "type": "array", "items": """, "true", " }", deep),
            5 => Nest("""{ "anyOf": [{ "type": "null" }, """, "true", "] }", deep),
            6 => Nest("""{ "type": "object", "properties": { "a": """, "true", """ }, "required": ["a"] }""", deep),
            7 => $$"""{ "enum": [{{Join(i => $"\"{i * 7919}\"")}}] }""",
            8 => $$"""{ "oneOf": [{{Join(i => $$"""{ "const": {{i}} }""")}}] }""",
            9 => $$"""{ "oneOf": [{{Join(i => $$"""
                { "type": "object", "properties": { "k": { "const": "{{i}}" } }, "required": ["k"] }
                """)}}] }""",
            10 => $$"""{ "type": "object", "properties": { {{Join(i => $$"""
                "p{{i}}": { "type": "integer" }
                """)}} }, "additionalProperties": {{(random.Next(2) == 0 ? "true" : "false")}} }""",
            11 => $$"""{ "type": "string", "maxLength": {{Numbers.Extreme(random)}}, "minLength": {{random.Next(2) * random.Next(3000)}} }""",
            12 => $$"""
                { "type": "array", "maxItems": {{Numbers.Extreme(random)}},
                  "items": { "type": "array", "maxItems": {{n}}, "items": { "maxLength": {{n}} } } }
                """,
            13 => $$"""{ "type": "integer", "minimum": {{Numbers.Extreme(random)}}, "maximum": {{Numbers.Extreme(random)}} }""",
            14 => $$"""{ "type": "string", "pattern": {{JsonValue.Create(RegexKind.Expression(random)).ToJsonString()}} }""",
            _ => $$"""
                { "type": "number", "minimum": {{random.Next(-9, 9)}}.{{new string('1', Math.Min(n, 400))}}, "maximum": 1e{{random.Next(400)}} }
                """,
        };
    }
}
