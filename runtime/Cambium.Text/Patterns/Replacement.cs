using System.Text;

namespace Cambium.Text;

/// <summary>Replaces every match of a pattern by a text.</summary>
internal sealed class Replacement(PiecePattern pattern, string content)
{
    public string Apply(string text)
    {
        if (text.Length == 0)
            return text;
        if (pattern.Literal is { } literal)
            return literal.Length == 0 ? text : text.Replace(literal, content, StringComparison.Ordinal);
        List<(int Start, int End, bool IsMatch)> parts = pattern.Parts(text, keepEmpty: true);
        if (!parts.Exists(static part => part.IsMatch))
            return text;
        var result = new StringBuilder(text.Length);
        foreach ((int start, int end, bool isMatch) in parts)
            result.Append(isMatch ? content : text[start..end]);
        return result.ToString();
    }
}
