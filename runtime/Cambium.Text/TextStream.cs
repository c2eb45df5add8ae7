namespace Cambium.Text;

/// <summary>
/// Decodes ids one at a time. A character whose bytes are in several tokens appears with its last byte. The pieces together are
/// the result of <see cref="Tokenizer.Decode"/> for all ids. A run of byte tokens of a SentencePiece vocabulary appears when the run ends: one
/// invalid byte makes the whole run invalid, including the bytes before it.
/// </summary>
public sealed class TextStream(Tokenizer tokenizer, bool skipSpecial = true)
{
    // The state after a text depends on its last tokens: a run of spaces this long is not published, and longer ones need not be exact.
    private const int MostContext = 4096;

    private readonly TokenDecoding _decoding = tokenizer.StartDecoding();
    private string _known = "";

    /// <summary>Text that is complete, but could still change with the next token: the run of byte tokens at the end.</summary>
    internal string Pending => Unknown(_decoding.Pending, out _);

    /// <summary>The part of <see cref="Pending"/> that the last token has completed.</summary>
    internal string Tentative => _known.Length > 0 ? "" : _decoding.Tentative;

    /// <summary>
    /// Begins after other ids, such as a prompt: the pieces that follow continue their text. The text of <paramref name="before"/> and the pieces
    /// together are the result of <see cref="Tokenizer.Decode"/> for all ids. If a character has bytes in both parts, it is in the pieces.
    /// </summary>
    /// <param name="before">Ids whose text is known. Only the last ones are read.</param>
    public void Continue(ReadOnlySpan<int> before)
    {
        ReadOnlySpan<int> context = before[ContextOf(before)..];
        string known = tokenizer.Decode(context, skipSpecial);
        // Each of many answers to one prompt begins like this.
        var text = new System.Text.StringBuilder();
        foreach (int id in context)
            text.Append(Append(id));
        string given = text.ToString();
        _known = known.StartsWith(given, StringComparison.Ordinal) ? known[given.Length..] : "";
    }

    /// <summary>
    /// Begins after some text that is not known: the pieces keep the space at the beginning of a word, which the first word of a text does not have.
    /// </summary>
    internal void ContinueAnyText()
    {
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (EndsContext(id) && !IsByte(id))
            {
                Continue([id]);
                return;
            }
        }
    }

    /// <summary>Whether ids have a text, so that more text continues it.</summary>
    internal static bool HasText(Tokenizer tokenizer, ReadOnlySpan<int> ids)
    {
        for (int i = ids.Length - 1; i >= 0; i--)
        {
            if (!tokenizer.IsSpecial(ids[i]) && !tokenizer.Bytes(ids[i]).IsEmpty)
                return true;
        }

        return false;
    }

    /// <summary>The text that a token completes; empty while a character is incomplete.</summary>
    public string Append(int id)
    {
        if (skipSpecial && tokenizer.IsSpecial(id))
            return "";
        string text = Unknown(_decoding.Append(id), out string known);
        _known = known;
        return text;
    }

    /// <summary>
    /// The rest at the end: U+FFFD for an incomplete character, otherwise usually empty. The stream can then be used for another text.
    /// </summary>
    public string Flush() => Flush(keepsHalves: true);

    /// <param name="keepsHalves">Whether an incomplete character becomes U+FFFD; otherwise it is left out.</param>
    internal string Flush(bool keepsHalves)
    {
        string text = Unknown(_decoding.Flush(keepsHalves), out _);
        _known = "";
        return text;
    }

    // The part of a text after the known beginning. Where they differ, the known text ended in an incomplete character.
    private string Unknown(string text, out string known)
    {
        int common = text.AsSpan().CommonPrefixLength(_known);
        known = common == text.Length ? _known[common..] : "";
        return common == 0 ? text : text[common..];
    }

    // The index from which the ids determine the state: before the run of byte tokens at the end, a token with a character that no step removes.
    private int ContextOf(ReadOnlySpan<int> ids)
    {
        bool inRun = true;
        int first = Math.Max(0, ids.Length - MostContext);
        for (int i = ids.Length - 1; i > first; i--)
        {
            if (skipSpecial && tokenizer.IsSpecial(ids[i]))
                continue;
            inRun &= IsByte(ids[i]);
            if (!inRun && EndsContext(ids[i]))
                return i - 1;
        }

        return first;
    }

    private bool IsByte(int id) => tokenizer.TokenOf(id) is { } spelling && ByteTokens.TryParse(spelling, out _);

    private bool EndsContext(int id) => !tokenizer.IsSpecial(id) && tokenizer.Bytes(id).IndexOfAnyInRange((byte)'!', (byte)'~') >= 0;
}
