using System.Buffers;

namespace Cambium.Checkpoints;

/// <summary>
/// Numbers that Python writes into JSON files and that JSON does not have: <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c>. An infinity becomes a
/// number too large for a double, which is read as infinity. NaN becomes a string, so that no field that needs a number accepts it.
/// </summary>
internal static class PythonNumbers
{
    /// <summary>The text of an infinity after the replacement.</summary>
    public const string Infinity = "1e999";

    private static readonly SearchValues<byte> Marks = SearchValues.Create("\"IN"u8);

    /// <returns>The same memory if the text has none of them.</returns>
    public static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> text = json.Span;
        ArrayBufferWriter<byte>? output = null;
        int copied = 0;
        for (int at = 0; at < text.Length;)
        {
            int mark = text[at..].IndexOfAny(Marks);
            if (mark < 0)
                break;
            at += mark;
            if (text[at] == '"')
            {
                at = EndOfString(text, at);
                continue;
            }

            (int length, string value) = text[at..].StartsWith("Infinity"u8) ? (8, Infinity) : text[at..].StartsWith("NaN"u8) ? (3, "\"NaN\"")
                : (0, "");
            if (length > 0)
            {
                output ??= new ArrayBufferWriter<byte>(text.Length + 64);
                output.Write(text[copied..at]);
                output.Write(System.Text.Encoding.ASCII.GetBytes(value));
                copied = at + length;
            }

            at += Math.Max(length, 1);
        }

        output?.Write(text[copied..]);
        return output?.WrittenMemory ?? json;
    }

    // The index after the closing quote, or the end of the text.
    private static int EndOfString(ReadOnlySpan<byte> text, int quote)
    {
        for (int at = quote + 1; at < text.Length; at++)
        {
            int next = text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
                return text.Length;
            at += next;
            if (text[at] == '"')
                return at + 1;
            at++;
        }

        return text.Length;
    }
}
