using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cambium.Checkpoints;

/// <summary>Converts stored weights to f32. Exact for f16 and bf16; a quantized weight is rounded once.</summary>
internal static unsafe class FloatConversion
{
    /// <summary>The types of safetensors that <see cref="Widen"/> reads, for messages. It also reads all quantized types of GGUF.</summary>
    public const string Supported = "F32, F16 or BF16";

    public static bool Supports(ElementType type) =>
        type is ElementType.F32 or ElementType.F16 or ElementType.BF16 || type.Blocks() is not null;

    /// <summary>Converts <paramref name="count"/> elements, whole blocks. The pointers need no alignment.</summary>
    public static void Widen(ElementType type, byte* source, float* destination, long count)
    {
        switch (type)
        {
            case ElementType.F32:
                Buffer.MemoryCopy(source, destination, count * sizeof(float), count * sizeof(float));
                break;
            case ElementType.BF16:
                WidenBFloat16((ushort*)source, destination, count);
                break;
            case ElementType.F16:
                WidenHalf((ushort*)source, destination, count);
                break;
            default:
                var format = type.Blocks() ?? throw new ArgumentOutOfRangeException(nameof(type), type, $"Expected {Supported}.");
                BlockWidening.Widen(format, source, destination, count / format.Inputs);
                break;
        }
    }

    /// <summary>Rounds to the nearest bf16, ties to even. A NaN stays a NaN.</summary>
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Whether no f16 number is infinite or NaN.</summary>
    public static bool AreFiniteHalves(ReadOnlySpan<ushort> halves)
    {
        const ushort Exponent = 0x7C00;
        int i = 0;
        for (; i + Vector256<ushort>.Count <= halves.Length; i += Vector256<ushort>.Count)
        {
            Vector256<ushort> exponents = Vector256.Create(halves[i..]) & Vector256.Create(Exponent);
            if (Vector256.EqualsAny(exponents, Vector256.Create(Exponent)))
                return false;
        }

        for (; i < halves.Length; i++)
        {
            if ((halves[i] & Exponent) == Exponent)
                return false;
        }

        return true;
    }

    private static void WidenBFloat16(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i + Vector256<ushort>.Count <= count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(source + i));
            (low << 16).AsSingle().Store(destination + i);
            (high << 16).AsSingle().Store(destination + i + Vector256<float>.Count);
        }

        for (; i < count; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)Unsafe.ReadUnaligned<ushort>(source + i) << 16);
    }

    private static void WidenHalf(ushort* source, float* destination, long count)
    {
        long i = 0;
        for (; i + Vector256<ushort>.Count <= count; i += Vector256<ushort>.Count)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.Load(source + i));
            WidenHalf(low).Store(destination + i);
            WidenHalf(high).Store(destination + i + Vector256<float>.Count);
        }

        for (; i < count; i++)
            destination[i] = (float)Unsafe.ReadUnaligned<Half>(source + i);
    }

    /// <summary>
    /// Moves exponent and mantissa into place and rebiases by an exact multiplication, which turns subnormal halves into normal floats on the way.
    /// </summary>
    private static Vector256<float> WidenHalf(Vector256<uint> half)
    {
        Vector256<uint> magnitude = half & Vector256.Create(0x7FFFu);
        Vector256<uint> sign = (half & Vector256.Create(0x8000u)) << 16;
        Vector256<float> value = (magnitude << 13).AsSingle() * Vector256.Create(5.192296858534828e33f);
        Vector256<uint> special = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u)) & Vector256.Create(0x7F80_0000u);
        return (value.AsUInt32() | special | sign).AsSingle();
    }
}
