using System.Globalization;
using System.Text;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>Reads the text of a scalar expression of kernels, such as <c>(mul $0 (rsqrt %1))</c>.</summary>
public sealed class ScalarParser
{
    private readonly string _text;
    private int _at;

    private readonly Func<string, Size> _size;

    private ScalarParser(string text, Func<string, Size> size) => (_text, _size) = (text, size);

    /// <summary>The expression; null where the text is not one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="size">Reads the text of a size.</param>
    public static ScalarExpression? Parse(string text, Func<string, Size> size)
    {
        var parser = new ScalarParser(text, size);
        var expression = parser.Read();
        return parser._at == text.Length ? expression : null;
    }

    private ScalarExpression? Read()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
        if (_at >= _text.Length)
            return null;
        switch (_text[_at])
        {
            case '(':
                _at++;
                return Call();
            case '$':
                _at++;
                return Number() is { } element ? new ScalarExpression.Element(element) : null;
            case '%':
                _at++;
                return Number() is { } local ? new ScalarExpression.Local(local) : null;
            case '#':
                _at++;
                return Number() is { } operand ? new ScalarExpression.Lookup(operand, List('[', ']').ToEquatableArray()) : null;
            case '@' when _at + 1 < _text.Length && _text[_at + 1] == '{':
                var end = _text.IndexOf('}', _at);
                var size = _size(_text.Substring(_at + 2, end - _at - 2));
                _at = end + 1;
                return new ScalarExpression.Extent(size);
            case '@':
                _at++;
                return new ScalarExpression.Symbol(Word());
        }

        var word = Word();
        switch (word)
        {
            case ".nan":
                return new ScalarExpression.Constant(double.NaN);
            case ".inf":
                return new ScalarExpression.Constant(double.PositiveInfinity);
            case "-.inf":
                return new ScalarExpression.Constant(double.NegativeInfinity);
            case "":
                return null;
        }

        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new ScalarExpression.Constant(word[0] == '-' && number == 0 ? -0.0 : number)
            : new ScalarExpression.Input(word);
    }

    private ScalarExpression? Call()
    {
        var op = Word();
        if (op == "text_is")
        {
            Skip(" @");
            var option = Word();
            Skip(" ");
            var text = Quoted();
            var index = Arguments(')');
            return new ScalarExpression.TextIs(option, text, index.Count == 0 ? null : index[0]);
        }

        if (op.EndsWith("_item", StringComparison.Ordinal)
            && Enum.TryParse<OptionKind>(op.Substring(0, op.Length - "_item".Length), ignoreCase: true, out var kind))
        {
            Skip(" @");
            var option = Word();
            return Arguments(')') is [var index] ? new ScalarExpression.ItemOf(option, kind, index) : null;
        }

        return new ScalarExpression.Apply(op, Arguments(')').ToEquatableArray());
    }

    private List<ScalarExpression> List(char open, char close)
    {
        Skip(open.ToString());
        return Arguments(close);
    }

    private List<ScalarExpression> Arguments(char close)
    {
        var arguments = new List<ScalarExpression>();
        while (_at < _text.Length && _text[_at] != close)
        {
            if (_text[_at] is ' ' or ',')
            {
                _at++;
                continue;
            }

            if (Read() is not { } argument)
                return arguments;
            arguments.Add(argument);
        }

        _at++;
        return arguments;
    }

    private void Skip(string mark)
    {
        if (string.CompareOrdinal(_text, _at, mark, 0, mark.Length) == 0)
            _at += mark.Length;
    }

    private int? Number() => int.TryParse(Word(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string Word()
    {
        var start = _at;
        while (_at < _text.Length && _text[_at] is not (' ' or ',' or '(' or ')' or '[' or ']'))
            _at++;
        return _text.Substring(start, _at - start);
    }

    private string Quoted()
    {
        var text = new StringBuilder();
        for (_at++; _at < _text.Length && _text[_at] != '"'; _at++)
        {
            if (_text[_at] != '\\')
            {
                text.Append(_text[_at]);
            }
            else if (_text[++_at] == 'u')
            {
                text.Append((char)int.Parse(_text.Substring(_at + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                _at += 4;
            }
            else
            {
                text.Append(_text[_at]);
            }
        }

        _at++;
        return text.ToString();
    }
}
