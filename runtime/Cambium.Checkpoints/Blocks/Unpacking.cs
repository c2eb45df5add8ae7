using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cambium.Checkpoints;

/// <summary>Codes that are packed into bytes, as one byte each.</summary>
internal static unsafe class Unpacking
{
    /// <summary>An f16 number. The conversion of .NET takes several times as long as the rest of a block of 32 codes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* source)
    {
        uint half = Unsafe.ReadUnaligned<ushort>(source);
        if ((half & 0x7C00) == 0x7C00)
            return (float)Unsafe.ReadUnaligned<Half>(source);
        // 2^112 rebiases the exponent, exactly.
        var magnitude = BitConverter.UInt32BitsToSingle((half & 0x7FFF) << 13) * 5.192296858534828e33f;
        return (half & 0x8000) == 0 ? magnitude : -magnitude;
    }

    /// <summary>16 bytes to 32 codes of 4 bits: the low halves of all bytes, then the high halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Nibbles16(byte* source, byte* codes)
    {
        var packed = Vector128.Load(source);
        (packed & Vector128.Create((byte)15)).Store(codes);
        ((packed.AsUInt16() >> 4).AsByte() & Vector128.Create((byte)15)).Store(codes + 16);
    }

    /// <summary>32 bytes to 32 codes: some bits of each byte.</summary>
    public static void Slice32(byte* source, int shift, byte mask, byte* codes) => Slice32(source, shift, mask).Store(codes);

    /// <summary>Some bits of 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Slice32(byte* source, int shift, byte mask) =>
        (Vector256.Load(source).AsUInt16() >> shift).AsByte() & Vector256.Create(mask);

    /// <summary>Adds a bit of each of 32 bytes to 32 codes.</summary>
    public static void AddBit32(byte* source, int bit, byte value, byte* codes)
    {
        var selected = Vector256.Create((byte)(1 << bit));
        var isSet = Vector256.Equals(Vector256.Load(source) & selected, selected);
        (Vector256.Load(codes) | (isSet & Vector256.Create(value))).Store(codes);
    }

    /// <summary>Adds 32 bits, the lowest one first, to 32 codes.</summary>
    public static void AddBits(uint bits, byte value, byte* codes)
    {
        var bytes = Vector128.CreateScalar(bits).AsByte();
        AddBits(Vector128.Shuffle(bytes, Vector128.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)), value, codes);
        AddBits(Vector128.Shuffle(bytes, Vector128.Create((byte)2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3)), value, codes + 16);
    }

    // Each byte holds the 8 bits of its group of 8 codes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddBits(Vector128<byte> bytes, byte value, byte* codes)
    {
        var selected = Vector128.Create(0x8040201008040201).AsByte();
        var isSet = Vector128.Equals(bytes & selected, selected);
        (Vector128.Load(codes) | (isSet & Vector128.Create(value))).Store(codes);
    }
}
