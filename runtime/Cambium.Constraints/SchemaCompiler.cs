using System.Globalization;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// Writes a JSON schema into a grammar: a rule for every subschema, named by its JSON pointer, so that references are calls. Whatever the grammar matches the schema validates;
/// not the other way round, because one spelling of a value is enough. What it does not know it refuses.
/// </summary>
internal sealed partial class SchemaCompiler
{
    public const int MaxLength = 1 << 20;

    /// <summary>How deep a schema may be nested; what looks at it calls itself.</summary>
    public const int MaxDepth = 128;

    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "$schema", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    };

    private static readonly Dictionary<string, JsonTypes> Assertions = new(StringComparer.Ordinal)
    {
        ["properties"] = JsonTypes.Object,
        ["required"] = JsonTypes.Object,
        ["additionalProperties"] = JsonTypes.Object,
        ["items"] = JsonTypes.Array,
        ["prefixItems"] = JsonTypes.Array,
        ["minItems"] = JsonTypes.Array,
        ["maxItems"] = JsonTypes.Array,
        ["minLength"] = JsonTypes.String,
        ["maxLength"] = JsonTypes.String,
        ["pattern"] = JsonTypes.String,
        ["format"] = JsonTypes.String,
        ["minimum"] = JsonTypes.AnyNumber,
        ["maximum"] = JsonTypes.AnyNumber,
        ["exclusiveMinimum"] = JsonTypes.AnyNumber,
        ["exclusiveMaximum"] = JsonTypes.AnyNumber,
    };

    // Keywords that say all there is to say: nothing but annotations beside them.
    private static readonly string[] Alone = ["$ref", "const", "enum", "anyOf", "oneOf", "allOf"];

    private readonly JsonElement _root;
    private readonly GrammarBuilder _grammar = new("schema");
    private readonly Dictionary<string, int> _rules = new(StringComparer.Ordinal);
    private readonly Queue<(JsonElement Schema, string Path, int Rule)> _pending = new();

    private SchemaCompiler(JsonElement root) => _root = root;

    /// <param name="schema">Of at most <see cref="MaxLength"/> and <see cref="MaxDepth"/>.</param>
    /// <exception cref="ConstraintException">A keyword is not supported, or nothing can satisfy the schema.</exception>
    public static Grammar Compile(JsonElement schema)
    {
        RefuseHalfCharacters(schema, "#");
        var compiler = new SchemaCompiler(schema);
        compiler.RuleOf(schema, "#");
        while (compiler._pending.TryDequeue(out var next))
            compiler.Write(next.Schema, next.Path, compiler._grammar[next.Rule]);
        return compiler._grammar.Build();
    }

    // Written later: schemas may refer to themselves.
    private int RuleOf(JsonElement schema, string path)
    {
        if (_rules.TryGetValue(path, out var rule))
            return rule;
        _rules[path] = rule = _grammar.NewRule(path);
        _pending.Enqueue((schema, path, rule));
        return rule;
    }

    private void Write(JsonElement schema, string path, Rule rule)
    {
        switch (schema.ValueKind)
        {
            case JsonValueKind.True:
                _grammar.Call(rule.Start, AnyValue(), rule.End);
                return;
            case JsonValueKind.False:
                return;
            case not JsonValueKind.Object:
                throw Wrong(path, null, $"is {Shorten(schema)}, expected a schema: an object, true or false");
        }

        RefuseUnsupported(schema, path);
        foreach (var keyword in Alone)
        {
            if (!schema.TryGetProperty(keyword, out var value))
                continue;
            foreach (var other in schema.EnumerateObject())
            {
                if (other.Name != keyword && !Annotations.Contains(other.Name) && !(other.Name == "$id" && path == "#") && !(other.Name == "type" && keyword is "const" or "enum"))
                    throw new ConstraintException($"'{other.Name}' beside '{keyword}' is not supported in schemas that constrain output (at {path}).", other.Name, path);
            }

            WriteAlone(keyword, value, schema, path, rule);
            return;
        }

        WriteTypes(schema, path, rule);
    }

    private void WriteAlone(string keyword, JsonElement value, JsonElement schema, string path, Rule rule)
    {
        switch (keyword)
        {
            case "$ref":
                var (target, at) = Resolve(value, path);
                _grammar.Call(rule.Start, RuleOf(target, at), rule.End);
                break;
            case "const" or "enum":
                WriteLiterals(keyword == "enum" ? List(value, path, keyword) : [value], schema, path, rule);
                break;
            case "allOf":
                if (List(value, path, keyword) is not [var only])
                    throw new ConstraintException($"'allOf' of more than one schema is not supported in schemas that constrain output (at {path}); write the one that they are together.", keyword, path);
                _grammar.Call(rule.Start, RuleOf(only, $"{path}/allOf/0"), rule.End);
                break;
            default:
                var alternatives = List(value, path, keyword);
                if (keyword == "oneOf")
                    RefuseOverlaps(alternatives, path);
                for (var i = 0; i < alternatives.Count; i++)
                    _grammar.Call(rule.Start, RuleOf(alternatives[i], $"{path}/{keyword}/{i}"), rule.End);
                break;
        }
    }

    private void WriteLiterals(IReadOnlyList<JsonElement> values, JsonElement schema, string path, Rule rule)
    {
        var types = TypesOf(schema, path) ?? JsonTypes.All;
        _grammar.OneOf(rule.Start, values.Where(value => (TypeOf(value, path) & types) != 0).Select(JsonText.Of), rule.End);
    }

    private void WriteTypes(JsonElement schema, string path, Rule rule)
    {
        // Without a type whatever the keywords do not speak of would be valid as well; what they speak of is meant.
        var spoken = schema.EnumerateObject().Aggregate(JsonTypes.None, static (types, keyword) => types | Assertions.GetValueOrDefault(keyword.Name));
        var types = TypesOf(schema, path) ?? (spoken == 0 ? JsonTypes.All : spoken);
        if (types == JsonTypes.All && spoken == 0)
        {
            _grammar.Call(rule.Start, AnyValue(), rule.End);
            return;
        }

        if (types.HasFlag(JsonTypes.Null))
            _grammar.Skip(_grammar.Text(rule.Start, "null"), rule.End);
        if (types.HasFlag(JsonTypes.Boolean))
            _grammar.OneOf(rule.Start, ["true", "false"], rule.End);
        if (types.HasFlag(JsonTypes.Fraction))
            WriteNumber(schema, path, rule, integer: false);
        else if (types.HasFlag(JsonTypes.Integer))
            WriteNumber(schema, path, rule, integer: true);
        if (types.HasFlag(JsonTypes.String))
            WriteString(schema, path, rule);
        if (types.HasFlag(JsonTypes.Array))
            WriteArray(schema, path, rule);
        if (types.HasFlag(JsonTypes.Object))
            WriteObject(schema, path, rule);
    }

    // JSON can spell half of a surrogate pair, which no text has. Afterwards every name and text may be asked for.
    private static void RefuseHalfCharacters(JsonElement value, string path)
    {
        try
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    _ = value.GetString();
                    break;
                case JsonValueKind.Array:
                    foreach (var (i, item) in value.EnumerateArray().Index())
                        RefuseHalfCharacters(item, $"{path}/{i}");
                    break;
                case JsonValueKind.Object:
                    foreach (var member in value.EnumerateObject())
                        RefuseHalfCharacters(member.Value, $"{path}/{Escape(member.Name)}");
                    break;
            }
        }
        catch (InvalidOperationException)
        {
            throw new ConstraintException($"The schema has half of a surrogate pair in a text or name at {path}.", null, path);
        }
    }

    private static void RefuseUnsupported(JsonElement schema, string path)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            if (keyword.Name == "type" || Annotations.Contains(keyword.Name) || Assertions.ContainsKey(keyword.Name) || Alone.Contains(keyword.Name) || (keyword.Name == "$id" && path == "#"))
                continue;
            throw new ConstraintException($"The keyword '{keyword.Name}' is not supported in schemas that constrain output (at {path}).", keyword.Name, path);
        }
    }

    private (JsonElement Target, string Path) Resolve(JsonElement reference, string path)
    {
        var text = reference.ValueKind == JsonValueKind.String ? reference.GetString()! : throw Wrong(path, "$ref", $"is {Shorten(reference)}, expected text");
        if (text != "#" && !text.StartsWith("#/", StringComparison.Ordinal))
            throw new ConstraintException($"The reference '$ref': {Shorten(reference)} is not supported in schemas that constrain output (at {path}); only pointers within the schema are, such as #/$defs/name.", "$ref", path);
        var (at, where) = (_root, "#");
        foreach (var part in text.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var found = at.ValueKind switch
            {
                JsonValueKind.Object when at.TryGetProperty(name, out var member) => member,
                JsonValueKind.Array when int.TryParse(name, out var index) && index >= 0 && index < at.GetArrayLength() => at[index],
                _ => throw Wrong(path, "$ref", $"is {Shorten(reference)}, and {Shorten(where)} has no '{Shorten(name)}'"),
            };
            (at, where) = (found, $"{where}/{Escape(name)}");
        }

        return (at, where);
    }

    private static JsonTypes? TypesOf(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("type", out var type))
            return null;
        return (type.ValueKind == JsonValueKind.Array ? List(type, path, "type") : [type]).Aggregate(JsonTypes.None, (types, name) => types | (name.ValueKind == JsonValueKind.String ? name.GetString() : null) switch
        {
            "null" => JsonTypes.Null,
            "boolean" => JsonTypes.Boolean,
            "integer" => JsonTypes.Integer,
            "number" => JsonTypes.AnyNumber,
            "string" => JsonTypes.String,
            "array" => JsonTypes.Array,
            "object" => JsonTypes.Object,
            _ => throw Wrong(path, "type", $"is {Shorten(name)}, expected null, boolean, integer, number, string, array or object"),
        });
    }

    private static JsonTypes TypeOf(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonTypes.Null,
        JsonValueKind.True or JsonValueKind.False => JsonTypes.Boolean,
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        _ => Exactly(value) is not { } number ? throw Wrong(path, null, $"has {Shorten(value)}, expected a number of at most 28 digits")
            : number == decimal.Truncate(number) ? JsonTypes.Integer
            : JsonTypes.Fraction,
    };

    // Null where a decimal would be rounded.
    private static decimal? Exactly(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && JsonElement.DeepEquals(value, JsonElement.Parse(number.ToString(CultureInfo.InvariantCulture))) ? number : null;

    private static IReadOnlyList<JsonElement> List(JsonElement value, string path, string keyword) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 ? [.. value.EnumerateArray()] : throw Wrong(path, keyword, $"is {Shorten(value)}, expected a list that is not empty");

    private static int? Count(JsonElement schema, string path, string keyword)
    {
        if (!schema.TryGetProperty(keyword, out var value))
            return null;
        return Exactly(value) is { } count && count >= 0 && count == decimal.Truncate(count)
            ? (int)Math.Min(count, int.MaxValue)
            : throw Wrong(path, keyword, $"is {Shorten(value)}, expected a number of 0, 1, 2, ...");
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string Shorten(JsonElement value) => Shorten(value.GetRawText());

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..37] + "...";

    private static ConstraintException Wrong(string path, string? keyword, string what) =>
        new(keyword is null ? $"The schema at {path} {what}." : $"The keyword '{keyword}' at {path} {what}.", keyword, path);
}
