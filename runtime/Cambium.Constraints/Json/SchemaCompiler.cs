using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// Compiles a JSON schema to a grammar: one rule for each subschema, named by its JSON pointer, so that a reference is a call. The schema validates
/// everything that the grammar matches. The converse does not hold, because one spelling of a value is enough. An unsupported keyword is an error.
/// </summary>
internal sealed class SchemaCompiler
{
    public const int MaxLength = 1 << 20;

    /// <summary>Deepest nesting of a schema; the checks recurse.</summary>
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

    // Keywords that may have only annotations next to them.
    private static readonly string[] Alone = ["$ref", "const", "enum", "anyOf", "oneOf", "allOf"];

    private readonly GrammarBuilder _grammar = new("schema");
    private readonly SchemaDocument _document;
    private readonly SchemaRules _schemas;
    private readonly OneOfCheck _oneOf;
    private readonly JsonRules _json;
    private readonly NumberCompiler _numbers;
    private readonly StringCompiler _strings;
    private readonly ArrayCompiler _arrays;
    private readonly ObjectCompiler _objects;

    private SchemaCompiler(SchemaDocument document)
    {
        _document = document;
        _schemas = new SchemaRules(_grammar);
        _oneOf = new OneOfCheck(document);
        _json = new JsonRules(_grammar);
        _numbers = new NumberCompiler(_grammar, _json);
        _strings = new StringCompiler(_grammar, _json);
        _arrays = new ArrayCompiler(_grammar, _json, _schemas);
        _objects = new ObjectCompiler(_grammar, _json, _schemas);
    }

    /// <param name="schema">Of at most <see cref="MaxLength"/> characters and <see cref="MaxDepth"/> levels.</param>
    /// <exception cref="ConstraintException">A keyword is not supported, or nothing can satisfy the schema.</exception>
    public static Grammar Compile(JsonElement schema)
    {
        var compiler = new SchemaCompiler(new SchemaDocument(schema));
        compiler._schemas.RuleOf(schema, "#");
        while (compiler._schemas.TryTake(out var next))
            compiler.Write(next.Schema, next.Path, next.Rule);
        return compiler._grammar.Build();
    }

    private void Write(JsonElement schema, string path, Rule rule)
    {
        switch (schema.ValueKind)
        {
            case JsonValueKind.True:
                _grammar.Call(rule.Start, _json.Value(), rule.End);
                return;
            case JsonValueKind.False:
                return;
            case not JsonValueKind.Object:
                throw SchemaReader.Error(path, null, $"is {SchemaReader.Shorten(schema)}, expected a schema: an object, true or false");
        }

        RefuseUnsupported(schema, path);
        foreach (var keyword in Alone)
        {
            if (!schema.TryGetProperty(keyword, out var value))
                continue;
            RefuseOthers(schema, keyword, path);
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
                var (target, at) = _document.Resolve(value, path);
                _grammar.Call(rule.Start, _schemas.RuleOf(target, at), rule.End);
                break;
            case "const" or "enum":
                WriteLiterals(keyword == "enum" ? SchemaReader.List(value, path, keyword) : [value], schema, path, rule);
                break;
            case "allOf":
                if (SchemaReader.List(value, path, keyword) is not [var only])
                {
                    throw new ConstraintException(
                        $"'allOf' of more than one schema is not supported in schemas that constrain output (at {path}); "
                            + "write one schema that says the same.",
                        keyword, path);
                }

                _grammar.Call(rule.Start, _schemas.RuleOf(only, $"{path}/allOf/0"), rule.End);
                break;
            default:
                var alternatives = SchemaReader.List(value, path, keyword);
                if (keyword == "oneOf")
                    _oneOf.RequireDisjoint(alternatives, path);
                for (var i = 0; i < alternatives.Count; i++)
                    _grammar.Call(rule.Start, _schemas.RuleOf(alternatives[i], $"{path}/{keyword}/{i}"), rule.End);
                break;
        }
    }

    private void WriteLiterals(IReadOnlyList<JsonElement> values, JsonElement schema, string path, Rule rule)
    {
        var types = SchemaReader.Types(schema, path) ?? JsonTypes.All;
        _grammar.OneOf(rule.Start, values.Where(value => (SchemaReader.TypeOf(value, path) & types) != 0).Select(JsonText.Of), rule.End);
    }

    private void WriteTypes(JsonElement schema, string path, Rule rule)
    {
        // Without 'type' a schema also accepts every type that its keywords do not mention. Only the mentioned types are written: they are what the
        // author means.
        var mentioned = schema.EnumerateObject().Aggregate(
            JsonTypes.None, static (types, keyword) => types | Assertions.GetValueOrDefault(keyword.Name));
        var types = SchemaReader.Types(schema, path) ?? (mentioned == 0 ? JsonTypes.All : mentioned);
        if (types == JsonTypes.All && mentioned == 0)
        {
            _grammar.Call(rule.Start, _json.Value(), rule.End);
            return;
        }

        if (types.HasFlag(JsonTypes.Null))
            _grammar.Skip(_grammar.Text(rule.Start, "null"), rule.End);
        if (types.HasFlag(JsonTypes.Boolean))
            _grammar.OneOf(rule.Start, ["true", "false"], rule.End);
        if (types.HasFlag(JsonTypes.Fraction))
            _numbers.Write(schema, path, rule, integer: false);
        else if (types.HasFlag(JsonTypes.Integer))
            _numbers.Write(schema, path, rule, integer: true);
        if (types.HasFlag(JsonTypes.String))
            _strings.Write(schema, path, rule);
        if (types.HasFlag(JsonTypes.Array))
            _arrays.Write(schema, path, rule);
        if (types.HasFlag(JsonTypes.Object))
            _objects.Write(schema, path, rule);
    }

    private static void RefuseUnsupported(JsonElement schema, string path)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            var isKnown = keyword.Name == "type" || Annotations.Contains(keyword.Name)
                || Assertions.ContainsKey(keyword.Name) || Alone.Contains(keyword.Name)
                || IsId(keyword.Name, path);
            if (!isKnown)
            {
                throw new ConstraintException(
                    $"The keyword '{keyword.Name}' is not supported in schemas that constrain output (at {path}).", keyword.Name, path);
            }
        }
    }

    private static void RefuseOthers(JsonElement schema, string keyword, string path)
    {
        foreach (var other in schema.EnumerateObject())
        {
            var mayFollow = other.Name == keyword || Annotations.Contains(other.Name)
                || IsId(other.Name, path) || (other.Name == "type" && keyword is "const" or "enum");
            if (!mayFollow)
            {
                throw new ConstraintException(
                    $"'{other.Name}' together with '{keyword}' is not supported in schemas that constrain output (at {path}).", other.Name, path);
            }
        }
    }

    private static bool IsId(string keyword, string path) => keyword == "$id" && path == "#";
}
