using System.Runtime.CompilerServices;
using System.Text;

namespace Cambium.Text.Templates;

/// <summary>
/// Encodes a rendered text: names of special tokens that the template wrote become tokens, those in the input stay text. A noncharacter within the
/// latter hides them from the tokenizer, which removes it again.
/// </summary>
internal sealed class SpecialTokenGuard
{
    // A noncharacter: no valid text has it, and the guard removes it from the text.
    private const char Sign = '\uFDD0';

    private static readonly ConditionalWeakTable<Tokenizer, SpecialTokenGuard> Guards = [];

    private readonly Tokenizer _tokenizer;
    private readonly PrefixTrie _names = new();

    private SpecialTokenGuard(Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (tokenizer.IsSpecial(id) && tokenizer.TokenOf(id) is { Length: > 0 } name)
                _names.Add(name, id);
        }
    }

    public static SpecialTokenGuard Of(Tokenizer tokenizer) => Guards.GetValue(tokenizer, static tokenizer => new SpecialTokenGuard(tokenizer));

    /// <summary>The ids of a rendered text.</summary>
    public int[] Encode(PyText text)
    {
        var marked = new StringBuilder(text.Length);
        // Positions after which a mark is due: a token that ends within the name of a longer one, whose rest is input.
        int cut = -1;
        bool isMarked = false;
        // All of this part of the input is marked.
        int hidden = 0;
        for (int at = 0; at < text.Length; at++)
        {
            isMarked |= text.Value[at] == Sign;
            if (text.Value[at] == Sign)
                continue;
            marked.Append(text.Value[at]);
            if (text.IsInput(at) && (at == 0 || !text.IsInput(at - 1)))
                hidden = Hidden(text, at);
            (int length, int token) = Names(text, at);
            // Overlapping names too: each of them could match once the others do not.
            if (token > 0 && token < length)
                cut = at + token - 1;
            if ((length > 0 && token == 0) || at == cut || at < hidden)
            {
                marked.Append(Sign);
                isMarked = true;
            }
        }

        return isMarked
            ? _tokenizer.EncodeMarked(marked.ToString(), Sign)
            : _tokenizer.Encode(text.Value, addSpecial: false, parseSpecial: true);
    }

    // The end of a part of the input of which normalization would make a special token; 0 if it does not.
    private int Hidden(PyText text, int start)
    {
        int end = start + 1;
        while (end < text.Length && text.IsInput(end))
            end++;
        return _tokenizer.NormalizesToSpecial(text.Value[start..end]) ? end : 0;
    }

    /// <summary>The length of the longest name that begins at a position, and of the longest one that is a token there.</summary>
    private (int Length, int Token) Names(PyText text, int start)
    {
        (int length, int token) = (0, 0);
        int node = 0;
        bool isName = true;
        for (int at = start; at < text.Length && _names.Step(ref node, text.Value[at], out int id); at++)
        {
            bool isInput = text.IsInput(at);
            // The template may take a word of a name from the input, such as the role in <|user|>, but not its first and last character.
            isName &= at == start ? !isInput : !isInput || char.IsAsciiLetterOrDigit(text.Value[at]) || text.Value[at] == '_';
            if (id < 0)
                continue;
            length = at + 1 - start;
            if (isName && !isInput)
                token = length;
        }

        return (length, token);
    }
}
