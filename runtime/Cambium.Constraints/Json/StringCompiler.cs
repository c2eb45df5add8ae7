using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>
/// Compiles the keywords of strings: <c>pattern</c>, <c>format</c>, <c>contentEncoding</c>, <c>minLength</c>, <c>maxLength</c>, and strings that a
/// <c>not</c> excludes. Several of them are intersected.
/// </summary>
internal sealed class StringCompiler(GrammarBuilder grammar, JsonRules json, IgnoredKeywords ignored)
{
    // RFC 3339 without February 29th, which only leap years have, and without leap seconds. Offsets are those that exist: up to 14 hours.
    private const string Date = "[12][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)";
    private const string Time =
        @"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+\-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))";

    // Without the bits of the last digit that encode nothing.
    private const string Base64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?";

    private const string Label = "[A-Za-z0-9]([A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?";

    private static readonly Dictionary<string, string> Formats = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "T" + Time,
        ["duration"] = "P([0-9]{1,4}D(T([0-9]{1,2}H)?[0-9]{1,2}M)?|T([0-9]{1,2}H([0-9]{1,2}M([0-9]{1,2}S)?)?|[0-9]{1,2}M([0-9]{1,2}S)?|[0-9]{1,2}S))",
        ["uuid"] = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ["email"] = $"[A-Za-z0-9_+\\-]+(\\.[A-Za-z0-9_+\\-]+){{0,8}}@{Label}(\\.{Label}){{0,3}}\\.[A-Za-z]{{2,24}}",
        ["ipv4"] = @"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}",
        ["ipv6"] = "([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}",
    };

    // Formats of the specification that restrict the text. Any other format, such as uri or int64, is an annotation.
    private static readonly HashSet<string> Refused = new(StringComparer.Ordinal)
    {
        "hostname", "idn-hostname", "idn-email", "uri-template", "json-pointer", "relative-json-pointer", "regex",
    };

    private readonly TextIntersection _intersection = new(grammar, (from, set, to) => JsonText.Set(grammar, from, set, to));

    /// <param name="schema">A schema that allows strings.</param>
    /// <param name="path">Its place.</param>
    /// <param name="denied">Strings that it does not allow.</param>
    /// <param name="rule">The rule of the schema.</param>
    public void Write(JsonElement schema, SchemaPath path, IReadOnlyList<string> denied, Rule rule)
    {
        var (least, most) = Lengths(schema, path);
        var expressions = Expressions(schema, path);
        var isLimited = least > 0 || most is not null;
        if (expressions.Count == 0 && denied.Count == 0 && !isLimited)
        {
            grammar.Call(rule.Start, json.String(), rule.End);
            return;
        }

        var at = grammar.Text(rule.Start, "\"");
        var end = grammar.NewState();
        grammar.Byte(end, (byte)'"', (byte)'"', rule.End);
        if (expressions.Count == 0 && denied.Count == 0)
        {
            WriteCharacters(at, least, most, end);
            return;
        }

        if (expressions is [var only] && denied.Count == 0 && !isLimited)
        {
            new RegexCompiler(grammar, (from, set, to) => JsonText.Set(grammar, from, set, to)).Search(only, at, end);
            return;
        }

        var conditions = Conditions(expressions, least, most);
        if (denied.Count > 0)
            conditions.Add(new TextCondition.Except(denied));
        _intersection.Write(conditions, at, end);
    }

    /// <summary>Which of these strings the keywords allow.</summary>
    public IEnumerable<string> Allowed(JsonElement schema, SchemaPath path, IEnumerable<string> texts)
    {
        var (least, most) = Lengths(schema, path);
        var conditions = Conditions(Expressions(schema, path), least, most);
        return texts.Where(text => conditions.All(condition => condition.Matches(text)));
    }

    private static (int Least, int? Most) Lengths(JsonElement schema, SchemaPath path) =>
        (SchemaReader.Count(schema, path, "minLength") ?? 0, SchemaReader.Count(schema, path, "maxLength"));

    private static List<TextCondition> Conditions(IEnumerable<IReadOnlyList<RegexAlternative>> expressions, int least, int? most)
    {
        List<TextCondition> conditions = [.. expressions.Select(static expression => new TextCondition.Pattern(expression, "schema"))];
        if (least > 0 || most is not null)
            conditions.Add(new TextCondition.Length(least, most));
        return conditions;
    }

    private List<IReadOnlyList<RegexAlternative>> Expressions(JsonElement schema, SchemaPath path)
    {
        var expressions = new List<IReadOnlyList<RegexAlternative>>();
        if (schema.TryGetProperty("pattern", out var pattern))
            expressions.Add(Expression(pattern, path));
        if (schema.TryGetProperty("format", out var format) && Format(format, path) is { } formatted)
            expressions.Add(formatted);
        if (schema.TryGetProperty("contentEncoding", out var encoding))
            expressions.Add(Encoding(encoding, path));
        return expressions;
    }

    private void WriteCharacters(int at, int least, int? most, int end)
    {
        for (var i = 0; i < least; i++)
            at = grammar.Call(at, json.Character());
        for (var i = least; i < most; i++)
        {
            grammar.Skip(at, end);
            at = grammar.Call(at, json.Character());
        }

        if (most is null)
            grammar.Call(at, json.Character(), at);
        if (!(most < least))
            grammar.Skip(at, end);
    }

    private static IReadOnlyList<RegexAlternative> Expression(JsonElement pattern, SchemaPath path) => RegexParser.Parse(
        pattern.ValueKind == JsonValueKind.String
            ? pattern.GetString()!
            : throw SchemaReader.Error(path, "pattern", $"is {SchemaReader.Shorten(pattern)}, expected a string"),
        RegexDialect.EcmaScript,
        path.Add("pattern"));

    private static IReadOnlyList<RegexAlternative> Encoding(JsonElement encoding, SchemaPath path) =>
        encoding.ValueKind == JsonValueKind.String && encoding.ValueEquals("base64")
            ? RegexParser.Parse($"^({Base64})$", RegexDialect.EcmaScript)
            : throw SchemaReader.Error(
                path, "contentEncoding", $"is {SchemaReader.Shorten(encoding)}; supported in schemas that constrain output is base64");

    private IReadOnlyList<RegexAlternative>? Format(JsonElement format, SchemaPath path)
    {
        var name = format.ValueKind == JsonValueKind.String ? format.GetString()! : null;
        if (name is not null && Formats.TryGetValue(name, out var expression))
            return RegexParser.Parse($"^({expression})$", RegexDialect.EcmaScript);
        if (name is null || Refused.Contains(name))
        {
            throw new ConstraintException(
                $"The keyword 'format' is {SchemaReader.Shorten(format)} at {path}; "
                    + $"supported in schemas that constrain output are {string.Join(", ", Formats.Keys)}.",
                "format", path.ToString());
        }

        ignored.Add("format", format, path);
        return null;
    }
}
