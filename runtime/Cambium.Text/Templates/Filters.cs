using System.Globalization;
using System.Numerics;
using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>The filters: <c>value | name(..)</c>.</summary>
internal static partial class Filters
{
    public delegate object? Filter(TemplateRun run, object? value, Arguments given);

    public static readonly Dictionary<string, Filter> All = new(StringComparer.Ordinal)
    {
        // Strings.
        ["string"] = static (run, value, given) => None("string", given, ValueText.Of(run, value)),
        ["trim"] = Trim,
        ["upper"] = static (run, value, given) => None("upper", given, PythonText.Upper(Text(run, value))),
        ["lower"] = static (run, value, given) => None("lower", given, PythonText.Lower(Text(run, value))),
        ["capitalize"] = static (run, value, given) => None("capitalize", given, PythonText.Capitalize(Text(run, value))),
        ["title"] = static (run, value, given) => None("title", given, Title(Text(run, value))),
        ["replace"] = static (run, value, given) => Methods.Replace(Text(run, value), Texts(run, given.Bind("replace", "old", "new", "count")), run),
        ["indent"] = Indent,
        ["format"] = static (run, value, given) => PercentFormat.Apply(
            run, Text(run, value), given.Positional, given.Named.Count > 0 ? Named(given) : null),
        ["center"] = static (run, value, given) => Center(
            run, Text(run, value), (int)Math.Min(Arguments.Integer(given.Bind("center", "width")[0], "center", 80), int.MaxValue)),
        ["truncate"] = Truncate,
        ["wordcount"] = static (run, value, given) => None(
            "wordcount", given, (long)Methods.Split(Text(run, value), [null, Arguments.Missing], run, fromRight: false).Items.Count),
        ["escape"] = static (run, value, given) => None("escape", given, Escape(run, value)),
        ["e"] = static (run, value, given) => None("e", given, Escape(run, value)),
        ["forceescape"] = static (run, value, given) => None("forceescape", given, Escape(run, value)),
        ["safe"] = static (run, value, given) => None("safe", given, ValueText.Of(run, value)),
        ["urlencode"] = UrlEncode,
        ["tojson"] = ToJson,

        // Numbers.
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["abs"] = static (_, value, given) => None(
            "abs",
            given,
            value is double number ? Math.Abs(number) : Arithmetic.Sign(value, negative: ValueRules.Compare(value, 0L) < 0)),
        ["round"] = Round,

        // Anything.
        ["default"] = Default,
        ["d"] = Default,
        ["length"] = static (_, value, given) => None("length", given, Access.Length(value)),
        ["count"] = static (_, value, given) => None("count", given, Access.Length(value)),
        ["attr"] = static (_, value, given) => value is PyDict
            ? new Undefined("attr finds no keys of a dict")
            : Access.Field(value, Arguments.Text(Arguments.Required(given.Bind("attr", "name")[0], "attr", "name"), "attr", "")),
        ["pprint"] = static (run, value, given) => None("pprint", given, ValueText.Of(run, new PyList([value]))[1..^1]),

        // Lists and dicts: in Filters.Lists.cs.
        ["list"] = static (run, value, given) => None("list", given, run.Grown([.. Access.Items(run, value)])),
        ["first"] = First,
        ["last"] = Last,
        ["join"] = Join,
        ["items"] = Items,
        ["map"] = Map,
        ["select"] = static (run, value, given) => Select(run, value, given, keeps: true, byField: false),
        ["reject"] = static (run, value, given) => Select(run, value, given, keeps: false, byField: false),
        ["selectattr"] = static (run, value, given) => Select(run, value, given, keeps: true, byField: true),
        ["rejectattr"] = static (run, value, given) => Select(run, value, given, keeps: false, byField: true),
        ["sort"] = Sort,
        ["unique"] = Unique,
        ["reverse"] = Reverse,
        ["dictsort"] = DictSort,
        ["groupby"] = GroupBy,
        ["batch"] = Batch,
        ["slice"] = Slice,
        ["sum"] = Sum,
        ["min"] = static (run, value, given) => Extreme(run, value, given, "min", -1),
        ["max"] = static (run, value, given) => Extreme(run, value, given, "max", 1),
    };

    private static string Text(TemplateRun run, object? value)
    {
        string text = ValueText.Of(run, value);
        run.Grow(text.Length);
        return text;
    }

    private static object?[] Texts(TemplateRun run, object?[] given)
    {
        for (int i = 0; i < 2; i++)
            given[i] = given[i] == Arguments.Missing ? given[i] : ValueText.Of(run, given[i]);
        return given;
    }

    private static T None<T>(string name, Arguments given, T value)
    {
        given.Bind(name);
        return value;
    }

    private static PyDict Named(Arguments given)
    {
        var dict = new PyDict();
        foreach ((string name, object? value) in given.Named)
            dict.Set(name, value);
        return dict;
    }

    private static string Trim(TemplateRun run, object? value, Arguments given)
    {
        object? set = given.Bind("trim", "chars")[0];
        return Methods.Strip(Text(run, value), set is null ? PythonText.WhiteSpace : Arguments.Text(set, "trim", PythonText.WhiteSpace), true, true);
    }

    private static string Title(string text)
    {
        var result = new StringBuilder();
        bool inside = false;
        foreach (string character in PythonText.Characters(text))
        {
            result.Append(inside ? PythonText.Lower(character) : PythonText.Upper(character));
            inside = !(character[0] is '-' or '(' or '{' or '[' or '<' || PythonText.IsSpace(character[0]));
        }

        return result.ToString();
    }

    private static string Indent(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("indent", "width", "first", "blank");
        string indent = bound[0] is string text ? text : new string(' ', (int)Math.Clamp(Arguments.Integer(bound[0], "indent", 4), 0, 10_000));
        bool first = Arguments.Flag(bound[1], false);
        bool blank = Arguments.Flag(bound[2], false);
        string[] lines = [.. Methods.Lines(Text(run, value) + "\n", keepEnds: false).Select(static line => (string)line!)];
        run.Grow((long)indent.Length * lines.Length);
        IEnumerable<string> rest = lines.Skip(1).Select(line => line.Length > 0 || blank ? indent + line : line);
        return (first ? indent : "") + string.Join('\n', [lines[0], .. rest]);
    }

    private static string Center(TemplateRun run, string text, int width)
    {
        int missing = Math.Max(0, width - PythonText.Length(text));
        run.Grow(missing);
        int left = (missing / 2) + (missing & width & 1);
        return new string(' ', left) + text + new string(' ', missing - left);
    }

    private static string Truncate(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("truncate", "length", "killwords", "end", "leeway");
        long length = Arguments.Integer(bound[0], "truncate", 255);
        string end = Arguments.Text(bound[2], "truncate", "...");
        string text = Text(run, value);
        if (PythonText.Length(text) <= length + Arguments.Integer(bound[3], "truncate", 5))
            return text;
        if (length < PythonText.Length(end))
            throw new TemplateError("truncate takes a length that has room for the end");
        string cut = (string)Access.Slice(run, text, 0L, length - PythonText.Length(end), null)!;
        return (Arguments.Flag(bound[1], false) || cut.LastIndexOf(' ') < 0 ? cut : cut[..cut.LastIndexOf(' ')]) + end;
    }

    private static string Escape(TemplateRun run, object? value) => run.Grown(Text(run, value)
        .Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal));

    private static string UrlEncode(TemplateRun run, object? value, Arguments given)
    {
        given.Bind("urlencode");
        if (value is not string text)
            throw new TemplateError($"urlencode takes a string here, not {ValueRules.TypeName(value)}");
        run.Grow(9L * text.Length);
        return Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal);
    }

    private static string ToJson(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        // The order of parameters is that of transformers, which differs from Jinja's.
        string? indent = bound[1] switch
        {
            null => null,
            string text => text,
            long count => new string(' ', (int)Math.Clamp(count, 0, 1000)),
            var missing when missing == Arguments.Missing => null,
            _ => throw new TemplateError($"tojson takes a number as indent, not {ValueRules.TypeName(bound[1])}"),
        };
        (string comma, string colon) = (indent is null ? ", " : ",", ": ");
        if (bound[2] != Arguments.Missing && bound[2] is not null)
        {
            if (bound[2] is not PyList { Items: [string first, string second] })
                throw new TemplateError("tojson takes two strings as separators");
            (comma, colon) = (first, second);
        }

        return new JsonText(run, indent, comma, colon, Arguments.Flag(bound[3], false), Arguments.Flag(bound[0], false)).Of(value);
    }

    private static object? ToInteger(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("int", "default", "base");
        object? fallback = bound[0] == Arguments.Missing ? 0L : bound[0];
        long radix = Arguments.Integer(bound[1], "int", 10);
        if (radix is not (2 or 8 or 10 or 16))
            throw new TemplateError("int takes the base 2, 8, 10 or 16");
        switch (value)
        {
            case bool flag:
                return flag ? 1L : 0L;
            case long or BigInteger:
                return value;
            case double number:
                return double.IsFinite(number) && Math.Abs(number) < 9e18 ? (long)number : fallback;
            case string text:
                run.Step(text.Length);
                return ParseInteger(text.Trim().Replace("_", "", StringComparison.Ordinal), (int)radix) is { } parsed ? parsed
                    : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real)
                        && double.IsFinite(real) && Math.Abs(real) < 9e18 ? (long)real : fallback;
            default:
                return fallback;
        }
    }

    private static long? ParseInteger(string text, int radix)
    {
        if (radix == 10)
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
        bool negative = text.StartsWith('-');
        text = text.TrimStart('-', '+');
        if (text.Length > 2 && text[0] == '0' && char.IsAsciiLetter(text[1]) && radix != 10)
            text = text[2..];
        try
        {
            return Convert.ToInt64(text, radix) is var parsed && negative ? -parsed : parsed;
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            return null;
        }
    }

    private static object? ToFloat(TemplateRun run, object? value, Arguments given)
    {
        object? fallback = given.Bind("float", "default")[0];
        return ValueRules.IsNumber(value) ? ValueRules.ToDouble(value)
            : value is string text && double.TryParse(
                text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
            : fallback == Arguments.Missing ? 0.0 : fallback;
    }

    private static object Round(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("round", "precision", "method");
        long precision = Arguments.Integer(bound[0], "round", 0);
        string method = Arguments.Text(bound[1], "round", "common");
        double number = ValueRules.ToDouble(value);
        if (precision is < 0 or > 15)
            throw new TemplateError("round takes a precision from 0 to 15");
        double factor = Math.Pow(10, precision);
        return method switch
        {
            "common" => Math.Round((decimal)Math.Clamp(number, -1e12, 1e12), (int)precision, MidpointRounding.ToEven) is var rounded
                && Math.Abs(number) < 1e12 ? (double)rounded : number,
            "ceil" => Math.Ceiling(number * factor) / factor,
            "floor" => Math.Floor(number * factor) / factor,
            _ => throw new TemplateError($"round has no method '{method}'"),
        };
    }

    private static object? Default(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("default", "default_value", "boolean");
        bool missing = value is Undefined || (Arguments.Flag(bound[1], false) && !ValueRules.IsTrue(value));
        return !missing ? value : bound[0] == Arguments.Missing ? "" : bound[0];
    }
}
