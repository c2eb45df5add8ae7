using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cambium.Checkpoints;

/// <summary>
/// Blocks of 256 inputs whose weights are points of a lattice: an index selects the levels of 8 or 4 inputs from a table of <see cref="Grids"/>, and
/// bits add signs or an offset. ggml's fractions (a scale of 1/8, an offset of 1/8) are part of the scale here, so that values are integers.
/// </summary>
internal static unsafe class GridBlocks
{
    /// <summary>Codes of the IQ2 types: two bits of a level, then the sign.</summary>
    public static sbyte[] Values2 => [8, 25, 43, 0, -8, -25, -43, 0];

    /// <summary>Codes of IQ3_XXS: three bits of a level, then the sign.</summary>
    public static sbyte[] Values3XXS => [4, 12, 20, 28, 36, 44, 52, 62, -4, -12, -20, -28, -36, -44, -52, -62];

    /// <summary>Codes of IQ3_S: three bits of a level, then the sign.</summary>
    public static sbyte[] Values3S => [1, 3, 5, 7, 9, 11, 13, 15, -1, -3, -5, -7, -9, -11, -13, -15];

    /// <summary>Codes of the IQ1 types: 8 times the level -1, 0 or 1, plus 1 or minus 1.</summary>
    public static sbyte[] Values1 => [-7, 1, 9, 0, -9, -1, 7, 0];

    /// <summary>f16 scale; for each 32 inputs four indices of 8 bits, four signs of 7 bits and a factor of 4 bits.</summary>
    public static void IQ2_XXS(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block) * 0.125f, 0);
        for (var sub = 0; sub < 8; sub++)
        {
            var indices = block + 2 + (8 * sub);
            var rest = Unsafe.ReadUnaligned<uint>(indices + 4);
            parts.SubScales[sub] = Odd(rest >> 28);
            for (var i = 0; i < 4; i++)
                Eight(Grids.IQ2_XXS[indices[i]], EvenSigns(rest >> (7 * i)), parts.Codes + (32 * sub) + (8 * i));
        }
    }

    /// <summary>f16 scale, 32 indices of 9 bits with signs of 7 bits, factors of 4 bits.</summary>
    public static void IQ2_XS(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block) * 0.125f, 0);
        OddNibbles(block + 66, 8, parts.SubScales);
        for (var i = 0; i < 32; i++)
        {
            uint word = Unsafe.ReadUnaligned<ushort>(block + 2 + (2 * i));
            Eight(Grids.IQ2_XS[(int)(word & 511)], EvenSigns(word >> 9), parts.Codes + (8 * i));
        }
    }

    /// <summary>f16 scale, 32 low bytes of indices, 32 bytes of signs, 8 bytes of high bits of the indices, factors of 4 bits.</summary>
    public static void IQ2_S(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block) * 0.125f, 0);
        OddNibbles(block + 74, 8, parts.SubScales);
        for (var i = 0; i < 32; i++)
        {
            var high = (block[66 + (i / 4)] >> (2 * (i % 4))) & 3;
            Eight(Grids.IQ2_S[block[2 + i] | (high << 8)], block[34 + i], parts.Codes + (8 * i));
        }
    }

    /// <summary>f16 scale, 64 indices of 8 bits; for each 32 inputs four signs of 7 bits and a factor of 4 bits.</summary>
    public static void IQ3_XXS(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block) * 0.25f, 0);
        for (var sub = 0; sub < 8; sub++)
        {
            var rest = Unsafe.ReadUnaligned<uint>(block + 66 + (4 * sub));
            parts.SubScales[sub] = Odd(rest >> 28);
            for (var i = 0; i < 4; i++)
            {
                var indices = block + 2 + (8 * sub) + (2 * i);
                TwoFours(Grids.IQ3_XXS[indices[0]], Grids.IQ3_XXS[indices[1]], EvenSigns(rest >> (7 * i)), parts.Codes + (32 * sub) + (8 * i));
            }
        }
    }

    /// <summary>f16 scale, 64 low bytes of indices, 8 bytes of their high bits, 32 bytes of signs, factors of 4 bits.</summary>
    public static void IQ3_S(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block), 0);
        OddNibbles(block + 106, 4, parts.SubScales);
        for (var i = 0; i < 32; i++)
        {
            var high = block[66 + (i / 4)] >> (2 * (i % 4));
            var (first, second) = (block[2 + (2 * i)] | ((high & 1) << 8), block[3 + (2 * i)] | ((high & 2) << 7));
            TwoFours(Grids.IQ3_S[first], Grids.IQ3_S[second], block[74 + i], parts.Codes + (8 * i));
        }
    }

    /// <summary>
    /// f16 scale, 32 low bytes of indices; for each 32 inputs four times three high bits, a factor of 3 bits and the sign of the offset.
    /// </summary>
    public static void IQ1_S(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        (scale, minimum) = (Unpacking.Half(block) * 0.125f, 0);
        for (var sub = 0; sub < 8; sub++)
        {
            uint rest = Unsafe.ReadUnaligned<ushort>(block + 34 + (2 * sub));
            parts.SubScales[sub] = Odd((rest >> 12) & 7);
            for (var i = 0; i < 4; i++)
            {
                var index = block[2 + (4 * sub) + i] | (((rest >> (3 * i)) & 7) << 8);
                Eight(Grids.IQ1[(int)index], (rest & 0x8000) != 0 ? 0xFFu : 0, parts.Codes + (32 * sub) + (8 * i));
            }
        }
    }

    /// <summary>
    /// 32 low bytes of indices, 32 half bytes with three high bits and the sign of the offset, 16 factors of 3 bits. The highest 4 bits of the four
    /// words with factors are the f16 scale.
    /// </summary>
    public static void IQ1_M(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        var factors = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(block + 48, 8));
        var half = ((factors >> 12) & 0xF) | ((factors >> 24) & 0xF0) | ((factors >> 36) & 0xF00) | ((factors >> 48) & 0xF000);
        (scale, minimum) = ((float)BitConverter.UInt16BitsToHalf((ushort)half) * 0.125f, 0);
        for (var sub = 0; sub < 16; sub++)
            parts.SubScales[sub] = Odd((uint)(factors >> ((16 * (sub / 4)) + (3 * (sub % 4)))) & 7);
        for (var i = 0; i < 32; i++)
        {
            var rest = block[32 + (i / 2)] >> (4 * (i % 2));
            Eight(Grids.IQ1[block[i] | ((rest & 7) << 8)], (rest & 8) != 0 ? 0xFFu : 0, parts.Codes + (8 * i));
        }
    }

    private static sbyte Odd(uint factor) => (sbyte)((2 * factor) + 1);

    private static void OddNibbles(byte* source, int bytes, sbyte* subScales)
    {
        for (var i = 0; i < bytes; i++)
            (subScales[2 * i], subScales[(2 * i) + 1]) = (Odd(source[i] & 15u), Odd((uint)source[i] >> 4));
    }

    // Seven signs; the eighth makes the number of negative weights even.
    private static uint EvenSigns(uint bits)
    {
        bits &= 127;
        return bits | ((uint)(BitOperations.PopCount(bits) & 1) << 7);
    }

    private static void Eight(uint levels, uint signs, byte* codes)
    {
        for (var i = 0; i < 8; i++)
            codes[i] = (byte)(((levels >> (2 * i)) & 3) | (((signs >> i) & 1) << 2));
    }

    private static void TwoFours(uint first, uint second, uint signs, byte* codes)
    {
        var levels = first | (second << 12);
        for (var i = 0; i < 8; i++)
            codes[i] = (byte)(((levels >> (3 * i)) & 7) | (((signs >> i) & 1) << 3));
    }
}
