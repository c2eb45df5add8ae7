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
        ["upper"] = static (run, value, given) => None("upper", given, Changed(run, value, PythonText.Upper)),
        ["lower"] = static (run, value, given) => None("lower", given, Changed(run, value, PythonText.Lower)),
        ["capitalize"] = static (run, value, given) => None("capitalize", given, Changed(run, value, PythonText.Capitalize)),
        ["title"] = static (run, value, given) => None("title", given, Methods.Cased(run, Text(run, value), EndsWord)),
        ["replace"] = static (run, value, given) => Methods.Replace(Text(run, value), Texts(run, given.Bind("replace", "old", "new", "count")), run),
        ["indent"] = Indent,
        ["format"] = static (run, value, given) => PercentFormat.Apply(
            run, Text(run, value), given.Positional, given.Named.Count > 0 ? Named(run, given) : null),
        ["center"] = static (run, value, given) => Center(
            run, Text(run, value), Arguments.Integer(given.Bind("center", "width")[0], "center", 80)),
        ["truncate"] = Truncate,
        ["wordcount"] = static (run, value, given) => None("wordcount", given, CountWords(Text(run, value).Value)),
        ["escape"] = static (run, value, given) => None("escape", given, Escape(run, value)),
        ["e"] = static (run, value, given) => None("e", given, Escape(run, value)),
        ["forceescape"] = static (run, value, given) => None("forceescape", given, Escape(run, ValueText.Of(run, value).AsSafe(false))),
        ["safe"] = static (run, value, given) => None("safe", given, ValueText.Of(run, value).AsSafe()),
        ["urlencode"] = UrlEncode,
        ["tojson"] = ToJson,

        // Numbers.
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["abs"] = static (run, value, given) => None(
            "abs",
            given,
            value is double number ? Math.Abs(number) : Arithmetic.Sign(value, negative: ValueRules.Compare(run, value, 0L) < 0)),
        ["round"] = Round,

        // Anything.
        ["default"] = Default,
        ["d"] = Default,
        ["length"] = static (run, value, given) => None("length", given, Access.Length(run, value)),
        ["count"] = static (run, value, given) => None("count", given, Access.Length(run, value)),
        ["attr"] = static (run, value, given) => value is PyDict
            ? (object?)Methods.Find(value, Name(run, given)) ?? new Undefined("attr finds no keys of a dict")
            : Access.Field(run, value, Name(run, given)),
        ["pprint"] = static (run, value, given) => None("pprint", given, Pretty(run, value)),

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

    private static PyText Text(TemplateRun run, object? value)
    {
        PyText text = ValueText.Of(run, value);
        run.Grow(text.Length);
        return text;
    }

    private static PyText Changed(TemplateRun run, object? value, Func<string, string> change)
    {
        PyText text = Text(run, value);
        return text.Changed(change(text.Value));
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

    private static PyDict Named(TemplateRun run, Arguments given)
    {
        var dict = new PyDict();
        foreach ((string name, object? value) in given.Named)
            dict.Set(run, PyText.OfTemplate(name), value);
        return dict;
    }

    private static string Name(TemplateRun run, Arguments given) =>
        Access.Name(run, Arguments.Text(Arguments.Required(given.Bind("attr", "name")[0], "attr", "name"), "attr"));

    private static long CountWords(string text)
    {
        long count = 0;
        bool inside = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isWord = Rune.IsLetterOrDigit(rune) || Rune.IsNumber(rune) || rune.Value == '_';
            count += isWord && !inside ? 1 : 0;
            inside = isWord;
        }

        return count;
    }

    private static bool EndsWord(Rune rune) =>
        rune.Value is '-' or '(' or '{' or '[' or '<' || (rune.IsBmp && PythonText.IsSpace((char)rune.Value));

    private static PyText Trim(TemplateRun run, object? value, Arguments given)
    {
        object? set = given.Bind("trim", "chars")[0];
        PyText? characters = set is null || set == Arguments.Missing ? null : Arguments.Text(set, "trim");
        run.Read(characters?.Value ?? "");
        return Methods.Strip(Text(run, value), characters, true, true);
    }

    private static PyText Indent(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("indent", "width", "first", "blank");
        PyText indent = bound[0] as PyText
            ?? PyText.OfTemplate(new string(' ', (int)Math.Clamp(Arguments.Integer(bound[0], "indent", 4), 0, 10_000)));
        bool first = Arguments.Flag(bound[1], false);
        bool blank = Arguments.Flag(bound[2], false);
        PyText text = Arguments.Text(value, "indent");
        List<object?> lines = Methods.Lines(run, text, keepEnds: false);
        // Unlike splitlines, a line feed at the end begins another line here.
        if (text.Length == 0 || Methods.EndsLine(text.Value[^1]))
            lines.Add(PyText.Empty);
        var result = new TextBuilder(run);
        for (int i = 0; i < lines.Count; i++)
        {
            var line = (PyText)lines[i]!;
            if (i > 0)
                result.Append('\n');
            if (i == 0 ? first : blank || line.Length > 0)
                result.Append(indent);
            result.Append(line);
        }

        return result.ToText().AsSafe(text.IsSafe);
    }

    private static PyText Center(TemplateRun run, PyText text, long width)
    {
        long missing = Math.Max(0, width - PythonText.Length(text.Value));
        run.Grow(missing);
        (int left, int right) = Methods.Centered((int)missing, width);
        return new TextBuilder(run).Append(' ', count: left).Append(text).Append(' ', count: right).ToText().AsSafe(text.IsSafe);
    }

    private static PyText Truncate(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("truncate", "length", "killwords", "end", "leeway");
        long length = Arguments.Integer(bound[0], "truncate", 255);
        PyText end = Arguments.Text(bound[2], "truncate", "...");
        PyText text = Arguments.Text(value, "truncate");
        run.Read(text.Value);
        if (PythonText.Length(text.Value) <= length + Arguments.Integer(bound[3], "truncate", 5))
            return text;
        if (length < PythonText.Length(end.Value))
            throw new TemplateError("truncate takes a length that has room for the end");
        var cut = (PyText)Access.Slice(run, text, 0L, length - PythonText.Length(end.Value), null)!;
        int space = Arguments.Flag(bound[1], false) ? -1 : cut.Value.LastIndexOf(' ');
        return new TextBuilder(run).Append(space < 0 ? cut : cut[..space]).Append(end).ToText();
    }

    // Python breaks a longer text into lines.
    private static PyText Pretty(TemplateRun run, object? value)
    {
        const int width = 80;
        PyText text = ValueText.Representation(run, value, sortKeys: true);
        return PythonText.Length(text.Value) <= width ? text
            : throw new TemplateError($"pprint of a value of more than {width} characters is not supported; use tojson(indent=2)");
    }

    private static PyText Escape(TemplateRun run, object? value)
    {
        PyText text = Text(run, value);
        return text.IsSafe ? text : new TextBuilder(run).AppendEscaped(text).ToText().AsSafe();
    }

    private static PyText UrlEncode(TemplateRun run, object? value, Arguments given)
    {
        given.Bind("urlencode");
        if (value is PyText or not (PyDict or PyList or PyIterator))
            return Encoded(run, value, isQuery: false);
        var query = new TextBuilder(run);
        IEnumerable<object?> pairs = value is PyDict dict
            ? dict.Items.Select(static item => new PyTuple([item.Key, item.Value]))
            : Access.Items(run, value);
        foreach (object? pair in pairs)
        {
            if (Access.Items(run, pair) is not [var key, var of])
                throw new TemplateError("urlencode takes a string, a dict or pairs");
            if (query.Length > 0)
                query.Append('&');
            query.Append(Encoded(run, key, isQuery: true)).Append('=').Append(Encoded(run, of, isQuery: true));
        }

        return query.ToText();
    }

    private static PyText Encoded(TemplateRun run, object? value, bool isQuery)
    {
        PyText text = ValueText.Of(run, value);
        run.Grow(9L * text.Length);
        string encoded = Uri.EscapeDataString(text.Value);
        return text.Changed(
            isQuery ? encoded.Replace("%20", "+", StringComparison.Ordinal) : encoded.Replace("%2F", "/", StringComparison.Ordinal));
    }

    private static PyText ToJson(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        // The order of parameters is that of transformers, which differs from Jinja's.
        PyText? indent = bound[1] switch
        {
            null => null,
            PyText text => text,
            long count => PyText.OfTemplate(new string(' ', (int)Math.Clamp(count, 0, 1000))),
            var missing when missing == Arguments.Missing => null,
            _ => throw new TemplateError($"tojson takes a number as indent, not {ValueRules.TypeName(bound[1])}"),
        };
        (PyText comma, PyText colon) = (PyText.OfTemplate(indent is null ? ", " : ","), PyText.OfTemplate(": "));
        if (bound[2] != Arguments.Missing && bound[2] is not null)
        {
            if (bound[2] is not PyList { Items: [PyText first, PyText second] })
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
            case Undefined undefined:
                throw new TemplateError(undefined.Problem);
            case bool flag:
                return flag ? 1L : 0L;
            case long or BigInteger:
                return value;
            case double number:
                return Truncated(number) ?? fallback;
            case PyText text:
                run.Read(text.Value);
                return ParseInteger(text.Value, (int)radix) ?? (ParseFloat(text.Value) is { } real ? Truncated(real) : null) ?? fallback;
            default:
                return fallback;
        }
    }

    private static object? Truncated(double number) => double.IsFinite(number) ? Narrowed(new BigInteger(number)) : null;

    private static object Narrowed(BigInteger number) =>
        number >= long.MinValue && number <= long.MaxValue ? (long)number : number;

    // Null for a text that is not an integer.
    private static object? ParseInteger(string text, int radix)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim(PythonText.WhiteSpace);
        bool negative = digits.StartsWith("-");
        if (negative || digits.StartsWith("+"))
            digits = digits[1..];
        if (radix != 10 && digits.Length > 2 && digits[0] == '0' && char.ToLowerInvariant(digits[1]) == (radix == 16 ? 'x' : radix == 8 ? 'o' : 'b'))
            digits = digits[2..];
        if (digits.IsEmpty || digits[0] == '_' || digits[^1] == '_' || digits.Contains("__", StringComparison.Ordinal))
            return null;
        BigInteger value = 0;
        int count = 0;
        foreach (char c in digits)
        {
            if (c == '_')
                continue;
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
                return null;
            if (++count > JsonValues.MostDigits)
                throw new TemplateError($"int takes a number of at most {JsonValues.MostDigits} digits");
            value = (value * radix) + digit;
        }

        return Narrowed(negative ? -value : value);
    }

    private static double? ParseFloat(string text)
    {
        text = text.AsSpan().Trim(PythonText.WhiteSpace).ToString();
        if (text.TrimStart('+', '-').ToLowerInvariant() is "inf" or "infinity")
            return text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        if (text.StartsWith('_') || text.EndsWith('_') || text.Contains("__", StringComparison.Ordinal))
            return null;
        return double.TryParse(
            text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
    }

    private static object? ToFloat(TemplateRun run, object? value, Arguments given)
    {
        object? fallback = given.Bind("float", "default")[0];
        if (value is Undefined undefined)
            throw new TemplateError(undefined.Problem);
        if (ValueRules.IsNumber(value))
            return ValueRules.ToDouble(value);
        if (value is PyText text)
        {
            run.Read(text.Value);
            if (ParseFloat(text.Value) is { } number)
                return number;
        }

        return fallback == Arguments.Missing ? 0.0 : fallback;
    }

    private static object Round(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("round", "precision", "method");
        long precision = Math.Clamp(Arguments.Integer(bound[0], "round", 0), -MostPrecision, MostPrecision);
        string method = Arguments.Text(bound[1], "round", "common").Value;
        double number = ValueRules.ToDouble(value);
        switch (method)
        {
            case "common":
                return value is double ? Rounded(number, (int)precision) : Rounded(ValueRules.ToInteger(value), (int)precision);
            case "ceil" or "floor":
                double factor = Math.Pow(10, precision);
                double scaled = number * factor;
                return (method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / factor;
            default:
                throw new TemplateError($"round has no method '{method}'");
        }
    }

    // Beyond this precision a double is itself, or zero.
    private const int MostPrecision = 400;

    private static object Rounded(BigInteger number, int precision)
    {
        BigInteger unit = precision < 0 ? BigInteger.Pow(10, -precision) : 1;
        return Narrowed(HalfToEven(number, unit) * unit);
    }

    // Exactly, as Python does: a double is a fraction whose denominator is a power of two.
    private static double Rounded(double number, int precision)
    {
        if (!double.IsFinite(number) || number == 0)
            return number;
        long bits = BitConverter.DoubleToInt64Bits(number);
        int exponent = (int)(bits >> 52 & 0x7FF);
        BigInteger mantissa = (bits & ((1L << 52) - 1)) | (exponent > 0 ? 1L << 52 : 0);
        exponent = Math.Max(exponent, 1) - 1075;
        BigInteger top = exponent > 0 ? mantissa << exponent : mantissa;
        BigInteger bottom = exponent < 0 ? BigInteger.One << -exponent : 1;
        if (precision >= 0)
            top *= BigInteger.Pow(10, precision);
        else
            bottom *= BigInteger.Pow(10, -precision);
        string rounded = string.Create(CultureInfo.InvariantCulture, $"{HalfToEven(top, bottom)}E{-precision}");
        return Math.CopySign(double.Parse(rounded, CultureInfo.InvariantCulture), number);
    }

    private static BigInteger HalfToEven(BigInteger top, BigInteger bottom)
    {
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(top), bottom, out BigInteger rest);
        int half = (2 * rest).CompareTo(bottom);
        if (half > 0 || (half == 0 && !quotient.IsEven))
            quotient++;
        return top.Sign < 0 ? -quotient : quotient;
    }

    private static object? Default(TemplateRun run, object? value, Arguments given)
    {
        object?[] bound = given.Bind("default", "default_value", "boolean");
        bool missing = value is Undefined || (Arguments.Flag(bound[1], false) && !ValueRules.IsTrue(value));
        return !missing ? value : bound[0] == Arguments.Missing ? PyText.Empty : bound[0];
    }
}
