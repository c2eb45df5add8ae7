using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>The methods of strings, dicts and lists. Methods that change a list or a dict are errors, as in Jinja's immutable sandbox.</summary>
internal static class Methods
{
    private delegate object? TextMethod(string self, Arguments given);

    private static readonly Dictionary<string, TextMethod> OfText = new(StringComparer.Ordinal)
    {
        ["strip"] = static (s, g) => Strip(s, g, true, true),
        ["lstrip"] = static (s, g) => Strip(s, g, true, false),
        ["rstrip"] = static (s, g) => Strip(s, g, false, true),
        ["upper"] = static (s, g) => None("upper", g, PythonText.Upper(s)),
        ["lower"] = static (s, g) => None("lower", g, PythonText.Lower(s)),
        ["casefold"] = static (s, g) => None("casefold", g, PythonText.Lower(s).Replace("\u00DF", "ss", StringComparison.Ordinal)),
        ["capitalize"] = static (s, g) => None("capitalize", g, PythonText.Capitalize(s)),
        ["title"] = static (s, g) => None("title", g, Title(s)),
        ["swapcase"] = static (s, g) => None(
            "swapcase", g,
            string.Concat(PythonText.Characters(s).Select(static c => PythonText.Upper(c) != c ? PythonText.Upper(c) : PythonText.Lower(c)))),
        ["startswith"] = static (s, g) => Affix("startswith", s, g, static (text, affix) => text.StartsWith(affix, StringComparison.Ordinal)),
        ["endswith"] = static (s, g) => Affix("endswith", s, g, static (text, affix) => text.EndsWith(affix, StringComparison.Ordinal)),
        ["removeprefix"] = static (s, g) => One("removeprefix", g) is var affix && s.StartsWith(affix, StringComparison.Ordinal)
            ? s[affix.Length..]
            : s,
        ["removesuffix"] = static (s, g) => One("removesuffix", g) is var affix && affix.Length > 0 && s.EndsWith(affix, StringComparison.Ordinal)
            ? s[..^affix.Length]
            : s,
        ["replace"] = static (s, g) => Replace(s, g.Bind("replace", "old", "new", "count"), g.Run),
        ["split"] = static (s, g) => Split(s, g.Bind("split", "sep", "maxsplit"), g.Run, fromRight: false),
        ["rsplit"] = static (s, g) => Split(s, g.Bind("rsplit", "sep", "maxsplit"), g.Run, fromRight: true),
        ["splitlines"] = static (s, g) => g.Run.Grown(Lines(s, Arguments.Flag(g.Bind("splitlines", "keepends")[0], false))),
        ["partition"] = static (s, g) => Partition(s, One("partition", g), s.IndexOf(One("partition", g), StringComparison.Ordinal), first: true),
        ["rpartition"] = static (s, g) => Partition(
            s, One("rpartition", g), s.LastIndexOf(One("rpartition", g), StringComparison.Ordinal), first: false),
        ["find"] = static (s, g) => Find("find", s, g, fromRight: false),
        ["rfind"] = static (s, g) => Find("rfind", s, g, fromRight: true),
        ["index"] = static (s, g) => Found(Find("index", s, g, fromRight: false)),
        ["rindex"] = static (s, g) => Found(Find("rindex", s, g, fromRight: true)),
        ["count"] = static (s, g) => Count(s, One("count", g)),
        ["join"] = static (s, g) => Join(g.Run, s, Access.Items(g.Run, Arguments.Required(g.Bind("join", "iterable")[0], "join", "iterable"))),
        ["format"] = static (s, g) => PercentFormat.Braces(g.Run, s, g),
        ["isdigit"] = static (s, g) => None("isdigit", g, All(s, static r => Rune.IsDigit(r) || r.Value is 0xB2 or 0xB3 or 0xB9)),
        ["isdecimal"] = static (s, g) => None("isdecimal", g, All(s, Rune.IsDigit)),
        ["isnumeric"] = static (s, g) => None("isnumeric", g, All(s, Rune.IsNumber)),
        ["isalpha"] = static (s, g) => None("isalpha", g, All(s, Rune.IsLetter)),
        ["isalnum"] = static (s, g) => None("isalnum", g, All(s, static r => Rune.IsLetter(r) || Rune.IsNumber(r))),
        ["isspace"] = static (s, g) => None("isspace", g, All(s, static r => r.IsBmp && PythonText.IsSpace((char)r.Value))),
        ["isupper"] = static (s, g) => None("isupper", g, PythonText.Upper(s) == s && PythonText.Lower(s) != s),
        ["islower"] = static (s, g) => None("islower", g, PythonText.Lower(s) == s && PythonText.Upper(s) != s),
        ["isascii"] = static (s, g) => None("isascii", g, Ascii.IsValid(s)),
        ["ljust"] = static (s, g) => Pad("ljust", s, g, static (missing) => (0, missing)),
        ["rjust"] = static (s, g) => Pad("rjust", s, g, static (missing) => (missing, 0)),
        ["center"] = static (s, g) => Pad("center", s, g, static (missing) => (missing / 2, missing - (missing / 2))),
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
            case string text when OfText.TryGetValue(name, out TextMethod? method):
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

    public static PyList Split(string text, object?[] given, TemplateRun run, bool fromRight)
    {
        string? separator = given[0] == Arguments.Missing || given[0] is null ? null : Arguments.Text(given[0], "split", "");
        long most = Arguments.Integer(given[1], "split", -1);
        if (separator is { Length: 0 })
            throw new TemplateError("split takes a separator that is not empty");
        run.Grow(text.Length);
        int limit = most is < 0 or > int.MaxValue - 2 ? int.MaxValue - 2 : (int)most;
        List<string> parts = separator is null ? Words(text, limit, fromRight)
            : fromRight ? FromRight(text, separator, limit)
            : [.. text.Split(separator, limit + 1, StringSplitOptions.None)];
        return run.Grown(parts.ConvertAll(static part => (object?)part));
    }

    public static string Replace(string text, object?[] given, TemplateRun run)
    {
        string old = Arguments.Text(Arguments.Required(given[0], "replace", "old"), "replace", "");
        string @new = Arguments.Text(Arguments.Required(given[1], "replace", "new"), "replace", "");
        long most = given[2] is null ? -1 : Arguments.Integer(given[2], "replace", -1);
        long places = old.Length == 0 ? text.Length + 1L : Count(text, old);
        if (most >= 0)
            places = Math.Min(places, most);
        run.Grow(text.Length + (places * @new.Length));
        if (places == 0)
            return text;
        if (old.Length > 0 && most < 0)
            return text.Replace(old, @new, StringComparison.Ordinal);
        var result = new StringBuilder();
        int at = 0;
        if (old.Length == 0)
        {
            foreach (string character in PythonText.Characters(text))
                result.Append(places-- > 0 ? @new : "").Append(character);
            return result.Append(places > 0 ? @new : "").ToString();
        }

        for (; places > 0; places--)
        {
            int found = text.IndexOf(old, at, StringComparison.Ordinal);
            result.Append(text, at, found - at).Append(@new);
            at = found + old.Length;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    public static string Join(TemplateRun run, string separator, List<object?> items)
    {
        if (items.Find(static item => item is not string) is var other && items.Exists(static item => item is not string))
            throw new TemplateError($"the method join takes strings, not {ValueRules.TypeName(other)}");
        run.Grow(items.Sum(item => (long)((string)item!).Length + separator.Length));
        return string.Join(separator, items);
    }

    public static List<object?> Lines(string text, bool keepEnds)
    {
        var lines = new List<object?>();
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ((>= '\n' and <= '\r') or (>= '\u001C' and <= '\u001E') or '\u0085' or '\u2028' or '\u2029'))
                continue;
            int end = i;
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
                i++;
            lines.Add(text[start..(keepEnds ? i + 1 : end)]);
            start = i + 1;
        }

        if (start < text.Length)
            lines.Add(text[start..]);
        return lines;
    }

    private static PyFunction? OfDict(PyDict dict, string name)
    {
        if (Changing.Contains(name) && name is "pop" or "clear" or "update" or "setdefault" or "popitem")
            return Refused(name, "a dict");
        return name switch
        {
            "keys" => new PyFunction(name, given => None(name, given, new PyView([.. dict.Keys]))),
            "values" => new PyFunction(name, given => None(name, given, new PyView([.. dict.Values]))),
            "items" => new PyFunction(
                name, given => None(name, given, new PyView([.. dict.Items.Select(static item => new PyTuple([item.Key, item.Value]))]))),
            "copy" => new PyFunction(name, given => None(name, given, dict)),
            "get" => new PyFunction(name, given =>
            {
                object?[] bound = given.Bind("get", "key", "default");
                return dict.TryGet(ValueRules.Key(Arguments.Required(bound[0], "get", "key")), out object? value) ? value
                    : bound[1] == Arguments.Missing ? null
                    : bound[1];
            }),
            _ => null,
        };
    }

    private static PyFunction? OfList(PyList list, string name)
    {
        if (list is not PyTuple && Changing.Contains(name) && name is not ("update" or "setdefault" or "popitem"))
            return Refused(name, "a list");
        return name switch
        {
            "count" => new PyFunction(name, given => (long)list.Items.Count(
                item => ValueRules.AreEqual(item, Arguments.Required(given.Bind("count", "value")[0], "count", "value")))),
            "index" => new PyFunction(name, given => list.Items.FindIndex(
                item => ValueRules.AreEqual(item, Arguments.Required(given.Bind("index", "value")[0], "index", "value"))) is >= 0 and var at
                ? (long)at
                : throw new TemplateError("the list has no such item")),
            "copy" when list is not PyTuple => new PyFunction(name, given => None(name, given, list)),
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

    private static string One(string name, Arguments given) =>
        Arguments.Text(Arguments.Required(given.Bind(name, "value")[0], name, "value"), name, "");

    private static string Strip(string text, Arguments given, bool left, bool right)
    {
        object? characters = given.Bind("strip", "chars")[0];
        string set = characters is null ? PythonText.WhiteSpace : Arguments.Text(characters, "strip", PythonText.WhiteSpace);
        return Strip(text, set, left, right);
    }

    public static string Strip(string text, string set, bool left, bool right)
    {
        // Python strips code points. .NET strips UTF-16 units, which differ only if the set contains surrogate pairs.
        if (!PythonText.HasSurrogates(set))
        {
            ReadOnlySpan<char> span = text;
            span = left ? span.TrimStart(set) : span;
            return (right ? span.TrimEnd(set) : span).ToString();
        }

        List<string> characters = PythonText.Characters(text);
        HashSet<string> stripped = [.. PythonText.Characters(set)];
        int start = 0;
        int end = characters.Count;
        while (left && start < end && stripped.Contains(characters[start]))
            start++;
        while (right && end > start && stripped.Contains(characters[end - 1]))
            end--;
        return string.Concat(characters[start..end]);
    }

    private static bool Affix(string name, string text, Arguments given, Func<string, string, bool> has)
    {
        object?[] bound = given.Bind(name, "affix", "start", "end");
        if (bound[1] != Arguments.Missing)
            text = (string)Access.Slice(given.Run, text, bound[1], bound[2] == Arguments.Missing ? null : bound[2], null)!;
        object? affix = Arguments.Required(bound[0], name, "affix");
        return affix is PyTuple several
            ? several.Items.Exists(item => has(text, Arguments.Text(item, name, "")))
            : has(text, Arguments.Text(affix, name, ""));
    }

    private static long Find(string name, string text, Arguments given, bool fromRight)
    {
        object?[] bound = given.Bind(name, "value", "start", "end");
        string value = Arguments.Text(Arguments.Required(bound[0], name, "value"), name, "");
        if (bound[1] != Arguments.Missing || bound[2] != Arguments.Missing)
            throw new TemplateError($"{name} with a start or an end is not supported; take a slice");
        int found = fromRight ? text.LastIndexOf(value, StringComparison.Ordinal) : text.IndexOf(value, StringComparison.Ordinal);
        return found < 0 ? -1 : PythonText.Length(text[..found]);
    }

    private static long Found(long place) => place >= 0 ? place : throw new TemplateError("the text was not found");

    private static long Count(string text, string value)
    {
        if (value.Length == 0)
            return PythonText.Length(text) + 1;
        long count = 0;
        for (int at = 0; (at = text.IndexOf(value, at, StringComparison.Ordinal)) >= 0; at += value.Length)
            count++;
        return count;
    }

    private static PyTuple Partition(string text, string separator, int at, bool first)
    {
        if (separator.Length == 0)
            throw new TemplateError("partition takes a separator that is not empty");
        return at >= 0 ? new PyTuple([text[..at], separator, text[(at + separator.Length)..]])
            : first ? new PyTuple([text, "", ""])
            : new PyTuple(["", "", text]);
    }

    private static List<string> Words(string text, int limit, bool fromRight)
    {
        var words = new List<string>();
        if (fromRight)
        {
            ReadOnlySpan<char> rest = text.AsSpan().TrimEnd(PythonText.WhiteSpace);
            while (!rest.IsEmpty && words.Count < limit)
            {
                int space = rest.LastIndexOfAny(PythonText.WhiteSpace);
                words.Add(rest[(space + 1)..].ToString());
                rest = rest[..(space + 1)].TrimEnd(PythonText.WhiteSpace);
            }

            if (!rest.IsEmpty)
                words.Add(rest.ToString());
            words.Reverse();
            return words;
        }

        ReadOnlySpan<char> left = text.AsSpan().TrimStart(PythonText.WhiteSpace);
        while (!left.IsEmpty && words.Count < limit)
        {
            int space = left.IndexOfAny(PythonText.WhiteSpace);
            words.Add((space < 0 ? left : left[..space]).ToString());
            left = space < 0 ? [] : left[space..].TrimStart(PythonText.WhiteSpace);
        }

        if (!left.IsEmpty)
            words.Add(left.ToString());
        return words;
    }

    private static List<string> FromRight(string text, string separator, int limit)
    {
        var parts = new List<string>();
        int end = text.Length;
        while (parts.Count < limit && end >= separator.Length
            && text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal) is >= 0 and var at)
        {
            parts.Add(text[(at + separator.Length)..end]);
            end = at;
        }

        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }

    private static string Title(string text)
    {
        var result = new StringBuilder();
        bool inside = false;
        foreach (string character in PythonText.Characters(text))
        {
            result.Append(inside ? PythonText.Lower(character) : PythonText.Upper(character));
            inside = Rune.IsLetter(Rune.GetRuneAt(character, 0));
        }

        return result.ToString();
    }

    private static bool All(string text, Func<Rune, bool> holds) => text.Length > 0 && text.EnumerateRunes().All(holds);

    private static string Pad(string name, string text, Arguments given, Func<int, (int Left, int Right)> share)
    {
        object?[] bound = given.Bind(name, "width", "fillchar");
        string fill = Arguments.Text(bound[1], name, " ");
        if (fill.Length != 1)
            throw new TemplateError($"{name} fills with one character");
        long missing = Arguments.Integer(Arguments.Required(bound[0], name, "width"), name, 0) - PythonText.Length(text);
        if (missing <= 0)
            return text;
        given.Run.Grow(missing);
        (int left, int right) = share((int)missing);
        return new string(fill[0], left) + text + new string(fill[0], right);
    }

    private static string Zeros(string text, Arguments given)
    {
        long missing = Arguments.Integer(Arguments.Required(given.Bind("zfill", "width")[0], "zfill", "width"), "zfill", 0) - PythonText.Length(text);
        if (missing <= 0)
            return text;
        given.Run.Grow(missing);
        string zeros = new('0', (int)missing);
        return text.StartsWith('-') || text.StartsWith('+') ? text[0] + zeros + text[1..] : zeros + text;
    }
}
