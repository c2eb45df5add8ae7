using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>JSON text of characters and values.</summary>
internal static class JsonText
{
    /// <summary>Characters that a string may contain without an escape.</summary>
    public static CodePoints Plain { get; } = CodePoints.Of((' ', '!'), ('#', '['), (']', CodePoints.Last));

    /// <summary>Writes one character of a set inside a string, escaped if JSON requires it.</summary>
    public static void Set(GrammarBuilder grammar, int from, CodePoints set, int to)
    {
        grammar.Set(from, set.Intersect(Plain), to);
        var special = CodePoints.All.Without(Plain).Intersect(set);
        grammar.OneOf(
            from,
            special.Ranges
                .SelectMany(static range => Enumerable.Range(range.First, range.Last - range.First + 1))
                .Select(static c => Escaped((char)c)),
            to);
    }

    /// <summary>A string with its quotes and the fewest escapes.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
            quoted.Append(c is '"' or '\\' or < ' ' ? Escaped(c) : c.ToString());
        return quoted.Append('"').ToString();
    }

    /// <summary>A value without white space.</summary>
    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(',', value.EnumerateObject().Select(static p => Quote(p.Name) + ":" + Of(p.Value))) + "}",
        JsonValueKind.Array => "[" + string.Join(',', value.EnumerateArray().Select(Of)) + "]",
        JsonValueKind.String => Quote(value.GetString()!),
        _ => value.GetRawText(),
    };

    private static string Escaped(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
    };
}
