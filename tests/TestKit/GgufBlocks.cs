using System.Buffers.Binary;

namespace Cambium.TestKit;

/// <summary>Random blocks of the quantized types of GGUF: any code and any factor, and scales that bound the weights.</summary>
public static class GgufBlocks
{
    // Largest: the largest magnitude of a factor times a value, in units of the scale. LargestMinimum: the largest factor of the minimum; -1: the f16
    // is an offset. Scale, Minimum: places of the f16 numbers in a block; -1: none.
    private static readonly Dictionary<uint, (int Inputs, int Bytes, int Scale, float Largest, int Minimum, float LargestMinimum)> Layouts = new()
    {
        [2] = (32, 18, 0, 8, -1, 0),
        [3] = (32, 20, 0, 15, 2, -1),
        [6] = (32, 22, 0, 16, -1, 0),
        [7] = (32, 24, 0, 31, 2, -1),
        [8] = (32, 34, 0, 128, -1, 0),
        [10] = (256, 84, 80, 15 * 3, 82, 15),
        [11] = (256, 110, 108, 32 * 4, -1, 0),
        [12] = (256, 144, 0, 63 * 15, 2, 63),
        [13] = (256, 176, 0, 63 * 31, 2, 63),
        [14] = (256, 210, 208, 128 * 32, -1, 0),
        [16] = (256, 66, 0, 31 * 43 / 8f, -1, 0),
        [17] = (256, 74, 0, 31 * 43 / 8f, -1, 0),
        [18] = (256, 98, 0, 31 * 62 / 4f, -1, 0),
        [19] = (256, 50, 0, 15 * 9 / 8f, -1, 0),
        [20] = (32, 18, 0, 127, -1, 0),
        [21] = (256, 110, 0, 31 * 15, -1, 0),
        [22] = (256, 82, 0, 31 * 43 / 8f, -1, 0),
        [23] = (256, 136, 0, 32 * 127, -1, 0),
        [29] = (256, 56, -1, 15 * 9 / 8f, -1, 0),
        [34] = (256, 54, 52, 1, -1, 0),
        [35] = (256, 66, 64, 2, -1, 0),
        [39] = (32, 17, -1, 12, -1, 0),
    };

    /// <summary>The numbers of all quantized types.</summary>
    public static IEnumerable<uint> Types => Layouts.Keys.Order();

    /// <summary>Inputs of a block; 1 for a type that is not quantized.</summary>
    public static int Inputs(uint type) => Layouts.TryGetValue(type, out var layout) ? layout.Inputs : 1;

    /// <param name="type">The type's number in GGUF.</param>
    /// <param name="elements">Number of weights: whole blocks.</param>
    /// <param name="random">The source of all bytes.</param>
    /// <param name="magnitude">The weights of most blocks are below this.</param>
    public static byte[] Random(uint type, int elements, Random random, float magnitude)
    {
        var layout = Layouts[type];
        var bytes = new byte[elements / layout.Inputs * layout.Bytes];
        random.NextBytes(bytes);
        for (var at = 0; at < bytes.Length; at += layout.Bytes)
        {
            var block = bytes.AsSpan(at, layout.Bytes);
            var scale = magnitude * (0.5f + random.NextSingle()) / layout.Largest;
            switch (type)
            {
                case 29:
                    // The scale is in the high half bytes of four words.
                    var half = BitConverter.HalfToUInt16Bits((Half)scale);
                    for (var i = 0; i < 4; i++)
                        block[49 + (2 * i)] = (byte)((block[49 + (2 * i)] & 15) | (((half >> (4 * i)) & 15) << 4));
                    break;
                case 39:
                    block[0] = (byte)(128 + Math.ILogB(scale));
                    break;
                default:
                    BinaryPrimitives.WriteHalfLittleEndian(block[layout.Scale..], (Half)scale);
                    break;
            }

            // Products and minimums have the same mean, or an offset centers the codes.
            if (layout.LargestMinimum > 0)
                BinaryPrimitives.WriteHalfLittleEndian(block[layout.Minimum..], (Half)(scale * layout.Largest / layout.LargestMinimum / 2));
            else if (layout.LargestMinimum < 0)
                BinaryPrimitives.WriteHalfLittleEndian(block[layout.Minimum..], (Half)(-scale * layout.Largest / 2));
        }

        return bytes;
    }
}
