using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>Decodes one sequence of tokens, one token at a time.</summary>
internal abstract class TokenDecoding
{
    /// <summary>The text that this token completes.</summary>
    public abstract string Append(int id);

    /// <summary>Text that is complete, but could still change: byte tokens that follow may make the bytes before them invalid.</summary>
    public virtual string Pending => "";

    /// <summary>The part of <see cref="Pending"/> that the last token has completed.</summary>
    public virtual string Tentative => "";

    /// <summary>The rest of the text. The object can then decode another sequence.</summary>
    /// <param name="keepsHalves">Whether an incomplete character at the end becomes U+FFFD; otherwise it is left out.</param>
    public abstract string Flush(bool keepsHalves = true);
}

/// <summary>Decodes UTF-8 in pieces: a character appears with its last byte, and invalid bytes become U+FFFD.</summary>
internal sealed class Utf8Pieces
{
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: false).GetDecoder();

    /// <summary>Drops the bytes of an incomplete character.</summary>
    public void Reset() => _decoder.Reset();

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
