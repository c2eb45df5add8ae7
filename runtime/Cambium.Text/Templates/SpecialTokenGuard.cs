using System.Buffers;
using System.Text;

namespace Cambium.Text.Templates;

/// <summary>
/// Keeps apart the special tokens that a template writes and their names in its input: those are marked with a noncharacter before the template sees them, and the mark is
/// taken out where the text is encoded.
/// </summary>
internal sealed class SpecialTokenGuard
{
    // Never a character of a text; the input's own ones are taken out.
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

    /// <summary>A text of the input with a mark after the first character of every name.</summary>
    public string Mark(string text)
    {
        text = text.Replace(Sign.ToString(), "", StringComparison.Ordinal);
        if (_special.Count == 0 || text.AsSpan().IndexOfAny(_any) < 0)
            return text;
        var result = new StringBuilder();
        for (int at = 0; at < text.Length; at++)
        {
            result.Append(text[at]);
            // Also where names overlap: any of them could be found once the others are not.
            if (_names.Longest(text.AsSpan(at)) >= 0)
                result.Append(Sign);
        }

        return result.ToString();
    }

    /// <summary>The ids of a rendered text.</summary>
    public int[] Encode(string text) => text.Contains(Sign) ? _tokenizer.EncodeMarked(text, Sign) : _tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
}
