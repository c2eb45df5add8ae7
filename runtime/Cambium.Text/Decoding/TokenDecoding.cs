using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>The decoding of one text, token by token.</summary>
internal abstract class TokenDecoding
{
    /// <summary>The text that became certain with this token.</summary>
    public abstract string Append(int id);

    /// <summary>The rest of the text. Another one may follow.</summary>
    public abstract string Flush();
}

/// <summary>UTF-8 that comes in pieces: a character appears when its last byte has come, and U+FFFD stands where bytes are none.</summary>
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
