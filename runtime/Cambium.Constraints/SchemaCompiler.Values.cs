using System.Text.Json;

namespace Cambium.Constraints;

// Strings and lists, and values of which nothing is said.
internal sealed partial class SchemaCompiler
{
    private const string Escapes = @"\\([""\\/bfnrt]|u([0-9a-cA-Ce-fE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))";

    private static readonly Dictionary<string, string> Formats = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "T" + Time,
        ["uuid"] = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ["ipv4"] = @"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}",
    };

    // RFC 3339 without the 29th of February, which not every year has, and without leap seconds.
    private const string Date = "[12][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)";
    private const string Time = @"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+\-]([01][0-9]|2[0-3]):[0-5][0-9])";

    private int? _any;
    private int? _string;
    private int? _character;

    private int AnyValue()
    {
        if (_any is { } known)
            return known;
        var any = _grammar.NewRule("a value");
        _any = any;
        var rule = _grammar[any];
        _grammar.OneOf(rule.Start, ["null", "true", "false"], rule.End);
        _grammar.Call(rule.Start, FreeNumber(integer: false), rule.End);
        _grammar.Call(rule.Start, AnyString(), rule.End);
        WriteItems(rule, 0, null, _ => any);
        WriteMembers(rule, [], AnyString(), any);
        return any;
    }

    private int AnyString()
    {
        if (_string is { } known)
            return known;
        var text = _grammar.NewRule("a string");
        _string = text;
        var rule = _grammar[text];
        var inside = _grammar.Text(rule.Start, "\"");
        _grammar.Call(inside, Character(), inside);
        _grammar.Byte(inside, (byte)'"', (byte)'"', rule.End);
        return text;
    }

    // One character of a string in any of its spellings; of \u only those that are a character by themselves.
    private int Character()
    {
        if (_character is { } known)
            return known;
        var character = _grammar.NewRule("a character");
        _character = character;
        var rule = _grammar[character];
        _grammar.Set(rule.Start, JsonText.Plain, rule.End);
        var compiler = new RegexCompiler(_grammar, _grammar.Set);
        compiler.Search([RegexParser.Parse("^" + Escapes + "$")[0]], rule.Start, rule.End);
        return character;
    }

    private void WriteString(JsonElement schema, string path, Rule rule)
    {
        var (least, most) = (Count(schema, path, "minLength"), Count(schema, path, "maxLength"));
        var expression = schema.TryGetProperty("pattern", out var pattern) ? Expression(pattern, path) : schema.TryGetProperty("format", out var format) ? Format(format, path) : null;
        if (expression is null && least is null or 0 && most is null)
        {
            _grammar.Call(rule.Start, AnyString(), rule.End);
            return;
        }

        var at = _grammar.Text(rule.Start, "\"");
        var end = _grammar.NewState();
        _grammar.Byte(end, (byte)'"', (byte)'"', rule.End);
        if (expression is not null)
        {
            foreach (var other in (ReadOnlySpan<string>)["format", "minLength", "maxLength"])
            {
                var keyword = schema.TryGetProperty("pattern", out _) ? "pattern" : "format";
                if (other != keyword && schema.TryGetProperty(other, out _))
                    throw new ConstraintException($"'{other}' beside '{keyword}' is not supported in schemas that constrain output (at {path}).", other, path);
            }

            new RegexCompiler(_grammar, (from, set, to) => JsonText.Set(_grammar, from, set, to)).Search(expression, at, end);
            return;
        }

        for (var i = 0; i < least; i++)
            at = _grammar.Call(at, Character());
        for (var i = least ?? 0; i < most; i++)
        {
            _grammar.Skip(at, end);
            at = _grammar.Call(at, Character());
        }

        if (most is null)
            _grammar.Call(at, Character(), at);
        if (!(most < least))
            _grammar.Skip(at, end);
    }

    private static IReadOnlyList<RegexAlternative> Expression(JsonElement pattern, string path) =>
        RegexParser.Parse(pattern.ValueKind == JsonValueKind.String ? pattern.GetString()! : throw Wrong(path, "pattern", $"is {Shorten(pattern)}, expected text"), path + "/pattern");

    private static IReadOnlyList<RegexAlternative> Format(JsonElement format, string path) =>
        format.ValueKind == JsonValueKind.String && Formats.TryGetValue(format.GetString()!, out var expression)
            ? RegexParser.Parse($"^({expression})$")
            : throw new ConstraintException($"The keyword 'format' is {Shorten(format)} at {path}; supported in schemas that constrain output are {string.Join(", ", Formats.Keys)}.", "format", path);

    private void WriteArray(JsonElement schema, string path, Rule rule)
    {
        var first = schema.TryGetProperty("prefixItems", out var prefix) ? List(prefix, path, "prefixItems") : [];
        var most = Count(schema, path, "maxItems");
        JsonElement? others = schema.TryGetProperty("items", out var items) ? items : null;
        if (others is { ValueKind: JsonValueKind.Array })
            throw new ConstraintException($"The keyword 'items' is a list at {path}; since draft 2020-12 that is 'prefixItems'.", "items", path);
        if (others is { ValueKind: JsonValueKind.False })
            most = Math.Min(most ?? int.MaxValue, first.Count);
        // Those that no item can reach are looked at, too: a keyword is refused wherever it stands.
        var rules = first.Select((item, i) => RuleOf(item, $"{path}/prefixItems/{i}")).ToArray();
        var rest = others is { } item ? RuleOf(item, $"{path}/items") : AnyValue();
        WriteItems(rule, Count(schema, path, "minItems") ?? 0, most, i => i < rules.Length ? rules[i] : rest, rules.Length);
    }

    // [ item , item ... ]; from `different` on all items are alike.
    private void WriteItems(Rule rule, int least, int? most, Func<int, int> item, int different = 0)
    {
        if (most < least)
            return;
        var at = _grammar.Text(rule.Start, "[");
        var close = _grammar.NewState();
        _grammar.Byte(close, (byte)']', (byte)']', rule.End);
        var singly = most ?? Math.Max(Math.Max(least, different), 1);
        for (var i = 0; i < singly; i++)
        {
            if (i >= least)
                _grammar.Skip(at, close);
            at = _grammar.Call(i == 0 ? at : Separator(at, ","), item(i));
        }

        if (most is null)
            _grammar.Call(Separator(at, ","), item(singly), at);
        _grammar.Skip(at, close);
    }

    // One space may follow.
    private int Separator(int from, string sign)
    {
        var behind = _grammar.Text(from, sign);
        var to = _grammar.NewState();
        _grammar.Skip(behind, to);
        _grammar.Byte(behind, (byte)' ', (byte)' ', to);
        return to;
    }
}
