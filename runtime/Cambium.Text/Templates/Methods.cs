using System.Buffers;
using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>The methods of strings, dicts and lists. Methods that change a list or a dict are errors, as in Jinja's immutable sandbox.</summary>
internal static class Methods
{
    private delegate object? TextMethod(PyText self, Arguments given);

    private static readonly SearchValues<char> Space = SearchValues.Create(PythonText.WhiteSpace);

    private static readonly Dictionary<string, TextMethod> OfText = new(StringComparer.Ordinal)
    {
        ["strip"] = static (s, g) => Strip(s, g, true, true),
        ["lstrip"] = static (s, g) => Strip(s, g, true, false),
        ["rstrip"] = static (s, g) => Strip(s, g, false, true),
        ["upper"] = static (s, g) => None("upper", g, s.Changed(PythonText.Upper(s.Value))),
        ["lower"] = static (s, g) => None("lower", g, s.Changed(PythonText.Lower(s.Value))),
        ["casefold"] = static (s, g) => None(
            "casefold", g, s.Changed(PythonText.Lower(s.Value).Replace("\u00DF", "ss", StringComparison.Ordinal))),
        ["capitalize"] = static (s, g) => None("capitalize", g, s.Changed(PythonText.Capitalize(s.Value))),
        ["title"] = static (s, g) => None("title", g, Cased(g.Run, s, static c => !Rune.IsLetter(c))),
        ["swapcase"] = static (s, g) => None("swapcase", g, SwapCase(g.Run, s)),
        ["startswith"] = static (s, g) => Affix("startswith", s, g, static (text, affix) => text.StartsWith(affix, StringComparison.Ordinal)),
        ["endswith"] = static (s, g) => Affix("endswith", s, g, static (text, affix) => text.EndsWith(affix, StringComparison.Ordinal)),
        ["removeprefix"] = static (s, g) => One("removeprefix", g) is var affix && s.Value.StartsWith(affix.Value, StringComparison.Ordinal)
            ? s[affix.Length..]
            : s,
        ["removesuffix"] = static (s, g) => One("removesuffix", g) is var affix && s.Value.EndsWith(affix.Value, StringComparison.Ordinal)
            ? s[..^affix.Length]
            : s,
        ["replace"] = static (s, g) => Replace(s, g.Bind("replace", "old", "new", "count"), g.Run),
        ["split"] = static (s, g) => Split(s, g.Bind("split", "sep", "maxsplit"), g.Run, fromRight: false),
        ["rsplit"] = static (s, g) => Split(s, g.Bind("rsplit", "sep", "maxsplit"), g.Run, fromRight: true),
        ["splitlines"] = static (s, g) => g.Run.Grown(Lines(g.Run, s, Arguments.Flag(g.Bind("splitlines", "keepends")[0], false))),
        ["partition"] = static (s, g) => Partition(s, One("partition", g), g.Run, fromRight: false),
        ["rpartition"] = static (s, g) => Partition(s, One("rpartition", g), g.Run, fromRight: true),
        ["find"] = static (s, g) => Find("find", s, g, fromRight: false),
        ["rfind"] = static (s, g) => Find("rfind", s, g, fromRight: true),
        ["index"] = static (s, g) => Found(Find("index", s, g, fromRight: false)),
        ["rindex"] = static (s, g) => Found(Find("rindex", s, g, fromRight: true)),
        ["count"] = static (s, g) => Count(g.Run, s, One("count", g)),
        ["join"] = static (s, g) => Join(g.Run, s, Access.Items(g.Run, Arguments.Required(g.Bind("join", "iterable")[0], "join", "iterable"))),
        ["format"] = static (s, g) => PercentFormat.Braces(g.Run, s, g),
        ["isdigit"] = static (s, g) => None("isdigit", g, All(s, static r => Rune.IsDigit(r) || r.Value is 0xB2 or 0xB3 or 0xB9)),
        ["isdecimal"] = static (s, g) => None("isdecimal", g, All(s, Rune.IsDigit)),
        ["isnumeric"] = static (s, g) => None("isnumeric", g, All(s, Rune.IsNumber)),
        ["isalpha"] = static (s, g) => None("isalpha", g, All(s, Rune.IsLetter)),
        ["isalnum"] = static (s, g) => None("isalnum", g, All(s, static r => Rune.IsLetter(r) || Rune.IsNumber(r))),
        ["isspace"] = static (s, g) => None("isspace", g, All(s, static r => r.IsBmp && PythonText.IsSpace((char)r.Value))),
        ["isupper"] = static (s, g) => None("isupper", g, PythonText.IsUpper(s.Value)),
        ["islower"] = static (s, g) => None("islower", g, PythonText.IsLower(s.Value)),
        ["isascii"] = static (s, g) => None("isascii", g, Ascii.IsValid(s.Value)),
        ["ljust"] = static (s, g) => Pad("ljust", s, g, static (missing, _) => (0, missing)),
        ["rjust"] = static (s, g) => Pad("rjust", s, g, static (missing, _) => (missing, 0)),
        ["center"] = static (s, g) => Pad("center", s, g, Centered),
        ["zfill"] = static (s, g) => Zeros(s, g),
    };

    private static readonly HashSet<string> Changing = new(StringComparer.Ordinal)
    {
        "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "popitem",
    };

    /// <summary>A method of a value, or null.</summary>
    public static PyFunction? Find(object? self, string name)
    {
        switch (self)
        {
            case PyText text when OfText.TryGetValue(name, out TextMethod? method):
                return new PyFunction(name, given =>
                {
                    given.Run.Grow(text.Length);
                    return method(text, given);
                });
            case PyDict dict:
                return OfDict(dict, name);
            case PyList list and not PyView:
                return OfList(list, name);
            default:
                return null;
        }
    }

    public static PyList Split(PyText text, object?[] given, TemplateRun run, bool fromRight)
    {
        PyText? separator = given[0] == Arguments.Missing || given[0] is null ? null : Arguments.Text(given[0], "split");
        long most = Arguments.Integer(given[1], "split", -1);
        if (separator is { Length: 0 })
            throw new TemplateError("split takes a separator that is not empty");
        run.Read(text.Value);
        int limit = most is < 0 or > int.MaxValue - 2 ? int.MaxValue - 2 : (int)most;
        List<object?> parts = separator is null
            ? fromRight ? WordsFromRight(run, text, limit) : Words(run, text, limit)
            : Parts(run, text, separator.Value, limit, fromRight);
        return run.Grown(parts);
    }

    public static PyText Replace(PyText text, object?[] given, TemplateRun run)
    {
        PyText old = Arguments.Text(Arguments.Required(given[0], "replace", "old"), "replace");
        PyText @new = Arguments.Text(Arguments.Required(given[1], "replace", "new"), "replace");
        long most = given[2] is null ? -1 : Arguments.Integer(given[2], "replace", -1);
        if (most < 0)
            most = long.MaxValue;
        var result = new TextBuilder(run);
        int at = 0;
        if (old.Length == 0)
        {
            for (; at < text.Length && most > 0; most--)
            {
                int length = PythonText.LengthAt(text.Value, at);
                result.Append(@new).Append(text, at, length);
                at += length;
            }

            if (most > 0)
                result.Append(@new);
            return result.Append(text, at, text.Length - at).ToText().AsSafe(text.IsSafe);
        }

        var search = new TextSearch(run, old.Value);
        for (; most > 0 && search.Find(text.Value, at, text.Length) is >= 0 and var found; most--)
        {
            result.Append(text, at, found - at).Append(@new);
            at = found + old.Length;
        }

        return at == 0 ? text : result.Append(text, at, text.Length - at).ToText().AsSafe(text.IsSafe);
    }

    public static PyText Join(TemplateRun run, PyText separator, List<object?> items)
    {
        var joined = new TextBuilder(run);
        for (int i = 0; i < items.Count; i++)
        {
            run.Step();
            if (items[i] is not PyText item)
                throw new TemplateError($"the method join takes strings, not {ValueRules.TypeName(items[i])}");
            if (i > 0)
                joined.Append(separator);
            if (separator.IsSafe && !item.IsSafe)
                joined.AppendEscaped(item);
            else
                joined.Append(item);
        }

        return joined.ToText().AsSafe(separator.IsSafe);
    }

    public static List<object?> Lines(TemplateRun run, PyText text, bool keepEnds)
    {
        var lines = new List<object?>();
        string value = text.Value;
        int start = 0;
        for (int i = 0; i < value.Length; i++)
        {
            if (!EndsLine(value[i]))
                continue;
            int end = i;
            if (value[i] == '\r' && i + 1 < value.Length && value[i + 1] == '\n')
                i++;
            run.Step();
            lines.Add(text[start..(keepEnds ? i + 1 : end)]);
            start = i + 1;
        }

        if (start < value.Length)
            lines.Add(text[start..]);
        return lines;
    }

    public static bool EndsLine(char c) =>
        c is (>= '\n' and <= '\r') or (>= '\u001C' and <= '\u001E') or '\u0085' or '\u2028' or '\u2029';

    public static PyText Strip(PyText text, PyText? set, bool left, bool right)
    {
        string value = text.Value;
        int start = 0;
        int end = value.Length;
        if (set is null)
        {
            while (left && start < end && PythonText.IsSpace(value[start]))
                start++;
            while (right && end > start && PythonText.IsSpace(value[end - 1]))
                end--;
            return text[start..end];
        }

        // By code points: one unit of a surrogate pair is not a character.
        HashSet<int> stripped = [];
        foreach (Rune rune in set.Value.EnumerateRunes())
            stripped.Add(rune.Value);
        while (left && start < end && PythonText.RuneAt(value, start) is var first && stripped.Contains(first.Value))
            start += first.Utf16SequenceLength;
        while (right && end > start && Rune.DecodeLastFromUtf16(value.AsSpan(start, end - start), out Rune last, out int used) == OperationStatus.Done
            && stripped.Contains(last.Value))
            end -= used;
        return text[start..end];
    }

    /// <summary>Each word with a capital first letter; the rest in lower case.</summary>
    /// <param name="endsWord">Whether a word begins after this character.</param>
    public static PyText Cased(TemplateRun run, PyText text, Func<Rune, bool> endsWord)
    {
        var result = new TextBuilder(run);
        bool inside = false;
        for (int at = 0; at < text.Length;)
        {
            int length = PythonText.LengthAt(text.Value, at);
            string character = text.Value.Substring(at, length);
            result.Append(inside ? PythonText.Lower(character) : PythonText.Upper(character), text.IsInput(at));
            inside = !endsWord(PythonText.RuneAt(text.Value, at));
            at += length;
        }

        return result.ToText().AsSafe(text.IsSafe);
    }

    /// <summary>Python's division of the padding of a centered text.</summary>
    public static (int Left, int Right) Centered(int missing, long width)
    {
        int left = (missing / 2) + (int)(missing & width & 1);
        return (left, missing - left);
    }

    private static PyText SwapCase(TemplateRun run, PyText text)
    {
        var result = new TextBuilder(run);
        for (int at = 0; at < text.Length;)
        {
            int length = PythonText.LengthAt(text.Value, at);
            string character = text.Value.Substring(at, length);
            string upper = PythonText.Upper(character);
            result.Append(upper != character ? upper : PythonText.Lower(character), text.IsInput(at));
            at += length;
        }

        return result.ToText().AsSafe(text.IsSafe);
    }

    private static PyFunction? OfDict(PyDict dict, string name)
    {
        if (Changing.Contains(name) && name is "pop" or "clear" or "update" or "setdefault" or "popitem")
            return Refused(name, "a dict");
        return name switch
        {
            "keys" => View(static dict => dict.Keys),
            "values" => View(static dict => dict.Values),
            "items" => View(static dict => dict.Items.Select(static item => new PyTuple([item.Key, item.Value]))),
            "copy" => new PyFunction(name, given => None(name, given, dict)),
            "get" => new PyFunction(name, given =>
            {
                object?[] bound = given.Bind("get", "key", "default");
                return dict.TryGet(given.Run, ValueRules.Key(given.Run, Arguments.Required(bound[0], "get", "key")), out object? value) ? value
                    : bound[1] == Arguments.Missing ? null
                    : bound[1];
            }),
            _ => null,
        };

        PyFunction View(Func<PyDict, IEnumerable<object?>> parts) => new(name, given =>
        {
            given.Run.Step(dict.Count);
            return None(name, given, new PyView([.. parts(dict)], "dict_" + name));
        });
    }

    private static PyFunction? OfList(PyList list, string name)
    {
        if (list is not (PyTuple or PyRange) && Changing.Contains(name) && name is not ("update" or "setdefault" or "popitem"))
            return Refused(name, "a list");
        return name switch
        {
            "count" => new PyFunction(name, given =>
            {
                object? wanted = Arguments.Required(given.Bind("count", "value")[0], "count", "value");
                return (long)list.Items.Count(item => ValueRules.AreEqual(given.Run, item, wanted));
            }),
            "index" => new PyFunction(name, given =>
            {
                object? wanted = Arguments.Required(given.Bind("index", "value")[0], "index", "value");
                return list.Items.FindIndex(item => ValueRules.AreEqual(given.Run, item, wanted)) is >= 0 and var at
                    ? (long)at
                    : throw new TemplateError("the list has no such item");
            }),
            "copy" when list is not (PyTuple or PyRange) => new PyFunction(name, given => None(name, given, list)),
            _ => null,
        };
    }

    private static PyFunction Refused(string name, string of) =>
        new(name, _ => throw new TemplateError($"'{name}' changes {of}; a template cannot change values, make a new one"));

    private static T None<T>(string name, Arguments given, T value)
    {
        given.Bind(name);
        return value;
    }

    private static PyText One(string name, Arguments given) =>
        Arguments.Text(Arguments.Required(given.Bind(name, "value")[0], name, "value"), name);

    private static PyText Strip(PyText text, Arguments given, bool left, bool right)
    {
        object? characters = given.Bind("strip", "chars")[0];
        PyText? set = characters is null || characters == Arguments.Missing ? null : Arguments.Text(characters, "strip");
        given.Run.Read(set?.Value ?? "");
        return Strip(text, set, left, right);
    }

    private static bool Affix(string name, PyText text, Arguments given, Func<string, string, bool> has)
    {
        object?[] bound = given.Bind(name, "affix", "start", "end");
        if (bound[1] != Arguments.Missing)
            text = (PyText)Access.Slice(given.Run, text, bound[1], bound[2] == Arguments.Missing ? null : bound[2], null)!;
        object? affix = Arguments.Required(bound[0], name, "affix");
        return affix is PyTuple several ? several.Items.Exists(Has) : Has(affix);

        bool Has(object? one)
        {
            string value = Arguments.Text(one, name).Value;
            given.Run.Step(1 + (Math.Min(value.Length, text.Length) / 16));
            return has(text.Value, value);
        }
    }

    private static long Find(string name, PyText text, Arguments given, bool fromRight)
    {
        object?[] bound = given.Bind(name, "value", "start", "end");
        PyText value = Arguments.Text(Arguments.Required(bound[0], name, "value"), name);
        if (bound[1] != Arguments.Missing || bound[2] != Arguments.Missing)
            throw new TemplateError($"{name} with a start or an end is not supported; take a slice");
        int found = new TextSearch(given.Run, value.Value, fromRight).Find(text.Value, 0, text.Length);
        return found < 0 ? -1 : PythonText.Length(text.Value[..found]);
    }

    private static long Found(long place) => place >= 0 ? place : throw new TemplateError("the text was not found");

    private static long Count(TemplateRun run, PyText text, PyText value) =>
        value.Length == 0 ? PythonText.Length(text.Value) + 1 : new TextSearch(run, value.Value).Count(text.Value);

    private static PyTuple Partition(PyText text, PyText separator, TemplateRun run, bool fromRight)
    {
        if (separator.Length == 0)
            throw new TemplateError("partition takes a separator that is not empty");
        int at = new TextSearch(run, separator.Value, fromRight).Find(text.Value, 0, text.Length);
        return at >= 0 ? new PyTuple([text[..at], text.Slice(at, separator.Length), text[(at + separator.Length)..]])
            : fromRight ? new PyTuple([PyText.Empty, PyText.Empty, text])
            : new PyTuple([text, PyText.Empty, PyText.Empty]);
    }

    private static List<object?> Parts(TemplateRun run, PyText text, string separator, int limit, bool fromRight)
    {
        var search = new TextSearch(run, separator, fromRight);
        var parts = new List<object?>();
        int from = 0;
        int to = text.Length;
        while (parts.Count < limit && search.Find(text.Value, from, to) is >= 0 and var at)
        {
            parts.Add(fromRight ? text[(at + separator.Length)..to] : text[from..at]);
            if (fromRight)
                to = at;
            else
                from = at + separator.Length;
        }

        parts.Add(text[from..to]);
        if (fromRight)
            parts.Reverse();
        return parts;
    }

    private static List<object?> Words(TemplateRun run, PyText text, int limit)
    {
        var words = new List<object?>();
        int at = 0;
        while (true)
        {
            int found = text.Value.AsSpan(at).IndexOfAnyExcept(Space);
            if (found < 0)
                return words;
            at += found;
            run.Step();
            int length = text.Value.AsSpan(at).IndexOfAny(Space);
            if (words.Count >= limit || length < 0)
            {
                words.Add(text[at..]);
                return words;
            }

            words.Add(text[at..(at + length)]);
            at += length;
        }
    }

    private static List<object?> WordsFromRight(TemplateRun run, PyText text, int limit)
    {
        var words = new List<object?>();
        int end = text.Length;
        while (true)
        {
            end = text.Value.AsSpan(0, end).LastIndexOfAnyExcept(Space) + 1;
            if (end == 0)
                break;
            run.Step();
            int start = words.Count >= limit ? 0 : text.Value.AsSpan(0, end).LastIndexOfAny(Space) + 1;
            words.Add(text[start..end]);
            end = start;
        }

        words.Reverse();
        return words;
    }

    private static bool All(PyText text, Func<Rune, bool> holds) => text.Length > 0 && text.Value.EnumerateRunes().All(holds);

    private static PyText Pad(string name, PyText text, Arguments given, Func<int, long, (int Left, int Right)> share)
    {
        object?[] bound = given.Bind(name, "width", "fillchar");
        PyText fill = Arguments.Text(bound[1], name, " ");
        if (fill.Length != 1)
            throw new TemplateError($"{name} fills with one character");
        long width = Arguments.Integer(Arguments.Required(bound[0], name, "width"), name, 0);
        long missing = width - PythonText.Length(text.Value);
        if (missing <= 0)
            return text;
        given.Run.Grow(missing);
        (int left, int right) = share((int)missing, width);
        return new TextBuilder(given.Run)
            .Append(fill.Value[0], fill.HasInput, left).Append(text).Append(fill.Value[0], fill.HasInput, right).ToText().AsSafe(text.IsSafe);
    }

    private static PyText Zeros(PyText text, Arguments given)
    {
        long width = Arguments.Integer(Arguments.Required(given.Bind("zfill", "width")[0], "zfill", "width"), "zfill", 0);
        long missing = width - PythonText.Length(text.Value);
        if (missing <= 0)
            return text;
        given.Run.Grow(missing);
        int sign = text.Value.StartsWith('-') || text.Value.StartsWith('+') ? 1 : 0;
        return new TextBuilder(given.Run).Append(text, 0, sign).Append('0', count: (int)missing).Append(text, sign, text.Length - sign).ToText();
    }
}
