using System.Globalization;
using System.Text;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit;

/// <summary>How sizes, numbers and names are written in C#.</summary>
internal static class CSharp
{
    /// <summary>An int expression; symbols are members of <paramref name="settings"/>.</summary>
    public static string Size(Size size, string settings = "s")
    {
        var text = size.Print(name => $"{settings}.{name}");
        return Trim(text.Replace("*", " * "));
    }

    /// <summary>A long expression: all operations are in 64 bits.</summary>
    public static string LongSize(Size size) => size.PrintLong(static name => $"s.{name}").Replace("*", " * ");

    /// <summary>As an operand of an operator.</summary>
    public static string Factor(Size size, string settings = "s")
    {
        var text = Size(size, settings);
        return text.Contains(' ') ? $"({text})" : text;
    }

    public static string Float(double value)
    {
        if (double.IsNaN(value))
            return "float.NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "float.PositiveInfinity" : "float.NegativeInfinity";
        return ((float)value).ToString("R", CultureInfo.InvariantCulture) + "f";
    }

    public static string Text(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return text.Append('"').ToString();
    }

    /// <summary>A string with <c>{i}</c> filled from a variable.</summary>
    public static string TextWithIndex(string value, string variable) =>
        value.Contains("{i}")
            ? "$"
                + string.Join("{" + variable + "}",
                    value.Split(["{i}"], StringSplitOptions.None).Select(static part => Text(part.Replace("{", "{{").Replace("}", "}}")).Trim('"')))
                    .Insert(0, "\"") + "\""
            : Text(value);

    /// <summary>The operators of an expression that are not inside of parentheses.</summary>
    public static IReadOnlyList<string> OperatorsOf(string text)
    {
        var (depth, operators) = (0, new List<string>());
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] is '(' or '[' ? 1 : text[i] is ')' or ']' ? -1 : 0;
            if (depth == 0 && text[i] == ' ' && text.IndexOf(' ', i + 1) is var end and > 0)
            {
                operators.Add(text.Substring(i + 1, end - i - 1));
                i = end;
            }
        }

        return operators;
    }

    /// <summary>Without the parentheses around all of it.</summary>
    public static string Trim(string text)
    {
        if (text[0] != '(' || text[text.Length - 1] != ')')
            return text;
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0 && i < text.Length - 1)
                return text;
        }

        return text.Substring(1, text.Length - 2);
    }
}
