using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cambium.Checkpoints;

/// <summary>Blocks of 256 inputs with one f16 scale and an integer factor for each sub-block.</summary>
internal static unsafe class NestedScaleBlocks
{
    /// <summary>16 bytes of factors (low half: scale, high half: minimum), 64 bytes of codes, f16 scale, f16 minimum.</summary>
    public static void Q2_K(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block + 80), Unpacking.Half(block + 82));
        for (var i = 0; i < 16; i++)
        {
            parts.SubScales[i] = (sbyte)(block[i] & 15);
            parts.SubMinimums[i] = (byte)(block[i] >> 4);
        }

        TwoBits(block + 16, parts.Codes);
    }

    /// <summary>32 bytes of third bits, 64 bytes of low bits, 12 bytes of factors in 6 bits, f16 scale. A third bit of 1 means without -4.</summary>
    public static void Q3_K(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block + 108), 0);
        TwoBits(block + 32, parts.Codes);
        for (var i = 0; i < 8; i++)
            Unpacking.AddBit32(block, i, 4, parts.Codes + (32 * i));
        var factors = block + 96;
        for (var i = 0; i < 16; i++)
        {
            var low = (factors[i % 8] >> (i / 8 * 4)) & 15;
            var high = (factors[8 + (i % 4)] >> (i / 4 * 2)) & 3;
            parts.SubScales[i] = (sbyte)((low | (high << 4)) - 32);
        }
    }

    /// <summary>f16 scale, f16 minimum, 12 bytes of factors in 6 bits, 128 bytes of codes.</summary>
    public static void Q4_K(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block), Unpacking.Half(block + 2));
        SixBitFactors(block + 4, parts);
        FourBits(block + 16, parts.Codes);
    }

    /// <summary>f16 scale, f16 minimum, 12 bytes of factors in 6 bits, 32 bytes of fifth bits, 128 bytes of low bits.</summary>
    public static void Q5_K(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block), Unpacking.Half(block + 2));
        SixBitFactors(block + 4, parts);
        FourBits(block + 48, parts.Codes);
        for (var i = 0; i < 8; i++)
            Unpacking.AddBit32(block + 16, i, 16, parts.Codes + (32 * i));
    }

    /// <summary>128 bytes of low bits, 64 bytes of high pairs of bits, 16 int8 factors, f16 scale.</summary>
    public static void Q6_K(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block + 208), 0);
        Buffer.MemoryCopy(block + 192, parts.SubScales, 16, 16);
        for (var half = 0; half < 2; half++)
        {
            byte* low = block + (64 * half), high = block + 128 + (32 * half), codes = parts.Codes + (128 * half);
            for (var i = 0; i < 4; i++)
            {
                var lowBits = Unpacking.Slice32(low + (32 * (i % 2)), i / 2 * 4, 15);
                var highBits = (Unpacking.Slice32(high, 2 * i, 3).AsUInt16() << 4).AsByte();
                (lowBits | highBits).Store(codes + (32 * i));
            }
        }
    }

    /// <summary>f16 scale, 16 high pairs of bits and 4 bytes of low bits of the factors, 128 bytes of codes: 16 for each sub-block.</summary>
    public static void IQ4_XS(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block), 0);
        var high = Unsafe.ReadUnaligned<ushort>(block + 2);
        for (var i = 0; i < 8; i++)
        {
            var low = (block[4 + (i / 2)] >> (i % 2 * 4)) & 15;
            parts.SubScales[i] = (sbyte)((low | (((high >> (2 * i)) & 3) << 4)) - 32);
            Unpacking.Nibbles16(block + 8 + (16 * i), parts.Codes + (32 * i));
        }
    }

    /// <summary>64 bytes to 256 codes: each 32 bytes hold 128 codes, the lowest bits of all bytes first.</summary>
    internal static void TwoBits(byte* source, byte* codes)
    {
        for (var i = 0; i < 8; i++)
            Unpacking.Slice32(source + (i / 4 * 32), i % 4 * 2, 3, codes + (32 * i));
    }

    // 128 bytes to 256 codes: each 32 bytes hold 64 codes, the low halves of all bytes first.
    private static void FourBits(byte* source, byte* codes)
    {
        for (var i = 0; i < 8; i++)
            Unpacking.Slice32(source + (i / 2 * 32), i % 2 * 4, 15, codes + (32 * i));
    }

    // Bytes 0 to 3 have the first four factors of the scale, bytes 4 to 7 those of the minimum; their two high bits and the halves of bytes 8 to 11
    // have the last four.
    private static void SixBitFactors(byte* factors, BlockParts parts)
    {
        for (var i = 0; i < 4; i++)
        {
            var (scale, minimum, low) = (factors[i], factors[4 + i], factors[8 + i]);
            parts.SubScales[i] = (sbyte)(scale & 63);
            parts.SubMinimums[i] = (byte)(minimum & 63);
            parts.SubScales[4 + i] = (sbyte)((low & 15) | (scale >> 6 << 4));
            parts.SubMinimums[4 + i] = (byte)((low >> 4) | (minimum >> 6 << 4));
        }
    }
}
