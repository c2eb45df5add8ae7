using System.Globalization;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>The global functions of templates.</summary>
internal static class Globals
{
    // The limit of Jinja's sandbox.
    private const long LongestRange = 100_000;

    public static readonly Dictionary<string, PyFunction> Functions = new PyFunction[]
    {
        new("range", Range),
        new("namespace", Namespace),
        new("dict", Dict),
        new("raise_exception", Raise),
        new("strftime_now", given => TimeText.Format(
            given.Run,
            given.Run.Now,
            Arguments.Text(Arguments.Required(given.Bind("strftime_now", "format")[0], "strftime_now", "format"), "strftime_now"))),
        new("cycler", static given => new Cycler(given.Positional)),
        new("joiner", Joiner),
    }.ToDictionary(static function => function.Name, StringComparer.Ordinal);

    private static PyRange Range(Arguments arguments)
    {
        object?[] given = arguments.Bind("range", "start", "stop", "step");
        long first = Arguments.Integer(Arguments.Required(given[0], "range", "stop"), "range", 0);
        (long start, long stop) = given[1] == Arguments.Missing ? (0, first) : (first, Arguments.Integer(given[1], "range", 0));
        long step = Arguments.Integer(given[2], "range", 1);
        if (step == 0)
            throw new TemplateError("the step of a range is zero");
        Int128 count = PyRange.CountOf(start, stop, step);
        if (count > LongestRange)
            throw new TemplateError($"a range has {count} numbers; at most {LongestRange} are allowed");
        // Each number is an object, which is larger than a place in a list.
        arguments.Run.Step((long)count);
        arguments.Run.Grow((long)count);
        return new PyRange(start, stop, step);
    }

    private static PyNamespace Namespace(Arguments arguments)
    {
        var space = new PyNamespace();
        foreach (object? given in arguments.Positional)
        {
            if (given is not PyDict dict)
                throw new TemplateError("namespace takes names with values");
            arguments.Run.Step(dict.Count);
            foreach ((object? key, object? value) in dict.Items)
                space.Fields[Access.Name(arguments.Run, key as PyText ?? throw new TemplateError("names of fields are strings"))] = value;
        }

        foreach ((string name, object? value) in arguments.Named)
            space.Fields[name] = value;
        return space;
    }

    private static PyDict Dict(Arguments arguments)
    {
        var dict = new PyDict();
        foreach (object? given in arguments.Positional)
        {
            if (given is PyDict from)
            {
                foreach ((object? key, object? value) in from.Items)
                    dict.Set(arguments.Run, key, value);
                continue;
            }

            foreach (object? pair in Access.Items(arguments.Run, given))
            {
                if (Access.Items(arguments.Run, pair) is not [var key, var value])
                    throw new TemplateError("dict takes pairs");
                dict.Set(arguments.Run, ValueRules.Key(arguments.Run, key), value);
            }
        }

        foreach ((string name, object? value) in arguments.Named)
            dict.Set(arguments.Run, PyText.OfTemplate(name), value);
        arguments.Run.Grow(dict.Count);
        return dict;
    }

    private static object? Raise(Arguments arguments)
    {
        string message = ValueText.Of(
            arguments.Run, Arguments.Required(arguments.Bind("raise_exception", "message")[0], "raise_exception", "message")).Value;
        throw new ChatTemplateException(arguments.Run.Line, $"The template refuses this input: {message}", raised: message);
    }

    private static PyFunction Joiner(Arguments arguments)
    {
        PyText separator = Arguments.Text(arguments.Bind("joiner", "sep")[0], "joiner", ", ");
        bool used = false;
        return new PyFunction("joiner", _ =>
        {
            PyText text = used ? separator : PyText.Empty;
            used = true;
            return text;
        });
    }

    private sealed class Cycler(List<object?> items) : PyObject
    {
        private int _at;

        public override bool TryGet(string field, out object? value)
        {
            if (items.Count == 0)
                throw new TemplateError("cycler has nothing to cycle through");
            value = field switch
            {
                "current" => items[_at],
                "next" => new PyFunction("next", _ =>
                {
                    object? item = items[_at];
                    _at = (_at + 1) % items.Count;
                    return item;
                }),
                "reset" => new PyFunction("reset", _ =>
                {
                    _at = 0;
                    return null;
                }),
                _ => Arguments.Missing,
            };
            return value != Arguments.Missing;
        }
    }
}

/// <summary>Formats times as C's strftime does in the C locale.</summary>
internal static class TimeText
{
    public static PyText Format(TemplateRun run, DateTimeOffset time, PyText text)
    {
        string format = text.Value;
        var result = new TextBuilder(run);
        for (int i = 0; i < format.Length; i++)
        {
            run.Step();
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(text, i, 1);
                continue;
            }

            bool plain = format[i + 1] == '-' && i + 2 < format.Length;
            char directive = format[i += plain ? 2 : 1];
            string part = Directive(time, directive);
            result.Append(plain ? part.TrimStart('0') is { Length: > 0 } digits ? digits : "0" : part);
        }

        return result.ToText();
    }

    private static string Directive(DateTimeOffset time, char directive)
    {
        string Net(string format) => time.ToString(format, CultureInfo.InvariantCulture);
        return directive switch
        {
            'a' => Net("ddd"),
            'A' => Net("dddd"),
            'b' or 'h' => Net("MMM"),
            'B' => Net("MMMM"),
            'c' => $"{Net("ddd MMM")} {time.Day,2} {Net("HH:mm:ss yyyy")}",
            'd' => Net("dd"),
            'D' or 'x' => Net("MM/dd/yy"),
            'e' => $"{time.Day,2}",
            'f' => Net("ffffff"),
            'F' => Net("yyyy-MM-dd"),
            'H' => Net("HH"),
            'I' => Net("hh"),
            'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'm' => Net("MM"),
            'M' => Net("mm"),
            'n' => "\n",
            'p' => time.Hour < 12 ? "AM" : "PM",
            'S' => Net("ss"),
            's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            't' => "\t",
            'T' or 'X' => Net("HH:mm:ss"),
            'R' => Net("HH:mm"),
            'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'y' => Net("yy"),
            'Y' => Net("yyyy"),
            // Python's datetime.now() has no time zone.
            'z' or 'Z' => "",
            '%' => "%",
            _ => throw new TemplateError($"strftime_now has no directive '%{directive}'"),
        };
    }
}
