using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>Compiles the keywords of strings: <c>pattern</c>, <c>format</c>, <c>minLength</c>, <c>maxLength</c>.</summary>
internal sealed class StringCompiler(GrammarBuilder grammar, JsonRules json)
{
    // RFC 3339 without February 29th, which only leap years have, and without leap seconds.
    private const string Date = "[12][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)";
    private const string Time = @"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+\-]([01][0-9]|2[0-3]):[0-5][0-9])";

    private static readonly Dictionary<string, string> Formats = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "T" + Time,
        ["uuid"] = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ["ipv4"] = @"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}",
    };

    public void Write(JsonElement schema, SchemaPath path, Rule rule)
    {
        var (least, most) = (SchemaReader.Count(schema, path, "minLength"), SchemaReader.Count(schema, path, "maxLength"));
        var expression = schema.TryGetProperty("pattern", out var pattern) ? Expression(pattern, path)
            : schema.TryGetProperty("format", out var format) ? Format(format, path)
            : null;
        if (expression is null && least is null or 0 && most is null)
        {
            grammar.Call(rule.Start, json.String(), rule.End);
            return;
        }

        var at = grammar.Text(rule.Start, "\"");
        var end = grammar.NewState();
        grammar.Byte(end, (byte)'"', (byte)'"', rule.End);
        if (expression is null)
        {
            WriteCharacters(at, least ?? 0, most, end);
            return;
        }

        RefuseOtherKeywords(schema, path);
        new RegexCompiler(grammar, (from, set, to) => JsonText.Set(grammar, from, set, to)).Search(expression, at, end);
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

    private static void RefuseOtherKeywords(JsonElement schema, SchemaPath path)
    {
        var keyword = schema.TryGetProperty("pattern", out _) ? "pattern" : "format";
        foreach (var other in (ReadOnlySpan<string>)["format", "minLength", "maxLength"])
        {
            if (other != keyword && schema.TryGetProperty(other, out _))
            {
                throw new ConstraintException(
                    $"'{other}' together with '{keyword}' is not supported in schemas that constrain output (at {path}).", other, path.ToString());
            }
        }
    }

    private static IReadOnlyList<RegexAlternative> Expression(JsonElement pattern, SchemaPath path) => RegexParser.Parse(
        pattern.ValueKind == JsonValueKind.String
            ? pattern.GetString()!
            : throw SchemaReader.Error(path, "pattern", $"is {SchemaReader.Shorten(pattern)}, expected a string"),
        RegexDialect.EcmaScript,
        path.Add("pattern"));

    private static IReadOnlyList<RegexAlternative> Format(JsonElement format, SchemaPath path) =>
        format.ValueKind == JsonValueKind.String && Formats.TryGetValue(format.GetString()!, out var expression)
            ? RegexParser.Parse($"^({expression})$", RegexDialect.EcmaScript)
            : throw new ConstraintException(
                $"The keyword 'format' is {SchemaReader.Shorten(format)} at {path}; "
                    + $"supported in schemas that constrain output are {string.Join(", ", Formats.Keys)}.",
                "format", path.ToString());
}
