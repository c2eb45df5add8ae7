using System.Globalization;
using System.Text;

namespace Cambium.Compiler.Types;

/// <summary>The spelling of names, strings and numbers in the text of a graph.</summary>
internal static class GraphText
{
    /// <summary>
    /// Prints a number so that it reads back as the same bits: <c>3.0</c>, <c>1E-06</c>, <c>.nan</c>, <c>-.inf</c>. It always has a point or an
    /// exponent, because a number without them is a size.
    /// </summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value))
            return ".nan";
        if (double.IsInfinity(value))
            return value > 0 ? ".inf" : "-.inf";
        // Older runtimes print a negative zero without its sign.
        var text = value == 0 ? (BitConverter.DoubleToInt64Bits(value) < 0 ? "-0" : "0") : value.ToString("R", CultureInfo.InvariantCulture);
        return text.IndexOfAny(['.', 'E']) < 0 ? text + ".0" : text;
    }

    /// <summary>Prints an identifier without quotes and any other name as a string.</summary>
    public static string Name(string name) => IsName(name) ? name : Quote(name);

    public static bool IsName(string text) => text.Length > 0 && IsNameStart(text[0]) && text.All(IsNamePart);

    public static bool IsNameStart(char c) => char.IsLetter(c) || c == '_';

    public static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_';

    /// <summary>Whether the text form of a graph writes a default that contains this character without quotes.</summary>
    public static bool IsWordPart(char c) => IsNamePart(c) || c is '.' or '+' or '-';

    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                quoted.Append('\\').Append(c);
            else if (char.IsControl(c))
                quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }
}
