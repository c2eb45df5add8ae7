using System.Globalization;
using System.Numerics;
using System.Text;

namespace Cambium.Text.Templates;

/// <summary>Python's strings: by code points, with Python's white space and repr.</summary>
internal static class PythonText
{
    public const string WhiteSpace =
        "\t\n\v\f\r\u001C\u001D\u001E\u001F "
            + "\u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000";

    public static bool IsSpace(char c) =>
        c is (>= '\t' and <= '\r') or ' ' or (>= '\u001C' and <= '\u001F') || (c >= '\u0085' && char.IsWhiteSpace(c));

    public static bool HasSurrogates(string text) => text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');

    /// <summary>The number of code points.</summary>
    public static int Length(string text)
    {
        if (!HasSurrogates(text))
            return text.Length;
        int count = 0;
        foreach (Rune _ in text.EnumerateRunes())
            count++;
        return count;
    }

    /// <summary>UTF-16 units of the code point at an index.</summary>
    public static int LengthAt(string text, int index) =>
        char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]) ? 2 : 1;

    /// <summary>The code point at an index; U+FFFD for half of a surrogate pair.</summary>
    public static Rune RuneAt(string text, int index)
    {
        Rune.DecodeFromUtf16(text.AsSpan(index), out Rune rune, out _);
        return rune;
    }

    public static bool IsUpper(string text) => Upper(text) == text && Lower(text) != text;

    public static bool IsLower(string text) => Lower(text) == text && Upper(text) != text;

    public static string Lower(string text)
    {
        text = text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);
        if (!text.Contains('\u03C3'))
            return text;
        // A sigma at the end of a word has a lower case of its own.
        var result = new StringBuilder(text);
        for (int i = 0; i < result.Length; i++)
        {
            if (result[i] == '\u03C3' && i > 0 && char.IsLetter(result[i - 1]) && !(i + 1 < result.Length && char.IsLetter(result[i + 1])))
                result[i] = '\u03C2';
        }

        return result.ToString();
    }

    public static string Upper(string text) => text.ToUpperInvariant().Replace("\u00DF", "SS", StringComparison.Ordinal)
        .Replace("\uFB01", "FI", StringComparison.Ordinal).Replace("\uFB02", "FL", StringComparison.Ordinal);

    public static string Capitalize(string text)
    {
        if (text.Length == 0)
            return text;
        int first = char.IsSurrogatePair(text, 0) ? 2 : 1;
        return Upper(text[..first]) + Lower(text[first..]);
    }

    /// <summary>Compares by code points.</summary>
    public static int Compare(string left, string right)
    {
        int at = left.AsSpan().CommonPrefixLength(right);
        if (at == left.Length || at == right.Length)
            return left.Length.CompareTo(right.Length);
        // Code points beyond U+FFFF sort after all others; as UTF-16 units, surrogates would sort before U+E000.
        (char a, char b) = (left[at], right[at]);
        return char.IsSurrogate(a) != char.IsSurrogate(b) ? (char.IsSurrogate(a) ? 1 : -1) : a.CompareTo(b);
    }

    public static string Number(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        if (value == 0)
            return double.IsNegative(value) ? "-0.0" : "0.0";
        // The shortest digits that round-trip, then Python's rule for the exponent form.
        string shortest = value.ToString("R", CultureInfo.InvariantCulture);
        (string digits, int exponent) = Digits(shortest);
        string sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits;
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        return digits.Length <= exponent + 1
            ? $"{sign}{digits}{new string('0', exponent + 1 - digits.Length)}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>Python's <c>repr</c> of a string.</summary>
    public static void Quote(PyText text, TextBuilder result)
    {
        char quote = text.Value.Contains('\'') && !text.Value.Contains('"') ? '"' : '\'';
        result.Append(quote);
        int from = 0;
        for (int at = 0; at < text.Length;)
        {
            int length = LengthAt(text.Value, at);
            if (Escape(RuneAt(text.Value, at), quote) is { } escape)
            {
                result.Append(text, from, at - from).Append(escape, text.IsInput(at));
                from = at + length;
            }

            at += length;
        }

        result.Append(text, from, text.Length - from).Append(quote);
    }

    // Null for a character that stands for itself.
    private static string? Escape(Rune rune, char quote)
    {
        switch (rune.Value)
        {
            case '\\':
                return "\\\\";
            case '\n':
                return "\\n";
            case '\r':
                return "\\r";
            case '\t':
                return "\\t";
        }

        if (rune.Value == quote)
            return "\\" + quote;
        if (rune.Value == ' ' || IsPrintable(rune))
            return null;
        var (prefix, format) = rune.Value < 0x100 ? ("\\x", "x2") : rune.IsBmp ? ("\\u", "x4") : ("\\U", "x8");
        return prefix + rune.Value.ToString(format, CultureInfo.InvariantCulture);
    }

    public static string Number(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    private static bool IsPrintable(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static (string Digits, int Exponent) Digits(string text)
    {
        text = text.TrimStart('-');
        int e = text.IndexOf('E');
        int exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? text : text[..e];
        int point = mantissa.IndexOf('.');
        int whole = point < 0 ? mantissa.Length : point;
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        int leading = digits.Length - digits.TrimStart('0').Length;
        return (digits.Trim('0') is { Length: > 0 } kept ? kept : "0", exponent + whole - 1 - leading);
    }
}
