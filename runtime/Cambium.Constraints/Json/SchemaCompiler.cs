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

    // Keywords that may make a schema stand for another one.
    private static readonly string[] Followable = ["$ref", "allOf", "anyOf", "oneOf"];

    private readonly CancellationToken _cancellation;
    private readonly GrammarBuilder _grammar;
    private readonly SchemaDocument _document;
    private readonly SchemaRules _schemas;
    private readonly OneOfCheck _oneOf;
    private readonly JsonRules _json;
    private readonly NumberCompiler _numbers;
    private readonly StringCompiler _strings;
    private readonly ArrayCompiler _arrays;
    private readonly ObjectCompiler _objects;

    private SchemaCompiler(SchemaDocument document, CancellationToken cancellation)
    {
        _document = document;
        _cancellation = cancellation;
        _grammar = new GrammarBuilder("schema", cancellation);
        _schemas = new SchemaRules(_grammar, Followed);
        _oneOf = new OneOfCheck(document, cancellation);
        _json = new JsonRules(_grammar);
        _numbers = new NumberCompiler(_grammar, _json);
        _strings = new StringCompiler(_grammar, _json);
        _arrays = new ArrayCompiler(_grammar, _json, _schemas);
        _objects = new ObjectCompiler(_grammar, _json, _schemas);
    }

    /// <param name="schema">Of at most <see cref="MaxLength"/> characters and <see cref="MaxDepth"/> levels.</param>
    /// <param name="cancellation">Ends the compilation.</param>
    /// <exception cref="ConstraintException">A keyword is not supported, or nothing can satisfy the schema.</exception>
    public static Grammar Compile(JsonElement schema, CancellationToken cancellation)
    {
        var document = new SchemaDocument(schema);
        var compiler = new SchemaCompiler(document, cancellation);
        compiler._schemas.RuleOf(schema, document.RootPath);
        while (compiler._schemas.TryTake(out var next))
        {
            cancellation.ThrowIfCancellationRequested();
            compiler.Write(next.Schema, next.Path, next.Rule);
        }

        return compiler._grammar.Build();
    }

    /// <summary>The schema that a schema stands for: the target of its <c>$ref</c>, or the only schema of its <c>allOf</c>.</summary>
    private (JsonElement Schema, SchemaPath Path)? Followed(JsonElement schema, SchemaPath path)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (schema.ValueKind != JsonValueKind.Object || Array.Find(Followable, keyword => schema.TryGetProperty(keyword, out _)) is not { } keyword)
            return null;
        var value = schema.GetProperty(keyword);
        if (keyword is "anyOf" or "oneOf" && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1))
            return null;
        RefuseUnsupported(schema, path);
        RefuseOthers(schema, keyword, path);
        if (keyword == "$ref")
            return _document.Resolve(value, path);
        return SchemaReader.List(value, path, keyword) is [var only]
            ? (only, path.Add(keyword).Add(0))
            : throw new ConstraintException(
                $"'allOf' of more than one schema is not supported in schemas that constrain output (at {path}); "
                    + "write one schema that says the same.",
                keyword, path.ToString());
    }

    private void Write(JsonElement schema, SchemaPath path, Rule rule)
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

    private void WriteAlone(string keyword, JsonElement value, JsonElement schema, SchemaPath path, Rule rule)
    {
        switch (keyword)
        {
            case "const" or "enum":
                WriteLiterals(keyword == "enum" ? SchemaReader.List(value, path, keyword) : [value], schema, path, rule);
                break;
            default:
                var alternatives = SchemaReader.List(value, path, keyword);
                if (keyword == "oneOf")
                    _oneOf.RequireDisjoint(alternatives, path);
                for (var i = 0; i < alternatives.Count; i++)
                    _grammar.Call(rule.Start, _schemas.RuleOf(alternatives[i], path.Add(keyword).Add(i)), rule.End);
                break;
        }
    }

    private void WriteLiterals(IReadOnlyList<JsonElement> values, JsonElement schema, SchemaPath path, Rule rule)
    {
        var types = SchemaReader.Types(schema, path) ?? JsonTypes.All;
        _grammar.OneOf(rule.Start, values.Where(value => (SchemaReader.TypeOf(value, path) & types) != 0).Select(JsonText.Of), rule.End);
    }

    private void WriteTypes(JsonElement schema, SchemaPath path, Rule rule)
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

    private static void RefuseUnsupported(JsonElement schema, SchemaPath path)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            var isKnown = keyword.Name == "type" || Annotations.Contains(keyword.Name)
                || Assertions.ContainsKey(keyword.Name) || Alone.Contains(keyword.Name)
                || IsId(keyword.Name, path);
            if (!isKnown)
            {
                throw new ConstraintException(
                    $"The keyword '{keyword.Name}' is not supported in schemas that constrain output (at {path}).", keyword.Name, path.ToString());
            }
        }
    }

    private static void RefuseOthers(JsonElement schema, string keyword, SchemaPath path)
    {
        foreach (var other in schema.EnumerateObject())
        {
            var mayFollow = other.Name == keyword || Annotations.Contains(other.Name)
                || IsId(other.Name, path) || (other.Name == "type" && keyword is "const" or "enum");
            if (!mayFollow)
            {
                throw new ConstraintException(
                    $"'{other.Name}' together with '{keyword}' is not supported in schemas that constrain output (at {path}).",
                    other.Name, path.ToString());
            }
        }
    }

    private static bool IsId(string keyword, SchemaPath path) => keyword == "$id" && path.IsRoot;
}
