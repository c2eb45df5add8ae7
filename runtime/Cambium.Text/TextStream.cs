namespace Cambium.Text;

/// <summary>
/// Decodes ids one at a time. A character whose bytes are in several tokens appears with its last byte. The pieces together are
/// the result of <see cref="Tokenizer.Decode"/> for all ids. A run of byte tokens of a SentencePiece vocabulary appears when the run ends: one
/// invalid byte makes the whole run invalid, including the bytes before it.
/// </summary>
public sealed class TextStream(Tokenizer tokenizer, bool skipSpecial = true)
{
    private readonly TokenDecoding _decoding = tokenizer.StartDecoding();

    /// <summary>The text that a token completes; empty while a character is incomplete.</summary>
    public string Append(int id) => skipSpecial && tokenizer.IsSpecial(id) ? "" : _decoding.Append(id);

    /// <summary>
    /// The rest at the end: U+FFFD for an incomplete character, otherwise usually empty. The stream can then be used for another text.
    /// </summary>
    public string Flush() => _decoding.Flush();
}
