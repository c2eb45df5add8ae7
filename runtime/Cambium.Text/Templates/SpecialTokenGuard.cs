using System.Buffers;
using System.Text;

namespace Cambium.Text.Templates;

/// <summary>
/// Tells special tokens that a template writes from their names in its input. Names in the input are marked with a noncharacter before the template
/// reads them, and the encoder removes the marks.
/// </summary>
internal sealed class SpecialTokenGuard
{
    // A noncharacter: no valid text has it, and the guard removes it from the input.
    private const char Sign = '\uFDD0';

    private readonly Tokenizer _tokenizer;
    private readonly PrefixTrie _names = new();
    private readonly List<string> _special = [];
    private readonly SearchValues<string> _any;

    public SpecialTokenGuard(Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (!tokenizer.IsSpecial(id) || tokenizer.TokenOf(id) is not { Length: > 0 } name)
                continue;
            _names.Add(name, _special.Count);
            _special.Add(name);
        }

        _any = SearchValues.Create([.. _special], StringComparison.Ordinal);
    }

    /// <summary>Marks a text of the input: a mark follows the first character of every special token's name.</summary>
    public string Mark(string text)
    {
        text = text.Replace(Sign.ToString(), "", StringComparison.Ordinal);
        if (_special.Count == 0 || text.AsSpan().IndexOfAny(_any) < 0)
            return text;
        var result = new StringBuilder();
        for (int at = 0; at < text.Length; at++)
        {
            result.Append(text[at]);
            // Marks overlapping names, too: a name can match if the names that overlap with it do not.
            if (_names.Longest(text.AsSpan(at)) >= 0)
                result.Append(Sign);
        }

        return result.ToString();
    }

    /// <summary>The ids of a rendered text.</summary>
    public int[] Encode(string text) =>
        text.Contains(Sign) ? _tokenizer.EncodeMarked(text, Sign) : _tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
}
