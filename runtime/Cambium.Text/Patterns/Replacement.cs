using System.Text;
using System.Text.Json;

namespace Cambium.Text;

/// <summary>Replaces every match of a pattern by a text.</summary>
internal sealed class Replacement
{
    private readonly TokenizerJson _json;
    private readonly string _field;
    private readonly PiecePattern _pattern;
    private readonly string _content;

    private Replacement(TokenizerJson json, string field, PiecePattern pattern, string content) =>
        (_json, _field, _pattern, _content) = (json, field, pattern, content);

    /// <param name="json">The file.</param>
    /// <param name="step">The step, with its pattern and content.</param>
    /// <param name="field">The field of the file that has the step.</param>
    /// <param name="patience">Longest time of one match; null: that of <see cref="PiecePattern"/>.</param>
    /// <exception cref="Cambium.Checkpoints.CheckpointException">The pattern or the content is not valid.</exception>
    public static Replacement Parse(TokenizerJson json, JsonElement step, string field, TimeSpan? patience = null) =>
        new(json, field, PiecePattern.Parse(json, step, field, patience), json.Replacement(step, field, "content"));

    /// <exception cref="Cambium.Checkpoints.CheckpointException">The result is too long for this text.</exception>
    public string Apply(string text)
    {
        if (text.Length == 0)
            return text;
        if (_pattern.Literal is { } literal)
        {
            if (literal.Length == 0)
                return text;
            int count = text.AsSpan().Count(literal);
            Check(text, count, count * literal.Length);
            return text.Replace(literal, _content, StringComparison.Ordinal);
        }

        List<(int Start, int End, bool IsMatch)> parts = _pattern.Parts(text, keepEmpty: true);
        (int matches, int replaced) = (0, 0);
        foreach ((int start, int end, bool isMatch) in parts)
        {
            matches += isMatch ? 1 : 0;
            replaced += isMatch ? end - start : 0;
        }

        if (matches == 0)
            return text;
        Check(text, matches, replaced);
        var result = new StringBuilder(text.Length);
        foreach ((int start, int end, bool isMatch) in parts)
        {
            if (isMatch)
                result.Append(_content);
            else
                result.Append(text, start, end - start);
        }

        return result.ToString();
    }

    private void Check(string text, int matches, int replaced) =>
        TextGrowth.Check(_json, _field, text.Length - replaced + ((long)matches * _content.Length), TextGrowth.Most(text.Length));
}
