using System.Text;

namespace Cambium.Fuzz.Mutation;

/// <summary>Changes bytes as a fuzzer does: bits, numbers of all sizes, inserted, repeated and missing parts.</summary>
internal static class ByteMutator
{
    private static readonly string[] Words = ["99999999", "-1", "1e999", "null", "true", "[[[[", "}}}}", "\"\"", "\\ud800", "\0", "F32", "Q4_0"];

    /// <param name="bytes">The content; not changed.</param>
    /// <param name="random">The source of the changes.</param>
    /// <param name="header">Most changes are in this many first bytes.</param>
    public static byte[] Mutate(byte[] bytes, Random random, int header = int.MaxValue)
    {
        var result = new List<byte>(bytes);
        for (var i = random.Next(1, 5); i > 0 && result.Count > 0; i--)
            Change(result, random, random.Next(10) == 0 ? result.Count : Math.Min(result.Count, header));
        return [.. result];
    }

    private static void Change(List<byte> bytes, Random random, int end)
    {
        var at = random.Next(end);
        switch (random.Next(10))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                Write(bytes, at, BitConverter.GetBytes(Numbers.Extreme(random)));
                break;
            case 3:
                Write(bytes, at, BitConverter.GetBytes(unchecked((int)Numbers.Extreme(random))));
                break;
            case 4:
                Write(bytes, at & ~7, BitConverter.GetBytes(Numbers.Extreme(random)));
                break;
            case 5:
                bytes.RemoveRange(at, Math.Min(bytes.Count - at, random.Next(1, 40)));
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 7:
                var part = bytes.GetRange(at, Math.Min(bytes.Count - at, random.Next(1, 200)));
                for (var n = random.Next(6) == 0 ? random.Next(1, 2000) : 1; n > 0; n--)
                    bytes.InsertRange(at, part);
                break;
            case 8:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
                break;
            default:
                var from = random.Next(bytes.Count);
                Write(bytes, at, [.. bytes.GetRange(from, Math.Min(bytes.Count - from, random.Next(1, 40)))]);
                break;
        }
    }

    private static void Write(List<byte> bytes, int at, byte[] value)
    {
        for (var i = 0; i < value.Length && at + i < bytes.Count; i++)
            bytes[at + i] = value[i];
    }
}
