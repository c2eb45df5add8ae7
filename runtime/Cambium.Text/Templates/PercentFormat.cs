using System.Globalization;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>Python's two kinds of string formatting: <c>'%s' % value</c> and <c>'{}'.format(value)</c>.</summary>
internal static class PercentFormat
{
    private const int MostWidth = 10_000;

    /// <param name="takesAll">Whether each value needs a place.</param>
    public static PyText Apply(TemplateRun run, PyText text, List<object?> values, PyDict? named, bool takesAll = true)
    {
        string format = text.Value;
        var result = new TextBuilder(run);
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            int plain = format.AsSpan(i).IndexOf('%') is >= 0 and var found ? i + found : format.Length;
            result.Append(text, i, plain - i);
            i = plain;
            if (i == format.Length)
                break;
            if (++i >= format.Length)
                throw new TemplateError("a format ends in '%'");
            run.Step();
            if (format[i] == '%')
            {
                result.Append(text, i, 1);
                continue;
            }

            object? value = Arguments.Missing;
            if (format[i] == '(')
            {
                int end = format.IndexOf(')', i);
                if (end < 0)
                    throw new TemplateError("a format has '%(' without ')'");
                string name = format[(i + 1)..end];
                if (named is null)
                    throw new TemplateError($"a format names '{Excerpt.Of(name)}', and its values are not a dictionary");
                if (!named.TryGet(run, name, out value))
                    throw new TemplateError($"a format names '{Excerpt.Of(name)}', which is not given");
                i = end + 1;
            }

            int start = i;
            while (i < format.Length && (char.IsAsciiDigit(format[i]) || format[i] is '-' or '+' or '.' or ' ' or '#'))
                i++;
            if (i >= format.Length)
                throw new TemplateError("a format has no type");
            if (value == Arguments.Missing)
                value = next < values.Count ? values[next++] : throw new TemplateError("a format has more places than values");
            Field(run, format[start..i], format[i], value, text.IsSafe, result);
        }

        if (takesAll && named is null && next < values.Count)
            throw new TemplateError("a format has fewer places than values");
        return result.ToText().AsSafe(text.IsSafe);
    }

    /// <summary><c>str.format</c> with fields by order, number or name.</summary>
    public static PyText Braces(TemplateRun run, PyText text, Arguments given)
    {
        string format = text.Value;
        var names = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach ((string name, object? value) in given.Named)
            names[name] = value;
        var result = new TextBuilder(run);
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is not ('{' or '}'))
            {
                int plain = format.AsSpan(i).IndexOfAny('{', '}') is >= 0 and var found ? i + found : format.Length;
                result.Append(text, i, plain - i);
                i = plain - 1;
                continue;
            }

            run.Step();
            if (i + 1 < format.Length && format[i + 1] == c)
            {
                result.Append(text, i, 1);
                i++;
                continue;
            }

            if (c == '}')
                throw new TemplateError("a format has '}' without '{'");
            int end = format.IndexOf('}', i);
            if (end < 0)
                throw new TemplateError("a format has '{' without '}'");
            string place = format[(i + 1)..end];
            if (place.AsSpan().IndexOfAny("!:.[{") >= 0)
                throw new TemplateError($"the place '{{{Excerpt.Of(place)}}}' of a format is not supported; only numbers and names are");
            PyText of = ValueText.Of(run, Place(place, given.Positional, names, ref next));
            if (text.IsSafe && !of.IsSafe)
                result.AppendEscaped(of);
            else
                result.Append(of);
            i = end;
        }

        return result.ToText().AsSafe(text.IsSafe);
    }

    private static object? Place(string name, List<object?> positional, Dictionary<string, object?> names, ref int next)
    {
        if (name.Length == 0 || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            // Python counts the places, or the author does; both in one text are an error. -1: the author does.
            bool counts = name.Length == 0;
            if (counts ? next < 0 : next > 0)
                throw new TemplateError("a format has places with a number and places without one; use one kind");
            int place = counts ? next++ : int.Parse(name, CultureInfo.InvariantCulture);
            next = counts ? next : -1;
            return place < positional.Count ? positional[place] : throw new TemplateError("a format has more places than values");
        }

        return names.TryGetValue(name, out object? value)
            ? value
            : throw new TemplateError($"a format names '{Excerpt.Of(name)}', which is not given");
    }

    private static void Field(TemplateRun run, string flags, char type, object? value, bool isSafe, TextBuilder result)
    {
        if (flags.Length > 3 * MostWidth.ToString(CultureInfo.InvariantCulture).Length)
            throw new TemplateError($"a format has the width '{Excerpt.Of(flags)}'");
        string[] parts = flags.TrimStart('-', '+', ' ', '#', '0').Split('.');
        bool left = flags.Contains('-');
        bool zeros = flags.TrimStart('-', '+', ' ', '#').StartsWith('0');
        int width = Number(parts[0]);
        int precision = parts.Length > 1 ? Number(parts[1]) : -1;
        if (type == 's')
        {
            PyText text = ValueText.Of(run, value);
            if (isSafe && !text.IsSafe)
                text = new TextBuilder(run).AppendEscaped(text).ToText();
            if (precision >= 0)
                text = (PyText)Access.Slice(run, text, null, (long)precision, null)!;
            int missing = width > 0 ? Math.Max(0, width - PythonText.Length(text.Value)) : 0;
            result.Append(' ', count: left ? 0 : missing).Append(text).Append(' ', count: left ? missing : 0);
            return;
        }

        string number = Digits(type, value, precision);
        if (flags.Contains('+') && !number.StartsWith('-'))
            number = "+" + number;
        result.Append(
            zeros && !left
                ? number.StartsWith('-') || number.StartsWith('+')
                    ? number[0] + number[1..].PadLeft(Math.Max(0, width - 1), '0')
                    : number.PadLeft(width, '0')
                : left ? number.PadRight(width) : number.PadLeft(width));
    }

    private static string Digits(char type, object? value, int precision)
    {
        switch (type)
        {
            case 'd' or 'i' or 'u':
                if (!ValueRules.IsNumber(value))
                    throw new TemplateError($"'%{type}' takes a number, not {ValueRules.TypeName(value)}");
                return value is double number
                    ? Math.Truncate(number).ToString("F0", CultureInfo.InvariantCulture)
                    : PythonText.Number(ValueRules.ToInteger(value));
            case 'f' or 'F':
                return ValueRules.ToDouble(value).ToString(
                    "F" + (precision < 0 ? 6 : Math.Min(precision, 50)).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            case 'x' or 'X':
                return ((long)ValueRules.ToInteger(value)).ToString(type.ToString(), CultureInfo.InvariantCulture);
            default:
                throw new TemplateError($"the type '%{type}' of a format is not supported");
        }
    }

    private static int Number(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= MostWidth ? number
        : throw new TemplateError($"a format has the width '{Excerpt.Of(text)}'");
}
