using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Emit;

/// <summary>How sizes, numbers and names are written in C#.</summary>
internal static class CSharp
{
    private static readonly Regex Identifier = new("[A-Za-z_][A-Za-z0-9_]*", RegexOptions.CultureInvariant);

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate", "do", "double", "else", "enum", "event",
        "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null",
        "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct",
        "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    };

    /// <summary>An int expression; symbols are members of <paramref name="settings"/>.</summary>
    public static string Size(Size size, string settings = "s")
    {
        var text = size.Print(name => $"{settings}.{name}");
        return text.Replace("*", " * ");
    }

    /// <summary>As an operand of an operator.</summary>
    public static string Factor(Size size, string settings = "s")
    {
        var text = Size(size, settings);
        return text.Contains(' ') && text[0] != '(' ? $"({text})" : text;
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
            ? "$" + string.Join("{" + variable + "}", value.Split(["{i}"], StringSplitOptions.None).Select(static part => Text(part.Replace("{", "{{").Replace("}", "}}")).Trim('"'))).Insert(0, "\"") + "\""
            : Text(value);

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

    public static string Camel(string name)
    {
        // QKV is qkv and QBias is qBias: of a run of capitals the last one belongs to the next word.
        var capitals = name.TakeWhile(char.IsUpper).Count();
        var lowered = capitals <= 1 || capitals == name.Length ? Math.Max(capitals, 1) : capitals - 1;
        var camel = name.Substring(0, lowered).ToLowerInvariant() + name.Substring(lowered);
        return Escape(camel);
    }

    public static string Escape(string name) => Keywords.Contains(name) ? "@" + name : name;

    public static string Pascal(string name)
    {
        name = name.TrimStart('@');
        return char.ToUpperInvariant(name[0]) + name.Substring(1);
    }

    /// <summary>An identifier made of the words of a size: <c>Heads*HeadDim</c> is <c>HeadsHeadDim</c>.</summary>
    public static string Word(Size size)
    {
        var words = Identifier.Matches(size.ToString()).Cast<Match>().Select(static match => match.Value).ToList();
        var digits = new string([.. size.ToString().Where(char.IsDigit)]);
        return words.Count == 0 ? "N" + digits : string.Concat(words.Select(Pascal)) + (size.ToString().Any(static c => c is '+' or '-' or '/') ? "Size" : "");
    }
}

/// <summary>Gives out names, each once; ties get numbers in the order of asking.</summary>
internal sealed class NameTable
{
    private readonly HashSet<string> _taken;
    private readonly HashSet<string> _inside = new(StringComparer.Ordinal);
    private readonly NameTable? _outer;

    public NameTable()
        : this([], null)
    {
    }

    private NameTable(IEnumerable<string> taken, NameTable? outer) => (_taken, _outer) = (new(taken, StringComparer.Ordinal), outer);

    /// <summary>With names that are not given out.</summary>
    public static NameTable Of(params string[] reserved) => new(reserved, null);

    /// <summary>Names for a block inside. Another block may use them again, but not what surrounds them, not even behind the block.</summary>
    public NameTable Inner() => new(_taken, this);

    public void Reserve(string name) => _taken.Add(name);

    public string Take(string wanted)
    {
        var word = wanted.TrimStart('@');
        var name = UniqueName.Take(word, name => !_inside.Contains(name) && _taken.Add(name));
        for (var outer = _outer; outer is not null; outer = outer._outer)
            outer._inside.Add(name);
        return name == word ? wanted : name;
    }
}
