namespace Cambium.Text;

/// <summary>
/// Decodes ids one after another. A character whose bytes are spread over several tokens appears when its last byte has come; the pieces together are
/// what <see cref="Tokenizer.Decode"/> gives for all ids. A run of byte tokens of a SentencePiece vocabulary appears when the run has ended: one
/// wrong byte makes all of it wrong, also what came before.
/// </summary>
public sealed class TextStream(Tokenizer tokenizer, bool skipSpecial = true)
{
    private readonly TokenDecoding _decoding = tokenizer.StartDecoding();

    /// <summary>The text that a token completes, often all of its own; empty while a character is incomplete.</summary>
    public string Append(int id) => skipSpecial && tokenizer.IsSpecial(id) ? "" : _decoding.Append(id);

    /// <summary>What remains at the end: U+FFFD for an incomplete character, else mostly nothing. The stream can then be used for another text.</summary>
    public string Flush() => _decoding.Flush();
}
