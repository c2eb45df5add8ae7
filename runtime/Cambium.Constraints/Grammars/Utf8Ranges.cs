namespace Cambium.Constraints;

/// <summary>
/// Splits ranges of code points into sequences of byte ranges of their UTF-8 (the algorithm of <c>utf8-ranges</c> in Rust's regex).
/// </summary>
internal static class Utf8Ranges
{
    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, CodePoints.Last];

    /// <summary>Each item is a sequence of one to four byte ranges; together they match exactly the code points.</summary>
    public static IEnumerable<(byte First, byte Last)[]> Of(CodePoints set) => set.Ranges.SelectMany(static range => Cut(range.First, range.Last));

    private static IEnumerable<(byte First, byte Last)[]> Cut(int first, int last)
    {
        // Make both ends have the same number of bytes.
        foreach (var limit in LastOfLength)
        {
            if (first <= limit && last > limit)
                return Cut(first, limit).Concat(Cut(limit + 1, last));
        }

        // After the first byte that differs, all bytes have to cover their full range.
        var length = 1 + Array.FindIndex(LastOfLength, limit => last <= limit);
        for (var tail = 1; tail < length; tail++)
        {
            var mask = (1 << (6 * tail)) - 1;
            if ((first & ~mask) == (last & ~mask))
                continue;
            if ((first & mask) != 0)
                return Cut(first, first | mask).Concat(Cut((first | mask) + 1, last));
            if ((last & mask) != mask)
                return Cut(first, (last & ~mask) - 1).Concat(Cut(last & ~mask, last));
        }

        var (low, high) = (Spell(first, length), Spell(last, length));
        return [[.. low.Zip(high)]];
    }

    private static byte[] Spell(int codePoint, int length)
    {
        var bytes = new byte[length];
        for (var i = length - 1; i > 0; i--, codePoint >>= 6)
            bytes[i] = (byte)(0x80 | (codePoint & 0x3F));
        bytes[0] = (byte)(length == 1 ? codePoint : (0xF00 >> length) & 0xFF | codePoint);
        return bytes;
    }
}
