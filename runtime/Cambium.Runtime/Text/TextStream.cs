using System.Text;

namespace Cambium.Runtime.Text;

/// <summary>
/// Decodes ids one after another. A character whose bytes are spread over several tokens appears when its last byte has come; the pieces together are
/// what <see cref="Tokenizer.Decode"/> gives for all ids.
/// </summary>
public sealed class TextStream(Tokenizer tokenizer, bool skipSpecial = true)
{
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: false).GetDecoder();

    /// <summary>The text that a token completes, often all of its own; empty while a character is incomplete.</summary>
    public string Append(int id) => skipSpecial && tokenizer.IsSpecial(id) ? "" : Decode(tokenizer.Bytes(id), flush: false);

    /// <summary>What remains at the end: U+FFFD for an incomplete character, else nothing. The stream can then be used for another text.</summary>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        int count = _decoder.GetCharCount(bytes, flush);
        if (count == 0)
        {
            // Bytes of an incomplete character have to reach the decoder even though they give no text yet.
            _decoder.GetChars(bytes, [], flush);
            return "";
        }

        char[] text = new char[count];
        int written = _decoder.GetChars(bytes, text, flush);
        return new string(text, 0, written);
    }
}
