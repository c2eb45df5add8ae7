using System.Globalization;

namespace Cambium.Constraints;

/// <summary>The dialects that differ in the supported constructs.</summary>
internal enum RegexDialect
{
    /// <summary>.NET, PCRE and RE2: a bracket at the beginning of a class is a character of it.</summary>
    Common,

    /// <summary>ECMAScript, of the keyword <c>pattern</c>: <c>[]</c> is the empty class, and <c>[^]</c> every character.</summary>
    EcmaScript,
}

/// <summary>
/// Parses the regular part of regular expressions: characters, escapes, classes, dot, groups, alternatives, quantifiers, and anchors at the ends.
/// <c>\d \w \s</c> mean ASCII, as in ECMAScript. A construct that is not regular or depends on its context is an error that names it.
/// </summary>
internal sealed class RegexParser
{
    public const int MaxLength = 64 * 1024;
    public const int MaxCount = 10_000;
    private const int MaxDepth = 200;

    private readonly string _text;
    private readonly RegexDialect _dialect;
    private readonly SchemaPath? _path;
    private int _at;
    private int _depth;

    private RegexParser(string text, RegexDialect dialect, SchemaPath? path)
    {
        _text = text;
        _dialect = dialect;
        _path = path;
    }

    /// <param name="path">JSON pointer of the expression in a schema; null outside of a schema.</param>
    /// <exception cref="ConstraintException">The expression is malformed or has a construct that is not supported.</exception>
    public static IReadOnlyList<RegexAlternative> Parse(string text, RegexDialect dialect, SchemaPath? path = null)
    {
        if (text.Length > MaxLength)
        {
            throw new ConstraintException(
                $"The regular expression has {text.Length} characters; at most {MaxLength} are read.", null, path?.ToString());
        }

        var parser = new RegexParser(text, dialect, path);
        var alternatives = new List<RegexAlternative>();
        do
        {
            var begin = parser.Take('^');
            var node = parser.Sequence(out var end);
            alternatives.Add(new RegexAlternative(node, begin, end));
        }
        while (parser.Take('|'));
        if (!parser.IsDone)
            throw parser.Error("a ')' without its '('");
        return alternatives;
    }

    private bool IsDone => _at == _text.Length;

    private char Current => _text[_at];

    private bool Take(char value)
    {
        if (IsDone || Current != value)
            return false;
        _at++;
        return true;
    }

    private RegexNode Sequence(out bool endsAtEnd)
    {
        var parts = new List<RegexNode>();
        endsAtEnd = false;
        while (!IsDone && Current is not ('|' or ')'))
        {
            if (Current == '$' && _depth == 0 && (_at + 1 == _text.Length || _text[_at + 1] == '|'))
            {
                _at++;
                endsAtEnd = true;
                break;
            }

            parts.Add(Quantified(Atom()));
        }

        return parts.Count == 1 ? parts[0] : new RegexNode.Sequence(parts);
    }

    private RegexNode Atom()
    {
        switch (Current)
        {
            case '(':
                return Group();
            case '[':
                return new RegexNode.Set(Class());
            case '.':
                _at++;
                return new RegexNode.Set(CodePoints.Dot);
            case '\\':
                return new RegexNode.Set(Escape(inClass: false));
            case '^' or '$':
                throw Unsupported(Current.ToString(), "an anchor that is not at an end of the expression");
            case '*' or '+' or '?':
                throw Error($"a '{Current}' with nothing before it");
            case '{' when Counts() is not null:
                throw Error("a count with nothing before it");
            default:
                return new RegexNode.Set(Single(Character()));
        }
    }

    private RegexNode Group()
    {
        var begin = _at++;
        if (Take('?'))
        {
            if (Take('<') && !IsDone && Current is not ('=' or '!'))
            {
                while (!IsDone && (char.IsLetterOrDigit(Current) || Current == '_'))
                    _at++;
                if (!Take('>'))
                    throw Error("a group's name without its '>'");
            }
            else if (_text[_at - 1] == '<')
            {
                throw Unsupported("(?<" + (IsDone ? "" : Current), "a lookbehind");
            }
            else if (!Take(':'))
            {
                var mark = IsDone ? "" : Current.ToString();
                throw Unsupported("(?" + mark, mark switch { "=" or "!" => "a lookahead", ">" => "an atomic group", _ => "this kind of group" });
            }
        }

        if (++_depth > MaxDepth)
        {
            throw new ConstraintException(
                $"Groups of the regular expression are nested more than {MaxDepth} deep{Where()}.", null, _path?.ToString());
        }

        var alternatives = new List<RegexNode>();
        do
        {
            alternatives.Add(Sequence(out _));
        }
        while (Take('|'));
        _depth--;
        if (Take(')'))
            return alternatives.Count == 1 ? alternatives[0] : new RegexNode.Choice(alternatives);
        _at = begin;
        throw Error("a '(' without its ')'");
    }

    private RegexNode Quantified(RegexNode atom)
    {
        if (IsDone)
            return atom;
        (int Least, int? Most)? counts = Current switch
        {
            '*' => (0, null),
            '+' => (1, null),
            '?' => (0, 1),
            '{' => Counts(),
            _ => null,
        };
        if (counts is not var (least, most))
            return atom;
        _at = Current == '{' ? _text.IndexOf('}', _at) + 1 : _at + 1;
        // Lazy and greedy quantifiers match the same texts.
        if (!Take('?') && !IsDone && Current == '+')
            throw Unsupported("+", "a possessive quantifier");
        if (!IsDone && (Current is '*' or '+' or '?' || (Current == '{' && Counts() is not null)))
            throw Error($"a '{Current}' after another quantifier");
        return new RegexNode.Repeat(atom, least, most);
    }

    // Braces without counts are plain characters.
    private (int Least, int? Most)? Counts()
    {
        var end = _text.IndexOf('}', _at);
        if (end < 0 || end - _at > 24)
            return null;
        var parts = _text[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || parts[0].Length == 0 || parts.Any(static part => !part.All(char.IsAsciiDigit)))
            return null;
        var least = Count(parts[0]);
        int? most = parts.Length == 1 ? least : parts[1].Length == 0 ? null : Count(parts[1]);
        return most < least ? throw Error($"counts in the wrong order, {{{least},{most}}}") : (least, most);
    }

    private int Count(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaxCount
        ? count
        : throw new ConstraintException(
            $"The regular expression has a repetition of {digits} times; at most {MaxCount} are supported{Where()}.", "{", _path?.ToString());

    private CodePoints Class()
    {
        var begin = _at++;
        var negated = Take('^');
        var spaces = false;
        var ranges = new List<(int First, int Last)>();
        var isLiteral = _dialect == RegexDialect.Common;
        while (!IsDone && (Current != ']' || isLiteral))
        {
            isLiteral = false;
            if (Current == '[' && _at + 1 < _text.Length && _text[_at + 1] == ':')
                throw Unsupported("[:", "a POSIX class");
            spaces |= _text.AsSpan(_at).StartsWith("\\s");
            var first = Member();
            if (!IsDone && Current == '-' && _at + 1 < _text.Length && _text[_at + 1] != ']')
            {
                _at++;
                if (!IsDone && Current == '[')
                    throw Unsupported("-[", "the difference of two classes");
                var last = Member();
                if (first.Ranges is not [var a] || last.Ranges is not [var b] || a.First != a.Last || b.First != b.Last || a.First > b.First)
                    throw Error("a range that does not ascend from one character to another");
                ranges.Add((a.First, b.First));
                continue;
            }

            ranges.AddRange(first.Ranges);
        }

        if (!Take(']'))
        {
            _at = begin;
            throw Error("a '[' without its ']'");
        }

        // The complement of \s excludes the white space of every dialect.
        return !negated ? CodePoints.Of(ranges)
            : spaces ? CodePoints.Of(ranges).Complement().Intersect(CodePoints.NotSpace)
            : CodePoints.Of(ranges).Complement();
    }

    private CodePoints Member() => Current == '\\' ? Escape(inClass: true) : Single(Character());

    private CodePoints Escape(bool inClass)
    {
        _at++;
        if (IsDone)
            throw Error("a '\\' at the end");
        var letter = _text[_at++];
        switch (letter)
        {
            case 'd': return CodePoints.Digits;
            case 'D': return CodePoints.Digits.Complement();
            case 'w': return CodePoints.Word;
            case 'W': return CodePoints.Word.Complement();
            case 's': return CodePoints.Space;
            case 'S': return CodePoints.NotSpace;
            case 'n': return Single('\n');
            case 'r': return Single('\r');
            case 't': return Single('\t');
            case 'f': return Single('\f');
            case 'v': return Single('\v');
            case 'b' when inClass: return Single('\b');
            case '0' when IsDone || !char.IsAsciiDigit(Current): return Single(0);
            case 'x': return Single(Hexadecimal(2));
            case 'u': return Single(Surrogates(Hexadecimal(4)));
            case 'b' or 'B': throw Unsupported("\\" + letter, "a word boundary");
            case 'p' or 'P': throw Unsupported("\\" + letter, "a Unicode category");
            case 'A' or 'Z' or 'z' or 'G': throw Unsupported("\\" + letter, "an anchor of this kind");
            case 'k': throw Unsupported("\\k", "a reference to a group");
            case >= '0' and <= '9': throw Unsupported("\\" + letter, "a reference to a group");
        }

        if (char.IsAsciiLetter(letter))
            throw Unsupported("\\" + letter, "this escape");
        _at--;
        return Single(Character());
    }

    private int Surrogates(int unit)
    {
        if (!char.IsHighSurrogate((char)unit) || !_text.AsSpan(_at).StartsWith("\\u"))
            return unit;
        _at += 2;
        var low = Hexadecimal(4);
        return char.IsLowSurrogate((char)low) ? char.ConvertToUtf32((char)unit, (char)low) : throw Error("half of a surrogate pair");
    }

    private int Hexadecimal(int digits)
    {
        if (_at + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            throw Error($"an escape without its {digits} hexadecimal digits");
        _at += digits;
        return value;
    }

    private int Character()
    {
        if (char.IsHighSurrogate(Current) && _at + 1 < _text.Length && char.IsLowSurrogate(_text[_at + 1]))
            return char.ConvertToUtf32(_text[_at++], _text[_at++]);
        return _text[_at++];
    }

    private CodePoints Single(int codePoint) =>
        codePoint is >= 0xD800 and <= 0xDFFF ? throw Error("half of a surrogate pair") : CodePoints.Of((codePoint, codePoint));

    private string Where() => _path is null ? "" : $" at {_path}";

    private ConstraintException Error(string what) =>
        new($"The regular expression has {what}, near character {_at}{Where()}.", null, _path?.ToString());

    private ConstraintException Unsupported(string construct, string what) =>
        new(
            $"'{construct}', {what}, is not supported in regular expressions that constrain output (near character {_at}{Where()}).",
            construct,
            _path?.ToString());
}
