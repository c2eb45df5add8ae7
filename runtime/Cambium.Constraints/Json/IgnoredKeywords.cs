using System.Text.Json;

namespace Cambium.Constraints;

/// <summary>The keywords of a schema that have no effect on the answer although their authors may expect one.</summary>
internal sealed class IgnoredKeywords
{
    private const int MaxCount = 100;

    private readonly List<string> _keywords = [];

    /// <summary>Each with its value and its place.</summary>
    public IReadOnlyList<string> Keywords => _keywords;

    // A schema may have thousands of them: the first ones tell what is ignored.
    public void Add(string keyword, JsonElement value, SchemaPath path)
    {
        if (_keywords.Count == MaxCount)
            return;
        var line = $"'{SchemaReader.Shorten(keyword)}': {SchemaReader.Shorten(value)} at {path}";
        // An alternative may be written for itself and together with the keywords next to it.
        if (!_keywords.Contains(line))
            _keywords.Add(line);
    }
}
