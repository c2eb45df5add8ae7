using System.Globalization;
using System.Text;

namespace Cambium.Text;

/// <summary>
/// Translates a pattern from Oniguruma's dialect, which tokenizer files use, to .NET's: possessive quantifiers, scripts, word characters with marks,
/// nested classes. A construct without an equivalent is an error.
/// </summary>
internal ref struct PatternDialect
{
    // In Oniguruma the superscript digits and fractions of Latin-1 are word characters, others are not.
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9\u00B2\u00B3\u00B9\u00BC-\u00BE";
    private const int MaxDepth = 100;

    private readonly string _pattern;
    private readonly StringBuilder _out = new();
    private readonly Stack<(int At, bool IgnoresCase)> _groups = new();
    private int _at;
    private int _atom = -1;
    private bool _ignoresCase;

    private PatternDialect(string pattern) => _pattern = pattern;

    /// <exception cref="ArgumentException">The pattern has something that .NET's dialect does not.</exception>
    public static string Translate(string pattern) => new PatternDialect(pattern).Run();

    private string Run()
    {
        while (_at < _pattern.Length)
        {
            char c = _pattern[_at];
            switch (c)
            {
                case '\\':
                    _atom = _out.Length;
                    Escape(inClass: false);
                    break;
                case '[':
                    _atom = _out.Length;
                    _at++;
                    _out.Append('[');
                    Class(depth: 0);
                    _out.Append(']');
                    break;
                case '(':
                    _groups.Push((_out.Length, _ignoresCase));
                    if (_groups.Count > MaxDepth)
                        throw new ArgumentException($"Groups are nested more than {MaxDepth} deep.");
                    Group();
                    _atom = -1;
                    break;
                case ')':
                    if (_groups.TryPop(out (int At, bool IgnoresCase) group))
                        (_atom, _ignoresCase) = group;
                    Copy();
                    break;
                case '?' or '*' or '+' or '{' when _atom >= 0:
                    Quantifier();
                    break;
                case '|':
                    Copy();
                    _atom = -1;
                    break;
                default:
                    _atom = _out.Length;
                    Literal();
                    break;
            }
        }

        return _out.ToString();
    }

    private void Copy() => _out.Append(_pattern[_at++]);

    private void Literal()
    {
        char c = _pattern[_at];
        if (char.IsSurrogate(c))
            throw new ArgumentException("It names a character beyond U+FFFF.");
        // In Oniguruma the long s is another case of s.
        if (_ignoresCase && c is ('s' or 'S'))
        {
            _out.Append("[sS\u017F]");
            _at++;
            return;
        }

        Copy();
    }

    private void Group()
    {
        Copy();
        if (_at >= _pattern.Length || _pattern[_at] != '?')
            return;
        Copy();
        int start = _at;
        while (_at < _pattern.Length && (char.IsAsciiLetter(_pattern[_at]) || _pattern[_at] == '-'))
            _at++;
        if (_at >= _pattern.Length || _pattern[_at] is not (':' or ')'))
        {
            _at = start;
            return;
        }

        // Oniguruma's option m is .NET's s; its ^ and $ always match at lines.
        string flags = _pattern[start.._at];
        if (flags.AsSpan().ContainsAnyExcept("imx-"))
            throw new ArgumentException($"It has the options '{flags}'.");
        bool on = true;
        foreach (char flag in flags)
        {
            if (flag == '-')
                on = false;
            else if (flag == 'i')
                _ignoresCase = on;
        }

        _out.Append(flags.Replace('m', 's'));
        if (_pattern[_at] == ')')
        {
            // Options from here to the end of the enclosing group.
            _groups.Pop();
        }

        Copy();
    }

    private void Quantifier()
    {
        char kind = _pattern[_at];
        if (kind == '{')
        {
            int end = _pattern.IndexOf('}', _at);
            if (end < 0 || !_pattern.AsSpan(_at + 1, end - _at - 1).ContainsAnyInRange('0', '9')
                || _pattern.AsSpan(_at + 1, end - _at - 1).ContainsAnyExcept("0123456789,"))
            {
                _atom = _out.Length;
                _out.Append("\\{");
                _at++;
                return;
            }

            string bounds = _pattern[(_at + 1)..end];
            _out.Append('{').Append(bounds.StartsWith(',') ? "0" + bounds : bounds).Append('}');
            _at = end + 1;
        }
        else
        {
            Copy();
        }

        if (_at < _pattern.Length && _pattern[_at] == '?')
        {
            Copy();
        }
        else if (_at < _pattern.Length && _pattern[_at] == '+')
        {
            _at++;
            // After a count {n,m} a plus is another quantifier; after *, + and ? it makes the quantifier possessive.
            _out.Insert(_atom, kind == '{' ? "(?:" : "(?>").Append(kind == '{' ? ")+" : ")");
        }

        _atom = -1;
    }

    private void Escape(bool inClass)
    {
        if (_at + 1 >= _pattern.Length)
            throw new ArgumentException("It ends in a backslash.");
        char c = _pattern[_at + 1];
        switch (c)
        {
            case 'W' when inClass:
                throw new ArgumentException("It has \\W within a class.");
            case 'w' or 'W':
                _at += 2;
                _out.Append(inClass ? Word : c == 'w' ? $"[{Word}]" : $"[^{Word}]");
                break;
            case 'h' or 'H' when !inClass || c == 'h':
                _at += 2;
                _out.Append(inClass ? "0-9a-fA-F" : c == 'h' ? "[0-9a-fA-F]" : "[^0-9a-fA-F]");
                break;
            case 'R' when !inClass:
                _at += 2;
                _out.Append(@"(?>\r\n|[\n-\r\u0085\u2028\u2029])");
                break;
            case 'p' or 'P':
                Property(inClass);
                break;
            case 'x' when _at + 2 < _pattern.Length && _pattern[_at + 2] == '{':
                int end = _pattern.IndexOf('}', _at);
                if (end < 0
                    || !int.TryParse(
                        _pattern.AsSpan(_at + 3, end - _at - 3),
                        NumberStyles.AllowHexSpecifier,
                        CultureInfo.InvariantCulture,
                        out int point)
                    || point is < 0 or > 0xFFFF)
                    throw new ArgumentException("It names a character beyond U+FFFF.");
                _out.Append(CultureInfo.InvariantCulture, $"\\u{point:X4}");
                _at = end + 1;
                break;
            case 'X' or 'K' or 'N' or 'O' or 'g' or 'y' or 'Y':
                throw new ArgumentException($"It has \\{c}.");
            default:
                if (char.IsSurrogate(c))
                    throw new ArgumentException("It names a character beyond U+FFFF.");
                Copy();
                Copy();
                break;
        }
    }

    private void Property(bool inClass)
    {
        bool negated = _pattern[_at + 1] == 'P';
        int end = _pattern.IndexOf('}', _at);
        if (_at + 2 >= _pattern.Length || _pattern[_at + 2] != '{' || end < 0)
            throw new ArgumentException("It has a property without its name in braces.");
        string name = _pattern[(_at + 3)..end];
        _at = end + 1;
        if (name.StartsWith('^'))
        {
            negated = !negated;
            name = name[1..];
        }

        name = name[(name.IndexOf('=') + 1)..];
        if (CategoryNames.TryGetValue(name, out string? category))
            _out.Append(negated ? "\\P{" : "\\p{").Append(category).Append('}');
        else if (!ScriptRanges.TryGetValue(name, out string? ranges))
            throw new ArgumentException($"It has the property '{name}'.");
        else if (negated && inClass)
            throw new ArgumentException($"It has the property '{name}' negated within a class.");
        else
            _out.Append(inClass ? ranges : negated ? $"[^{ranges}]" : $"[{ranges}]");
    }

    /// <summary>Reads a class from after its opening bracket to the closing one.</summary>
    private void Class(int depth)
    {
        if (depth > MaxDepth)
            throw new ArgumentException($"Classes are nested more than {MaxDepth} deep.");
        if (_at < _pattern.Length && _pattern[_at] == '^')
        {
            if (depth > 0)
                throw new ArgumentException("It has a negated class within a class.");
            Copy();
        }

        if (_at < _pattern.Length && _pattern[_at] == ']')
        {
            _out.Append("\\]");
            _at++;
        }

        while (_at < _pattern.Length && _pattern[_at] != ']')
        {
            char c = _pattern[_at];
            if (c == '\\')
            {
                Escape(inClass: true);
            }
            else if (c == '[')
            {
                if (_at + 1 < _pattern.Length && _pattern[_at + 1] == ':')
                    throw new ArgumentException("It has a POSIX class.");
                // A nested class is a union with the outer one.
                _at++;
                Class(depth + 1);
            }
            else if (c == '&' && _at + 1 < _pattern.Length && _pattern[_at + 1] == '&')
            {
                throw new ArgumentException("It has an intersection of classes.");
            }
            else if (char.IsSurrogate(c))
            {
                throw new ArgumentException("It names a character beyond U+FFFF.");
            }
            else
            {
                if (_ignoresCase && c is ('s' or 'S'))
                    _out.Append('\u017F');
                Copy();
            }
        }

        if (_at >= _pattern.Length)
            throw new ArgumentException("It has a class without an end.");
        _at++;
    }

    private static readonly Dictionary<string, string> CategoryNames = BuildCategories();

    private static readonly Dictionary<string, string> ScriptRanges = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Han"] =
            @"\u2E80-\u2E99\u2E9B-\u2EF3\u2F00-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFA6D\uFA70-\uFAD9",
        ["Hiragana"] = @"\u3041-\u3096\u309D-\u309F",
        ["Katakana"] = @"\u30A1-\u30FA\u30FD-\u30FF\u31F0-\u31FF\u32D0-\u32FE\u3300-\u3357\uFF66-\uFF6F\uFF71-\uFF9D",
        ["Hangul"] =
            @"\u1100-\u11FF\u302E-\u302F\u3131-\u318E\u3200-\u321E\u3260-\u327E\uA960-\uA97C\uAC00-\uD7A3\uD7B0-\uD7C6\uD7CB-\uD7FB"
            + @"\uFFA0-\uFFBE\uFFC2-\uFFC7\uFFCA-\uFFCF\uFFD2-\uFFD7\uFFDA-\uFFDC",
    };

    private static Dictionary<string, string> BuildCategories()
    {
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["Letter"] = "L", ["Mark"] = "M", ["Number"] = "N", ["Punctuation"] = "P", ["Symbol"] = "S", ["Separator"] = "Z", ["Other"] = "C",
        };
        foreach (string name in "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cn Co Cs".Split(' '))
            names[name] = name;
        return names;
    }
}
