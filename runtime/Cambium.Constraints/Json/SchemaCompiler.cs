using System.Runtime.InteropServices;
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

    // Keywords of OpenAPI, of OpenAI and of the specification that do not restrict the value. They are reported, because authors may expect more.
    private static readonly HashSet<string> Remarks = new(StringComparer.Ordinal)
    {
        "discriminator", "nullable", "strict", "example", "externalDocs", "xml", "contentMediaType", "contentSchema",
    };

    private static readonly Dictionary<string, JsonTypes> Assertions = new(StringComparer.Ordinal)
    {
        ["properties"] = JsonTypes.Object,
        ["required"] = JsonTypes.Object,
        ["additionalProperties"] = JsonTypes.Object,
        ["propertyNames"] = JsonTypes.Object,
        ["items"] = JsonTypes.Array,
        ["prefixItems"] = JsonTypes.Array,
        ["minItems"] = JsonTypes.Array,
        ["maxItems"] = JsonTypes.Array,
        ["uniqueItems"] = JsonTypes.Array,
        ["minLength"] = JsonTypes.String,
        ["maxLength"] = JsonTypes.String,
        ["pattern"] = JsonTypes.String,
        ["format"] = JsonTypes.String,
        ["contentEncoding"] = JsonTypes.String,
        ["minimum"] = JsonTypes.AnyNumber,
        ["maximum"] = JsonTypes.AnyNumber,
        ["exclusiveMinimum"] = JsonTypes.AnyNumber,
        ["exclusiveMaximum"] = JsonTypes.AnyNumber,
        ["multipleOf"] = JsonTypes.AnyNumber,
    };

    // Keywords that may have only annotations next to them, and some of them types, names or excluded values.
    private static readonly string[] Alone = ["$ref", "const", "enum", "anyOf", "oneOf", "allOf"];

    // Alternatives are written by recursion, so this also bounds the stack.
    private const int MaxNarrowed = 1000;

    // Each alternative is copied with the keywords next to it, and may refer to one large schema.
    private const long MaxNarrowedBytes = 8L << 20;

    private const int MaxReferences = 64;

    // Keywords that may make a schema stand for another one.
    private static readonly string[] Followable = ["$ref", "allOf", "anyOf", "oneOf"];

    private readonly IgnoredKeywords _ignored = new();
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
    private int _narrowed;
    private long _narrowedBytes;

    private SchemaCompiler(SchemaDocument document, CancellationToken cancellation)
    {
        _document = document;
        _cancellation = cancellation;
        _grammar = new GrammarBuilder("schema", cancellation);
        _schemas = new SchemaRules(_grammar, Followed);
        _oneOf = new OneOfCheck(document, cancellation);
        _json = new JsonRules(_grammar);
        _numbers = new NumberCompiler(_grammar, _json);
        _strings = new StringCompiler(_grammar, _json, _ignored);
        _arrays = new ArrayCompiler(_grammar, _json, _schemas);
        _objects = new ObjectCompiler(_grammar, _json, _schemas, _ignored);
    }

    /// <param name="schema">Of at most <see cref="MaxLength"/> characters and <see cref="MaxDepth"/> levels.</param>
    /// <param name="cancellation">Ends the compilation.</param>
    /// <returns>The grammar, and the keywords that have no effect with their places.</returns>
    /// <exception cref="ConstraintException">A keyword is not supported, or nothing can satisfy the schema.</exception>
    public static (Grammar Grammar, IReadOnlyList<string> Ignored) Compile(JsonElement schema, CancellationToken cancellation)
    {
        var document = new SchemaDocument(schema);
        var compiler = new SchemaCompiler(document, cancellation);
        compiler._schemas.RuleOf(schema, document.RootPath);
        while (compiler._schemas.TryTake(out var next))
        {
            cancellation.ThrowIfCancellationRequested();
            compiler.Write(next.Schema, next.Path, next.Rule);
        }

        return (compiler._grammar.Build(), compiler._ignored.Keywords);
    }

    /// <summary>The schema that a schema stands for: the target of its <c>$ref</c>, or the only schema of its <c>allOf</c>.</summary>
    private (JsonElement Schema, SchemaPath Path)? Followed(JsonElement schema, SchemaPath path)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (schema.ValueKind != JsonValueKind.Object || Array.Find(Followable, keyword => schema.TryGetProperty(keyword, out _)) is not { } keyword)
            return null;
        var value = schema.GetProperty(keyword);
        if (keyword is "anyOf" or "oneOf"
            && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 && SharedKeywords.Of(schema, path) is null))
        {
            return null;
        }

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
                if (SharedKeywords.Of(schema, path) is { } shared)
                {
                    WriteNarrowed(alternatives, shared, keyword, path, rule);
                    break;
                }

                if (keyword == "oneOf")
                    _oneOf.RequireDisjoint(alternatives, path);
                for (var i = 0; i < alternatives.Count; i++)
                    _grammar.Call(rule.Start, _schemas.RuleOf(alternatives[i], path.Add(keyword).Add(i)), rule.End);
                break;
        }
    }

    // Written into the rule of the whole, because the place of an alternative stands for the alternative alone: a reference may lead to it.
    private void WriteNarrowed(IReadOnlyList<JsonElement> alternatives, SharedKeywords shared, string keyword, SchemaPath path, Rule rule)
    {
        if ((_narrowed += alternatives.Count) > MaxNarrowed)
        {
            throw new ConstraintException(
                $"'{keyword}' at {path} has more than {MaxNarrowed} alternatives with the 'type' or 'required' next to it, "
                    + "or leads back to itself by '$ref'.",
                keyword, path.ToString());
        }

        var narrowed = alternatives.Select((alternative, i) =>
        {
            _cancellation.ThrowIfCancellationRequested();
            var (target, at) = Target(alternative, path.Add(keyword).Add(i));
            var schema = shared.AddTo(target, at);
            if ((_narrowedBytes += JsonMarshal.GetRawUtf8Value(schema).Length) > MaxNarrowedBytes)
            {
                throw new ConstraintException(
                    $"'{keyword}' at {path} has alternatives that are together with the 'type' or 'required' next to it larger than "
                        + $"{MaxNarrowedBytes} bytes.",
                    keyword, path.ToString());
            }

            return (Schema: schema, Path: at);
        }).ToArray();
        if (keyword == "oneOf")
            _oneOf.RequireDisjoint([.. narrowed.Select(static schema => schema.Schema)], path);
        foreach (var (schema, at) in narrowed)
            Write(schema, at, rule);
    }

    // The schema at the end of a chain of references.
    private (JsonElement Schema, SchemaPath Path) Target(JsonElement schema, SchemaPath path)
    {
        for (var i = 0; schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference); i++)
        {
            if (i == MaxReferences)
            {
                throw new ConstraintException(
                    $"A chain of more than {MaxReferences} '$ref' begins at {path}; refer to the last schema.", "$ref", path.ToString());
            }

            RefuseUnsupported(schema, path);
            RefuseOthers(schema, "$ref", path);
            (schema, path) = _document.Resolve(reference, path);
        }

        return (schema, path);
    }

    private void WriteLiterals(IReadOnlyList<JsonElement> values, JsonElement schema, SchemaPath path, Rule rule)
    {
        var types = SchemaReader.Types(schema, path) ?? JsonTypes.All;
        var denied = DeniedValues.Of(schema, path);
        JsonElement[] left = [.. values.Where(value => (SchemaReader.TypeOf(value, path) & types) != 0 && !denied.Contains(value, path))];
        var texts = Of(JsonValueKind.String).Select(static value => value.GetString()!);
        var numbers = Of(JsonValueKind.Number).Select(static value => SchemaReader.Decimal(value)!.Value);
        var allowedTexts = _strings.Allowed(schema, path, texts).ToHashSet(StringComparer.Ordinal);
        var allowedNumbers = NumberCompiler.Allowed(schema, path, numbers).ToHashSet();
        _grammar.OneOf(rule.Start, left.Where(IsAllowed).Select(JsonText.Of), rule.End);

        IEnumerable<JsonElement> Of(JsonValueKind kind) => left.Where(value => value.ValueKind == kind);

        bool IsAllowed(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => allowedTexts.Contains(value.GetString()!),
            JsonValueKind.Number => allowedNumbers.Contains(SchemaReader.Decimal(value)!.Value),
            _ => true,
        };
    }

    private void WriteTypes(JsonElement schema, SchemaPath path, Rule rule)
    {
        // Without 'type' a schema also accepts every type that its keywords do not mention. Only the mentioned types are written: they are what the
        // author means.
        var mentioned = schema.EnumerateObject().Aggregate(
            JsonTypes.None, static (types, keyword) => types | Assertions.GetValueOrDefault(keyword.Name));
        var types = SchemaReader.Types(schema, path) ?? (mentioned == 0 ? JsonTypes.All : mentioned);
        var denied = DeniedValues.Of(schema, path);
        if (schema.TryGetProperty("not", out _) && (types == JsonTypes.All || denied.HasAny(types & (JsonTypes.Array | JsonTypes.Object), path)))
        {
            throw new ConstraintException(
                $"The keyword 'not' at {path} is supported in schemas that constrain output next to 'type', for strings, numbers, booleans and null.",
                "not", path.ToString());
        }

        if (types == JsonTypes.All && mentioned == 0)
        {
            _grammar.Call(rule.Start, _json.Value(), rule.End);
            return;
        }

        if (schema.TryGetProperty("format", out var format) && !types.HasFlag(JsonTypes.String))
            _ignored.Add("format", format, path);
        if (types.HasFlag(JsonTypes.Null) && !denied.Contains(JsonValueKind.Null))
            _grammar.Skip(_grammar.Text(rule.Start, "null"), rule.End);
        if (types.HasFlag(JsonTypes.Boolean) && !denied.Contains(JsonValueKind.True))
            _grammar.Skip(_grammar.Text(rule.Start, "true"), rule.End);
        if (types.HasFlag(JsonTypes.Boolean) && !denied.Contains(JsonValueKind.False))
            _grammar.Skip(_grammar.Text(rule.Start, "false"), rule.End);
        if (types.HasFlag(JsonTypes.Fraction))
            _numbers.Write(schema, path, denied.Numbers, rule, integer: false);
        else if (types.HasFlag(JsonTypes.Integer))
            _numbers.Write(schema, path, denied.Numbers, rule, integer: true);
        if (types.HasFlag(JsonTypes.String))
            _strings.Write(schema, path, denied.Strings, rule);
        if (types.HasFlag(JsonTypes.Array))
            _arrays.Write(schema, path, rule);
        if (types.HasFlag(JsonTypes.Object))
            _objects.Write(schema, path, rule);
    }

    private void RefuseUnsupported(JsonElement schema, SchemaPath path)
    {
        // Also where they do not apply to the type.
        DeniedValues.Of(schema, path);
        ArrayCompiler.RefuseUnique(schema, path);
        NumberCompiler.Step(schema, path, integer: true);
        NumberCompiler.RefuseOtherBounds(schema, path);
        foreach (var keyword in schema.EnumerateObject())
        {
            if (IsRemark(keyword.Name))
            {
                _ignored.Add(keyword.Name, keyword.Value, path);
                continue;
            }

            var isKnown = keyword.Name is "type" or "not" || Annotations.Contains(keyword.Name)
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
            var mayFollow = other.Name == keyword || Annotations.Contains(other.Name) || IsRemark(other.Name)
                || IsId(other.Name, path) || (keyword is "const" or "enum" && (other.Name is "type" or "not"
                    || Assertions.GetValueOrDefault(other.Name) is JsonTypes.String or JsonTypes.AnyNumber))
                || (SharedKeywords.Names.Contains(other.Name) && keyword is "anyOf" or "oneOf")
                || IsEmptyItems(other);
            if (!mayFollow)
            {
                throw new ConstraintException(
                    $"'{other.Name}' together with '{keyword}' is not supported in schemas that constrain output (at {path}).",
                    other.Name, path.ToString());
            }
        }
    }

    private static bool IsId(string keyword, SchemaPath path) => keyword == "$id" && path.IsRoot;

    private static bool IsRemark(string keyword) => Remarks.Contains(keyword) || keyword.StartsWith("x-", StringComparison.Ordinal);

    // .NET adds items of any kind to a reference to an array.
    private static bool IsEmptyItems(JsonProperty keyword) => keyword.Name == "items"
        && (keyword.Value.ValueKind == JsonValueKind.True
            || (keyword.Value.ValueKind == JsonValueKind.Object && keyword.Value.GetPropertyCount() == 0));
}
