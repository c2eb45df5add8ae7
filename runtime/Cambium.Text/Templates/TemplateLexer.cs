using System.Globalization;
using System.Numerics;
using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

internal enum TokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Kind">The kind of token.</param>
/// <param name="Text">A name, an operator, the value of a string, or text of the output.</param>
/// <param name="Value">The value of a number.</param>
/// <param name="Line">Its line, from 1.</param>
internal readonly record struct TemplateToken(TokenKind Kind, string Text, object? Value, int Line)
{
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.BlockEnd => "the end of the statement",
        TokenKind.VariableEnd => "the end of the expression",
        TokenKind.Data => "text",
        _ => $"'{Excerpt.Of(Text)}'",
    };
}

/// <summary>
/// Splits a template into tokens, with the white space rules of transformers: the line feed after a statement is removed (trim_blocks), and so is
/// white space before a statement at the start of a line (lstrip_blocks).
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    // A name is hashed in every scope around it, which is not counted as steps.
    private const int LongestName = 256;

    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _lineAt;
    private bool _lineStarting = true;

    private TemplateLexer(string source) => _source = source;

    /// <exception cref="ChatTemplateException">A tag, string, comment or bracket is not closed, or a character is not valid.</exception>
    public static List<TemplateToken> Read(string source)
    {
        // Only these end a line; other line ends of Unicode are characters of the text.
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lexer = new TemplateLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (true)
        {
            int tag = NextTag();
            if (tag < 0)
            {
                AddData(_source[_at..]);
                _at = _source.Length;
                Add(TokenKind.End, "");
                return;
            }

            char kind = _source[tag + 1];
            char sign = tag + 2 < _source.Length ? _source[tag + 2] : '\0';
            AddData(Before(tag, kind, sign));
            _at = tag + 2 + (sign is '-' or '+' ? 1 : 0);
            if (kind == '#')
                SkipComment();
            else if (kind == '%' && IsRaw(out int body))
                ReadRaw(body);
            else
                ReadTag(kind == '%');
        }
    }

    private int NextTag()
    {
        for (int at = _at; at < _source.Length; at++)
        {
            int found = _source.AsSpan(at).IndexOf('{');
            if (found < 0 || at + found + 1 >= _source.Length)
                return -1;
            at += found;
            if (_source[at + 1] is '{' or '%' or '#')
                return at;
        }

        return -1;
    }

    /// <summary>The text before a tag, without the white space that the tag strips.</summary>
    private string Before(int tag, char kind, char sign)
    {
        string text = _source[_at..tag];
        if (sign == '-')
            return text.AsSpan().TrimEnd(PythonText.WhiteSpace).ToString();
        if (sign == '+' || kind == '{')
            return text;
        int line = text.LastIndexOf('\n') + 1;
        return (line > 0 || _lineStarting) && text.AsSpan(line).Trim(PythonText.WhiteSpace).IsEmpty ? text[..line] : text;
    }

    private void SkipComment()
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
            throw Error("A comment does not end; '#}' is missing.");
        char sign = end > _at ? _source[end - 1] : '\0';
        _at = end + 2;
        Finish(sign, trims: true);
    }

    private bool IsRaw(out int body)
    {
        body = SkipSpace(_at);
        if (!_source.AsSpan(body).StartsWith("raw", StringComparison.Ordinal))
            return false;
        body = SkipSpace(body + 3);
        bool strips = body < _source.Length && _source[body] == '-';
        if (!_source.AsSpan(body + (strips ? 1 : 0)).StartsWith("%}", StringComparison.Ordinal))
            return false;
        body += strips ? 3 : 2;
        if (strips)
            body = SkipSpace(body);
        return true;
    }

    private void ReadRaw(int body)
    {
        for (int at = body; (at = _source.IndexOf("{%", at, StringComparison.Ordinal)) >= 0; at += 2)
        {
            char sign = at + 2 < _source.Length ? _source[at + 2] : '\0';
            int name = SkipSpace(at + 2 + (sign is '-' or '+' ? 1 : 0));
            if (!_source.AsSpan(name).StartsWith("endraw", StringComparison.Ordinal))
                continue;
            int end = SkipSpace(name + 6);
            char last = end < _source.Length ? _source[end] : '\0';
            if (!_source.AsSpan(end + (last is '-' or '+' ? 1 : 0)).StartsWith("%}", StringComparison.Ordinal))
                continue;
            _at = body;
            _lineStarting = body > 0 && _source[body - 1] == '\n';
            AddData(Before(at, '%', sign));
            _at = end + (last is '-' or '+' ? 3 : 2);
            Finish(last, trims: true);
            return;
        }

        throw Error("A raw block does not end; '{% endraw %}' is missing.");
    }

    private void ReadTag(bool isBlock)
    {
        Add(isBlock ? TokenKind.BlockBegin : TokenKind.VariableBegin, isBlock ? "{%" : "{{");
        string end = isBlock ? "%}" : "}}";
        var open = new Stack<char>();
        int begin = _at;
        while (true)
        {
            _at = SkipSpace(_at);
            if (_at >= _source.Length)
            {
                _at = begin;
                throw Error($"'{(isBlock ? "{%" : "{{")}' does not end; '{end}' is missing.");
            }

            char c = _source[_at];
            if (open.Count == 0)
            {
                bool signed = c == '-' || (c == '+' && isBlock);
                if (_source.AsSpan(_at + (signed ? 1 : 0)).StartsWith(end, StringComparison.Ordinal))
                {
                    Add(isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, end);
                    _at += signed ? 3 : 2;
                    Finish(signed ? c : '\0', trims: isBlock);
                    return;
                }
            }

            if (char.IsAsciiDigit(c))
                ReadNumber();
            else if (c is '\'' or '"')
                ReadString(c);
            else if (c == '_' || char.IsLetter(c))
                ReadName();
            else
                ReadOperator(open);
        }
    }

    private void Finish(char sign, bool trims)
    {
        int from = _at;
        if (sign == '-')
            _at = SkipSpace(_at);
        else if (trims && sign != '+' && _at < _source.Length && _source[_at] == '\n')
            _at++;
        _lineStarting = _at > from && _source[_at - 1] == '\n';
    }

    private void ReadOperator(Stack<char> open)
    {
        string? found = Array.Find(Operators, candidate => _source.AsSpan(_at).StartsWith(candidate, StringComparison.Ordinal));
        if (found is null)
            throw Error($"The character '{_source[_at]}' is not expected here.");
        if (found is "(" or "[" or "{")
        {
            open.Push(found[0] == '(' ? ')' : found[0] == '[' ? ']' : '}');
        }
        else if (found is ")" or "]" or "}")
        {
            if (!open.TryPop(out char expected) || expected != found[0])
                throw Error($"'{found}' closes nothing.");
        }

        Add(TokenKind.Operator, found);
        _at += found.Length;
    }

    private void ReadName()
    {
        int start = _at;
        while (_at < _source.Length && (_source[_at] == '_' || char.IsLetterOrDigit(_source[_at])))
            _at++;
        if (_at - start > LongestName)
            throw Error($"The name '{Excerpt.Of(_source[start.._at])}' has {_at - start} characters; at most {LongestName} are allowed.");
        Add(TokenKind.Name, _source[start.._at]);
    }

    private void ReadNumber()
    {
        int start = _at;
        bool afterDot = start > 0 && _source[start - 1] == '.';
        if (_source[_at] == '0' && _at + 1 < _source.Length && char.ToLowerInvariant(_source[_at + 1]) is 'x' or 'o' or 'b')
        {
            int radix = char.ToLowerInvariant(_source[_at + 1]) switch { 'x' => 16, 'o' => 8, _ => 2 };
            _at += 2;
            while (_at < _source.Length && (char.IsAsciiHexDigit(_source[_at]) || _source[_at] == '_'))
                _at++;
            try
            {
                Add(
                    TokenKind.Integer, _source[start.._at],
                    Convert.ToInt64(_source[(start + 2).._at].Replace("_", "", StringComparison.Ordinal), radix));
                return;
            }
            catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
            {
                throw Error($"'{_source[start.._at]}' is not a number.");
            }
        }

        Digits();
        bool isFloat = false;
        if (!afterDot && _at + 1 < _source.Length && _source[_at] == '.' && char.IsAsciiDigit(_source[_at + 1]))
        {
            isFloat = true;
            _at++;
            Digits();
        }

        int exponent = _at < _source.Length && _source[_at] is 'e' or 'E' ? _at + 1 : -1;
        if (exponent > 0 && exponent < _source.Length && _source[exponent] is '+' or '-')
            exponent++;
        if (!afterDot && exponent > 0 && exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
        {
            isFloat = true;
            _at = exponent;
            Digits();
        }

        string text = _source[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (isFloat)
            Add(TokenKind.Float, text, double.Parse(text, CultureInfo.InvariantCulture));
        else if (text.Length > 1 && text[0] == '0' && text.AsSpan().ContainsAnyExcept('0'))
            throw Error($"'{(text.Length <= 40 ? text : text[..37] + "...")}' is a number with zeros before it.");
        else if (long.TryParse(text, CultureInfo.InvariantCulture, out long value))
            Add(TokenKind.Integer, text, value);
        else if (text.Length <= JsonValues.MostDigits)
            Add(TokenKind.Integer, text, BigInteger.Parse(text, CultureInfo.InvariantCulture));
        else
            throw Error($"'{text[..37]}...' has {text.Length} digits; {JsonValues.MostDigits} are allowed.");
    }

    private void Digits()
    {
        while (_at < _source.Length
            && (char.IsAsciiDigit(_source[_at]) || (_source[_at] == '_' && _at + 1 < _source.Length && char.IsAsciiDigit(_source[_at + 1]))))
            _at++;
    }

    private void ReadString(char quote)
    {
        int start = _at;
        var value = new StringBuilder();
        for (_at++; ; _at++)
        {
            if (_at >= _source.Length)
            {
                _at = start;
                throw Error("A string does not end.");
            }

            char c = _source[_at];
            if (c == quote)
                break;
            if (c == '\\' && _at + 1 < _source.Length)
                ReadEscape(value);
            else
                value.Append(c);
        }

        Add(TokenKind.String, value.ToString());
        _at++;
    }

    private void ReadEscape(StringBuilder value)
    {
        char c = _source[++_at];
        int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            if (_at + digits >= _source.Length
                || !int.TryParse(_source.AsSpan(_at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int point)
                || point is < 0 or > 0x10FFFF)
                throw Error($"'\\{c}' is not followed by a character's number.");
            _at += digits;
            if (point > 0xFFFF)
                value.Append(char.ConvertFromUtf32(point));
            else
                value.Append((char)point);
            return;
        }

        if (c is >= '0' and <= '7')
        {
            int octal = 0;
            int last = _at;
            while (last < _source.Length && last < _at + 3 && _source[last] is >= '0' and <= '7')
                octal = (8 * octal) + _source[last++] - '0';
            _at = last - 1;
            value.Append((char)octal);
            return;
        }

        if (c == 'N')
            throw Error("A character by its name ('\\N{...}') is not supported; write its number.");
        if (c == '\n')
            return;
        int known = "abfnrtv\\'\"".IndexOf(c);
        if (known >= 0)
            value.Append("\a\b\f\n\r\t\v\\'\""[known]);
        else
            value.Append('\\').Append(c);
    }

    private int SkipSpace(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
            at++;
        return at;
    }

    private void AddData(string text)
    {
        if (text.Length > 0)
            Add(TokenKind.Data, text);
    }

    private void Add(TokenKind kind, string text, object? value = null) => _tokens.Add(new TemplateToken(kind, text, value, Line()));

    private int Line()
    {
        // Callers ask for positions in ascending order, except for an error.
        if (_at > _lineAt)
        {
            _line += _source.AsSpan(_lineAt, Math.Min(_at, _source.Length) - _lineAt).Count('\n');
            _lineAt = _at;
        }

        return _line;
    }

    private ChatTemplateException Error(string problem) => new(1 + _source.AsSpan(0, Math.Min(_at, _source.Length)).Count('\n'), problem);
}
