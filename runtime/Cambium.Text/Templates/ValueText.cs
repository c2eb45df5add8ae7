using System.Globalization;
using System.Numerics;

namespace Cambium.Text.Templates;

/// <summary>Formats values as Python's <c>str</c> and <c>repr</c> do.</summary>
internal static class ValueText
{
    /// <summary>As <c>str</c>.</summary>
    public static PyText Of(TemplateRun run, object? value)
    {
        switch (value)
        {
            case PyText text:
                return text;
            case Undefined:
                return PyText.Empty;
            default:
                var result = new TextBuilder(run);
                Represent(run, value, result);
                return result.ToText();
        }
    }

    /// <summary>As <c>repr</c>.</summary>
    /// <param name="run">The rendering.</param>
    /// <param name="value">The value.</param>
    /// <param name="sortKeys">Whether the keys of dicts are sorted, as <c>pprint</c> does.</param>
    public static PyText Representation(TemplateRun run, object? value, bool sortKeys = false)
    {
        var result = new TextBuilder(run);
        Represent(run, value, result, sortKeys);
        return result.ToText();
    }

    private static void Represent(TemplateRun run, object? value, TextBuilder result, bool sortKeys = false)
    {
        run.Step();
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
                result.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case BigInteger number:
                result.Append(PythonText.Number(number));
                break;
            case double number:
                result.Append(PythonText.Number(number));
                break;
            case PyText text:
                PythonText.Quote(text, result);
                break;
            case PyTuple tuple:
                Items(run, tuple.Items, result, "(", tuple.Items.Count == 1 ? ",)" : ")", sortKeys);
                break;
            case PyView view:
                Items(run, view.Items, result, view.Name + "([", "])", sortKeys);
                break;
            case PyRange range:
                string step = range.Step == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {range.Step}");
                result.Append(string.Create(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Stop}{step})"));
                break;
            case PyList list:
                Items(run, list.Items, result, "[", "]", sortKeys);
                break;
            case PyDict dict:
                Members(run, dict, result, sortKeys);
                break;
            case PyMacro macro:
                result.Append($"<Macro '{macro.Name}'>");
                break;
            case PyFunction function:
                result.Append($"<function {function.Name}>");
                break;
            default:
                result.Append($"<{ValueRules.TypeName(value)}>");
                break;
        }
    }

    private static void Items(TemplateRun run, List<object?> items, TextBuilder result, string open, string close, bool sortKeys)
    {
        run.Enter();
        result.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
                result.Append(", ");
            Represent(run, items[i], result, sortKeys);
        }

        result.Append(close);
        run.Leave();
    }

    private static void Members(TemplateRun run, PyDict dict, TextBuilder result, bool sortKeys)
    {
        run.Enter();
        result.Append('{');
        bool any = false;
        foreach ((object? key, object? item) in sortKeys ? Sorted(run, dict) : dict.Items)
        {
            result.Append(any ? ", " : "");
            any = true;
            Represent(run, key, result, sortKeys);
            result.Append(": ");
            Represent(run, item, result, sortKeys);
        }

        result.Append('}');
        run.Leave();
    }

    /// <summary>The items of a dict in the order of their keys.</summary>
    /// <exception cref="TemplateError">The keys have no order.</exception>
    public static IEnumerable<(object? Key, object? Value)> Sorted(TemplateRun run, PyDict dict)
    {
        run.Step(dict.Count * 16L);
        return ValueRules.Sorted(
            dict.Items.Order(Comparer<(object? Key, object? Value)>.Create((a, b) => ValueRules.Compare(run, a.Key, b.Key))));
    }
}

/// <summary>Writes values as Python's json.dumps does, with characters as they are.</summary>
/// <param name="run">The rendering.</param>
/// <param name="indent">Indentation of one level; null: all on one line.</param>
/// <param name="comma">Between items.</param>
/// <param name="colon">Between a key and its value.</param>
/// <param name="sortKeys">Whether keys are sorted.</param>
/// <param name="asciiOnly">Whether characters beyond ASCII are escaped.</param>
internal sealed class JsonText(TemplateRun run, PyText? indent, PyText comma, PyText colon, bool sortKeys, bool asciiOnly)
{
    private readonly TextBuilder _result = new(run);

    public PyText Of(object? value)
    {
        Write(value, 0);
        return _result.ToText();
    }

    private void Write(object? value, int depth)
    {
        run.Step();
        switch (value)
        {
            case null:
                _result.Append("null");
                break;
            case bool flag:
                _result.Append(flag ? "true" : "false");
                break;
            case long number:
                _result.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case BigInteger number:
                _result.Append(PythonText.Number(number));
                break;
            case double number:
                _result.Append(
                    double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.Number(number));
                break;
            case PyText text:
                Quote(text);
                break;
            case PyList list and not (PyView or PyRange):
                Sequence('[', ']', list.Items, depth, item => Write(item, depth + 1));
                break;
            case PyDict dict:
                IEnumerable<(object? Key, object? Value)> items = dict.Items;
                if (sortKeys)
                    items = ValueText.Sorted(run, dict);
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

    private static PyText Key(object? key) => key switch
    {
        PyText text => text,
        null => PyText.OfTemplate("null"),
        bool flag => PyText.OfTemplate(flag ? "true" : "false"),
        long number => PyText.OfTemplate(number.ToString(CultureInfo.InvariantCulture)),
        BigInteger number => PyText.OfTemplate(PythonText.Number(number)),
        double number => PyText.OfTemplate(PythonText.Number(number)),
        _ => throw new TemplateError($"tojson cannot write a dict whose key is {ValueRules.TypeName(key)}"),
    };

    private void Sequence<T>(char open, char close, IEnumerable<T> items, int depth, Action<T> write)
    {
        run.Enter();
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
        run.Leave();
    }

    private void NewLine(int depth)
    {
        if (indent is null)
            return;
        _result.Append('\n');
        for (int i = 0; i < depth; i++)
            _result.Append(indent);
    }

    private void Quote(PyText text)
    {
        _result.Append('"');
        int from = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text.Value[i];
            int known = "\"\\\n\r\t\b\f".IndexOf(c);
            if (known < 0 && c >= ' ' && (!asciiOnly || c <= '~'))
                continue;
            _result.Append(text, from, i - from);
            from = i + 1;
            _result.Append(known >= 0 ? $"\\{"\"\\nrtbf"[known]}" : $"\\u{((int)c).ToString("x4", CultureInfo.InvariantCulture)}", text.IsInput(i));
        }

        _result.Append(text, from, text.Length - from).Append('"');
    }
}
