using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cambium.Checkpoints;

/// <summary>Blocks of 32 inputs with one scale. Inputs 0 to 15 are in the low halves of the bytes, inputs 16 to 31 in the high halves.</summary>
internal static unsafe class SingleScaleBlocks
{
    /// <summary>f16 scale, 32 int8.</summary>
    public static void Q8_0(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        Begin(block, parts, out scale, out minimum);
        (Vector256.Load(block + 2) ^ Vector256.Create((byte)0x80)).Store(parts.Codes);
    }

    /// <summary>f16 scale, 16 bytes of codes. IQ4_NL has the same layout.</summary>
    public static void Q4_0(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        Begin(block, parts, out scale, out minimum);
        Unpacking.Nibbles16(block + 2, parts.Codes);
    }

    /// <summary>f16 scale, f16 offset, 16 bytes of codes.</summary>
    public static void Q4_1(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        BeginWithOffset(block, parts, out scale, out minimum);
        Unpacking.Nibbles16(block + 4, parts.Codes);
    }

    /// <summary>f16 scale, 4 bytes of fifth bits, 16 bytes of low bits.</summary>
    public static void Q5_0(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        Begin(block, parts, out scale, out minimum);
        FiveBits(block + 2, parts.Codes);
    }

    /// <summary>f16 scale, f16 offset, 4 bytes of fifth bits, 16 bytes of low bits.</summary>
    public static void Q5_1(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        BeginWithOffset(block, parts, out scale, out minimum);
        FiveBits(block + 4, parts.Codes);
    }

    /// <summary>
    /// A power of two in 8 bits, 16 bytes of codes. The table of values has doubled numbers, so the scale is half of the power: 2^(e - 128). The two
    /// smallest scales are subnormal.
    /// </summary>
    public static void MXFP4(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        scale = BitConverter.UInt32BitsToSingle(*block < 2 ? 0x0020_0000u << *block : (uint)(*block - 1) << 23);
        minimum = 0;
        *parts.SubScales = 1;
        Unpacking.Nibbles16(block + 1, parts.Codes);
    }

    private static void Begin(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        scale = Unpacking.Half(block);
        minimum = 0;
        *parts.SubScales = 1;
    }

    private static void BeginWithOffset(byte* block, BlockParts parts, out float scale, out float minimum)
    {
        scale = Unpacking.Half(block);
        minimum = -Unpacking.Half(block + 2);
        *parts.SubScales = 1;
        *parts.SubMinimums = 1;
    }

    private static void FiveBits(byte* source, byte* codes)
    {
        Unpacking.Nibbles16(source + 4, codes);
        Unpacking.AddBits(Unsafe.ReadUnaligned<uint>(source), 16, codes);
    }
}
