using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>Decodes one sequence of tokens, one token at a time.</summary>
internal abstract class TokenDecoding
{
    /// <summary>The text that this token completes.</summary>
    public abstract string Append(int id);

    /// <summary>The rest of the text. The object can then decode another sequence.</summary>
    public abstract string Flush();
}

/// <summary>Decodes UTF-8 in pieces: a character appears with its last byte, and invalid bytes become U+FFFD.</summary>
internal sealed class Utf8Pieces
{
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: false).GetDecoder();

    public string Append(ReadOnlySpan<byte> bytes, bool flush)
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
