using System.Numerics;
using System.Text;

namespace Cambium.Text.Templates;

/// <summary>Formats values as Python's <c>str</c> and <c>repr</c> do.</summary>
internal static class ValueText
{
    private const int MaxDepth = 200;

    /// <summary>As <c>str</c>.</summary>
    public static string Of(TemplateRun run, object? value)
    {
        switch (value)
        {
            case string text:
                return text;
            case Undefined:
                return "";
            default:
                var result = new StringBuilder();
                Represent(run, value, result, 0);
                return result.ToString();
        }
    }

    private static void Represent(TemplateRun run, object? value, StringBuilder result, int depth)
    {
        if (depth > MaxDepth)
            throw new TemplateError($"values are nested more than {MaxDepth} deep");
        run.Grow(1 + ((value as string)?.Length ?? 0));
        switch (value)
        {
            case null:
                result.Append("None");
                break;
            case Undefined:
                result.Append("Undefined");
                break;
            case bool flag:
                result.Append(flag ? "True" : "False");
                break;
            case long number:
                result.Append(number);
                break;
            case BigInteger number:
                result.Append(PythonText.Number(number));
                break;
            case double number:
                result.Append(PythonText.Number(number));
                break;
            case string text:
                PythonText.Quote(text, result);
                break;
            case PyTuple tuple:
                Items(run, tuple.Items, result, '(', tuple.Items.Count == 1 ? ",)" : ")", depth);
                break;
            case PyView view:
                result.Append("dict_view(");
                Items(run, view.Items, result, '[', "]", depth);
                result.Append(')');
                break;
            case PyList list:
                Items(run, list.Items, result, '[', "]", depth);
                break;
            case PyDict dict:
                result.Append('{');
                bool any = false;
                foreach ((object? key, object? item) in dict.Items)
                {
                    result.Append(any ? ", " : "");
                    any = true;
                    Represent(run, key, result, depth + 1);
                    result.Append(": ");
                    Represent(run, item, result, depth + 1);
                }

                result.Append('}');
                break;
            case PyFunction function:
                result.Append($"<function {function.Name}>");
                break;
            default:
                result.Append($"<{ValueRules.TypeName(value)}>");
                break;
        }
    }

    private static void Items(TemplateRun run, List<object?> items, StringBuilder result, char open, string close, int depth)
    {
        result.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                result.Append(", ");
            Represent(run, items[i], result, depth + 1);
        }

        result.Append(close);
    }
}

/// <summary>Writes values as Python's json.dumps does, with characters as they are.</summary>
/// <param name="run">The rendering.</param>
/// <param name="indent">Indentation of one level; null: all on one line.</param>
/// <param name="comma">Between items.</param>
/// <param name="colon">Between a key and its value.</param>
/// <param name="sortKeys">Whether keys are sorted.</param>
/// <param name="asciiOnly">Whether characters beyond ASCII are escaped.</param>
internal sealed class JsonText(TemplateRun run, string? indent, string comma, string colon, bool sortKeys, bool asciiOnly)
{
    private const int MaxDepth = 200;

    private readonly StringBuilder _result = new();

    public string Of(object? value)
    {
        Write(value, 0);
        return _result.ToString();
    }

    private void Write(object? value, int depth)
    {
        if (depth > MaxDepth)
            throw new TemplateError($"values are nested more than {MaxDepth} deep");
        run.Grow(1 + ((value as string)?.Length ?? 0));
        switch (value)
        {
            case null:
                _result.Append("null");
                break;
            case bool flag:
                _result.Append(flag ? "true" : "false");
                break;
            case long number:
                _result.Append(number);
                break;
            case BigInteger number:
                _result.Append(PythonText.Number(number));
                break;
            case double number:
                _result.Append(
                    double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.Number(number));
                break;
            case string text:
                Quote(text);
                break;
            case PyList list and not PyView:
                Sequence('[', ']', list.Items, depth, item => Write(item, depth + 1));
                break;
            case PyDict dict:
                IEnumerable<(object? Key, object? Value)> items = dict.Items;
                if (sortKeys)
                    items = items.Order(Comparer<(object? Key, object? Value)>.Create(static (a, b) => ValueRules.Compare(a.Key, b.Key)));
                Sequence('{', '}', items, depth, item =>
                {
                    Quote(Key(item.Key));
                    _result.Append(colon);
                    Write(item.Value, depth + 1);
                });
                break;
            case Undefined undefined:
                throw new TemplateError($"tojson cannot write an undefined value: {undefined.Problem}");
            default:
                throw new TemplateError($"tojson cannot write {ValueRules.TypeName(value)}");
        }
    }

    private static string Key(object? key) => key switch
    {
        string text => text,
        null => "null",
        bool flag => flag ? "true" : "false",
        long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        double number => PythonText.Number(number),
        _ => throw new TemplateError($"tojson cannot write a dict whose key is {ValueRules.TypeName(key)}"),
    };

    private void Sequence<T>(char open, char close, IEnumerable<T> items, int depth, Action<T> write)
    {
        _result.Append(open);
        bool any = false;
        foreach (T item in items)
        {
            if (any)
                _result.Append(comma);
            any = true;
            NewLine(depth + 1);
            write(item);
        }

        if (any)
            NewLine(depth);
        _result.Append(close);
    }

    private void NewLine(int depth)
    {
        if (indent is null)
            return;
        run.Grow(1 + ((long)indent.Length * depth));
        _result.Append('\n');
        for (int i = 0; i < depth; i++)
            _result.Append(indent);
    }

    private void Quote(string text)
    {
        _result.Append('"');
        foreach (char c in text)
        {
            int known = "\"\\\n\r\t\b\f".IndexOf(c);
            if (known >= 0)
                _result.Append('\\').Append("\"\\nrtbf"[known]);
            else if (c < ' ' || (asciiOnly && c > '~'))
                _result.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
            else
                _result.Append(c);
        }

        _result.Append('"');
    }
}
