using System.Globalization;
using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text.Templates;

/// <summary>Python's two kinds of string formatting: <c>'%s' % value</c> and <c>'{}'.format(value)</c>.</summary>
internal static class PercentFormat
{
    private const int MostWidth = 10_000;

    public static string Apply(TemplateRun run, string format, List<object?> values, PyDict? named)
    {
        var result = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            if (++i >= format.Length)
                throw new TemplateError("a format ends in '%'");
            if (format[i] == '%')
            {
                result.Append('%');
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
                    throw new TemplateError($"a format names '{name}', and its values are not a dictionary");
                if (!named.TryGet(name, out value))
                    throw new TemplateError($"a format names '{name}', which is not given");
                i = end + 1;
            }

            int start = i;
            while (i < format.Length && (char.IsAsciiDigit(format[i]) || format[i] is '-' or '+' or '.' or ' ' or '#'))
                i++;
            if (i >= format.Length)
                throw new TemplateError("a format has no type");
            if (value == Arguments.Missing)
                value = next < values.Count ? values[next++] : throw new TemplateError("a format has more places than values");
            result.Append(Field(run, format[start..i], format[i], value));
        }

        if (named is null && next < values.Count)
            throw new TemplateError("a format has fewer places than values");
        return run.Grown(result.ToString());
    }

    /// <summary><c>str.format</c> with fields by order, number or name.</summary>
    public static string Braces(TemplateRun run, string format, Arguments given)
    {
        var result = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                result.Append(c);
                i++;
            }
            else if (c == '{')
            {
                int end = format.IndexOf('}', i);
                if (end < 0)
                    throw new TemplateError("a format has '{' without '}'");
                string name = format[(i + 1)..end];
                if (name.AsSpan().IndexOfAny("!:.[{") >= 0)
                    throw new TemplateError($"the place '{{{name}}}' of a format is not supported; only numbers and names are");
                result.Append(ValueText.Of(run, Place(name, given, ref next)));
                i = end;
            }
            else if (c == '}')
            {
                throw new TemplateError("a format has '}' without '{'");
            }
            else
            {
                result.Append(c);
            }
        }

        return run.Grown(result.ToString());
    }

    private static object? Place(string name, Arguments given, ref int next)
    {
        if (name.Length == 0 || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            int place = name.Length == 0 ? next++ : int.Parse(name, CultureInfo.InvariantCulture);
            return place < given.Positional.Count ? given.Positional[place] : throw new TemplateError("a format has more places than values");
        }

        int at = given.Named.FindIndex(item => item.Name == name);
        return at >= 0 ? given.Named[at].Value : throw new TemplateError($"a format names '{name}', which is not given");
    }

    private static string Field(TemplateRun run, string flags, char type, object? value)
    {
        string[] parts = flags.TrimStart('-', '+', ' ', '#', '0').Split('.');
        bool left = flags.Contains('-');
        bool zeros = flags.TrimStart('-', '+', ' ', '#').StartsWith('0');
        int width = Number(parts[0]);
        int precision = parts.Length > 1 ? Number(parts[1]) : -1;
        string text;
        switch (type)
        {
            case 's':
                text = ValueText.Of(run, value is Undefined undefined ? throw new TemplateError(undefined.Problem) : value);
                if (precision >= 0 && precision < text.Length)
                    text = text[..precision];
                zeros = false;
                break;
            case 'd' or 'i' or 'u':
                if (!ValueRules.IsNumber(value))
                    throw new TemplateError($"'%{type}' takes a number, not {ValueRules.TypeName(value)}");
                text = value is double number
                    ? Math.Truncate(number).ToString("F0", CultureInfo.InvariantCulture)
                    : PythonText.Number(ValueRules.ToInteger(value));
                break;
            case 'f' or 'F':
                text = ValueRules.ToDouble(value).ToString(
                    "F" + (precision < 0 ? 6 : Math.Min(precision, 50)).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
                break;
            case 'x' or 'X':
                text = ((long)ValueRules.ToInteger(value)).ToString(type.ToString(), CultureInfo.InvariantCulture);
                break;
            default:
                throw new TemplateError($"the type '%{type}' of a format is not supported");
        }

        if (flags.Contains('+') && type != 's' && !text.StartsWith('-'))
            text = "+" + text;
        if (zeros && !left)
            return text.StartsWith('-') || text.StartsWith('+') ? text[0] + text[1..].PadLeft(Math.Max(0, width - 1), '0') : text.PadLeft(width, '0');
        return left ? text.PadRight(width) : text.PadLeft(width);
    }

    private static int Number(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= MostWidth ? number
        : throw new TemplateError($"a format has the width '{(text.Length <= 20 ? text : text[..20])}'");
}
