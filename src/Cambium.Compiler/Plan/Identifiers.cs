using System.Globalization;
using System.Text.RegularExpressions;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Plan;

/// <summary>Identifiers made from the author's names and sizes. None of them is a keyword of C#.</summary>
internal static class Identifiers
{
    private static readonly Regex Word = new("[A-Za-z_][A-Za-z0-9_]*", RegexOptions.CultureInvariant);

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default",
        "delegate", "do", "double", "else", "enum", "event",
        "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal",
        "is", "lock", "long", "namespace", "new", "null",
        "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short",
        "sizeof", "stackalloc", "static", "string", "struct",
        "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual",
        "void", "volatile", "while",
    };

    // C# allows 1023 bytes in a name of metadata. Names of generated types get endings, and a shorter name is easier to read.
    private const int MaxLength = 100;
    private const int KeptLength = 80;

    /// <summary>The name; or the beginning of a long one with a suffix that depends on all of it.</summary>
    public static string Bounded(string name)
    {
        if (name.Length <= MaxLength)
            return name;

        // FNV-1a: the same on every machine.
        var hash = name.Aggregate(2166136261u, static (hash, c) => unchecked((hash ^ c) * 16777619u));
        return $"{name.Substring(0, KeptLength)}_{hash.ToString("x8", CultureInfo.InvariantCulture)}";
    }

    public static string Camel(string name)
    {
        // QKV gives qkv and QBias gives qBias: the last capital of several belongs to the next word.
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

    /// <summary>The words of a size: <c>Heads*HeadDim</c> gives <c>HeadsHeadDim</c>.</summary>
    public static string Of(Size size)
    {
        var words = Word.Matches(size.ToString()).Cast<Match>().Select(static match => match.Value).ToList();
        var digits = new string([.. size.ToString().Where(char.IsDigit)]);
        return words.Count == 0
            ? "N" + digits
            : string.Concat(words.Select(Pascal)) + (size.ToString().Any(static c => c is '+' or '-' or '/') ? "Size" : "");
    }
}
