using System.Buffers;
using System.Text;

namespace Cambium.Text;

/// <summary>A token that is found in a text before normalization and splitting.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Whether it matches only without a letter, digit or underscore next to it.</param>
/// <param name="StripLeft">Whether it includes the white space before it.</param>
/// <param name="StripRight">Whether it includes the white space after it.</param>
/// <param name="Normalized">Whether it is found after normalization instead of before.</param>
/// <param name="Special">Whether it is a control token and not text.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized, bool Special);

/// <summary>Finds added tokens: leftmost first, the longest of those that begin at one position.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _tokens;
    private readonly PrefixTrie _trie = new();
    private readonly SearchValues<char> _firsts;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _tokens = [.. tokens.Where(static token => token.Content.Length > 0)];
        for (int i = 0; i < _tokens.Length; i++)
            _trie.Add(_tokens[i].Content, i);
        _firsts = SearchValues.Create([.. _tokens.Select(static token => token.Content[0]).Distinct()]);
    }

    public bool HasSpecial => Array.Exists(_tokens, static token => token.Special);

    /// <summary>The parts of the text in order: a token, or the text between two tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecial">Whether special tokens count; otherwise their names are text, and no other token is found inside them.</param>
    public IEnumerable<(AddedToken? Token, Range Range)> Split(string text, bool parseSpecial)
    {
        int done = 0;
        int from = 0;
        while (_tokens.Length > 0 && from < text.Length)
        {
            int found = text.AsSpan(from).IndexOfAny(_firsts);
            if (found < 0)
                break;
            int start = from + found;
            int index = _trie.Longest(text.AsSpan(start));
            if (index < 0)
            {
                from = start + 1;
                continue;
            }

            AddedToken token = _tokens[index];
            int end = start + token.Content.Length;
            from = end;
            if ((token.Special && !parseSpecial) || (token.SingleWord && !IsSingleWord(text, start, end)))
                continue;
            if (token.StripLeft && start > done)
                start = done + text.AsSpan(done, start - done).TrimEnd().Length;
            // White space that the token before has taken is not read again: tokens may be white space themselves.
            if (token.StripRight)
                end = end < done ? done : text.Length - text.AsSpan(end).TrimStart().Length;
            start = Math.Max(start, done);
            end = Math.Max(end, start);
            if (start > done)
                yield return (null, done..start);
            yield return (token, start..end);
            done = end;
        }

        if (done < text.Length)
            yield return (null, done..text.Length);
    }

    private static bool IsSingleWord(string text, int start, int end)
    {
        Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out Rune before, out _);
        Rune.DecodeFromUtf16(text.AsSpan(end), out Rune after, out _);
        return !(start > 0 && Characters.IsWord(before)) && !(end < text.Length && Characters.IsWord(after));
    }
}
