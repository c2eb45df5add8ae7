using System.Text;
using Cambium.Checkpoints;

namespace Cambium.Text;

/// <summary>
/// The alphabet of byte-level vocabularies: one printable character for each of the 256 bytes. Printable Latin-1 characters stand for themselves;
/// the other bytes, in order, are U+0100 and following. So a space is Ġ and a line feed is Ċ.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharOf = BuildChars();
    private static readonly short[] ByteOf = BuildBytes();

    /// <summary>The character for a byte.</summary>
    public static char Char(byte value) => CharOf[value];

    /// <summary>The bytes of a token. A token with a character outside the alphabet, such as an added token, stands for its UTF-8.</summary>
    public static byte[] Bytes(string spelling)
    {
        byte[] bytes = new byte[spelling.Length];
        for (int i = 0; i < spelling.Length; i++)
        {
            if (spelling[i] >= ByteOf.Length || ByteOf[spelling[i]] < 0)
                return Encoding.UTF8.GetBytes(spelling);
            bytes[i] = (byte)ByteOf[spelling[i]];
        }

        return bytes;
    }

    /// <summary>A text with each byte of its UTF-8 written in the alphabet.</summary>
    public static string Spell(string text) => string.Create(Encoding.UTF8.GetByteCount(text), text, static (chars, source) => Spell(source, chars));

    /// <summary>Writes a text's UTF-8 in the alphabet.</summary>
    /// <returns>Number of characters written, at most three for each character of the text.</returns>
    public static int Spell(ReadOnlySpan<char> text, Span<char> chars)
    {
        int written = 0;
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int count = rune.EncodeToUtf8(bytes);
            for (int i = 0; i < count; i++)
                chars[written++] = CharOf[bytes[i]];
        }

        return written;
    }

    private static char[] BuildChars()
    {
        char[] chars = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
            chars[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)next++;
        return chars;
    }

    private static short[] BuildBytes()
    {
        short[] bytes = new short[CharOf.Max() + 1];
        bytes.AsSpan().Fill(-1);
        for (int value = 0; value < 256; value++)
            bytes[CharOf[value]] = (short)value;
        return bytes;
    }
}
