using System.Globalization;

namespace Cambium.Compiler.Types;

/// <summary>Reads size expressions such as <c>Vocab</c> or <c>Heads * HeadDim</c>: integers, names, <c>+ - * /</c>, signs and parentheses.</summary>
public sealed class SizeParser
{
    private readonly string _text;
    private readonly Func<string, Size?> _resolve;
    private int _at;
    private int _depth;

    private SizeParser(string text, Func<string, Size?> resolve) => (_text, _resolve) = (text, resolve);

    /// <summary>The size; or null and the error.</summary>
    /// <param name="resolve">The size of a name; null for an unknown name.</param>
    public static Size? TryParse(string text, Func<string, Size?> resolve, out string? error)
    {
        try
        {
            var parser = new SizeParser(text, resolve);
            var size = parser.Sum();
            parser.SkipSpace();
            if (parser._at < text.Length)
                throw new FormatException($"'{text}' is not a size: unexpected '{text[parser._at]}'");
            error = null;
            return size;
        }
        catch (FormatException failure)
        {
            error = failure.Message;
            return null;
        }
        catch (LimitExceededException failure)
        {
            error = failure.Message;
            return null;
        }
        catch (OverflowException)
        {
            error = $"'{text}' has a factor that does not fit into 64 bits";
            return null;
        }
    }

    /// <summary>The size of a text whose names are symbols; throws <see cref="FormatException"/> for other texts.</summary>
    public static Size Parse(string text) => TryParse(text, Size.Symbol, out var error) ?? throw new FormatException(error);

    /// <summary>A list separated by commas that are not inside parentheses.</summary>
    public static IEnumerable<string> SplitList(string text)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                yield return text.Substring(start, i - start).Trim();
                start = i + 1;
            }
        }

        if (text.Substring(start).Trim() is { Length: > 0 } last)
            yield return last;
    }

    private Size Sum()
    {
        var sum = Product();
        while (true)
        {
            if (Take('+'))
                sum += Product();
            else if (Take('-'))
                sum -= Product();
            else
                return sum;
        }
    }

    private Size Product()
    {
        var product = Atom();
        while (true)
        {
            if (Take('*'))
                product *= Atom();
            else if (Take('/'))
                product /= Atom();
            else
                return product;
        }
    }

    private Size Atom()
    {
        if (Take('-'))
        {
            Enter();
            var positive = Atom();
            _depth--;
            return Size.Constant(-1) * positive;
        }

        if (Take('('))
        {
            Enter();
            var inner = Sum();
            _depth--;
            return Take(')') ? inner : throw new FormatException($"'{_text}' is not a size: a ')' is missing");
        }

        SkipSpace();
        var start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
            _at++;
        var word = _text.Substring(start, _at - start);
        if (word.Length == 0)
            throw new FormatException($"'{_text}' is not a size: a name or an integer is expected at position {start + 1}");
        if (char.IsDigit(word[0]))
        {
            return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? Size.Constant(value)
                : throw new FormatException($"'{word}' is not an integer");
        }

        return _resolve(word) ?? throw new FormatException($"'{word}' is not a dim of this class");
    }

    private void Enter()
    {
        if (++_depth > CompilerLimits.SizeDepth)
        {
            var limit = CompilerLimits.SizeDepth.ToString(CultureInfo.InvariantCulture);
            throw new FormatException($"a size has more than {limit} parentheses or signs inside each other; give parts of it names, each a dim "
                + $"with a Default");
        }
    }

    private bool Take(char expected)
    {
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != expected)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }
}
