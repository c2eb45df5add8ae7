using System.Runtime.Intrinsics;

namespace Cambium.Runtime.Cpu.Quantized;

/// <summary>
/// The left operand of integer products. Each row is rounded to int8 in groups of 32 with a scale of the largest magnitude / 127. A block of up to
/// 256 inputs has a fixed layout: the numbers, then what products need of each group besides. Sums are exact.
/// </summary>
internal static unsafe class ByteRows
{
    /// <summary>Inputs of a block.</summary>
    public const int Depth = 256;

    /// <summary>Offset of the f32 scales, one for each 32 inputs.</summary>
    public const int Scales = Depth;

    /// <summary>Offset of the negative sums of 16 numbers, in f32.</summary>
    public const int SumsOf16 = Scales + (Units * sizeof(float));

    /// <summary>Offset of the negative sums of 32 numbers.</summary>
    public const int SumsOf32 = SumsOf16 + (2 * Units * sizeof(float));

    /// <summary>Offset of the negative sums of 16 numbers times their scale.</summary>
    public const int ScaledSumsOf16 = SumsOf32 + (Units * sizeof(float));

    /// <summary>Offset of the negative sums of 32 numbers times their scale.</summary>
    public const int ScaledSumsOf32 = ScaledSumsOf16 + (2 * Units * sizeof(float));

    /// <summary>Bytes from one row to the next.</summary>
    public const int Stride = ScaledSumsOf32 + (Units * sizeof(float));

    private const int Units = Depth / QuantizedLayout.Unit;

    /// <summary>Rounds a block of a row. Inputs after its end count as 0.</summary>
    /// <param name="row">[count]</param>
    /// <param name="count">Inputs; at most 256.</param>
    /// <param name="target">[<see cref="Stride"/>]</param>
    public static void Round(float* row, int count, byte* target)
    {
        var last = stackalloc float[QuantizedLayout.Unit];
        for (var unit = 0; unit * QuantizedLayout.Unit < count; unit++)
        {
            var from = row + (unit * QuantizedLayout.Unit);
            var rest = count - (unit * QuantizedLayout.Unit);
            if (rest < QuantizedLayout.Unit)
            {
                new Span<float>(last, QuantizedLayout.Unit).Clear();
                new ReadOnlySpan<float>(from, rest).CopyTo(new Span<float>(last, QuantizedLayout.Unit));
                from = last;
            }

            var numbers = (sbyte*)target + (unit * QuantizedLayout.Unit);
            var scale = RoundUnit(from, numbers);
            var (first, second) = (SumOf(numbers), SumOf(numbers + 16));
            ((float*)(target + Scales))[unit] = scale;
            var sums = (float*)(target + SumsOf16);
            (sums[2 * unit], sums[(2 * unit) + 1]) = (-first, -second);
            ((float*)(target + SumsOf32))[unit] = -(first + second);
            sums = (float*)(target + ScaledSumsOf16);
            (sums[2 * unit], sums[(2 * unit) + 1]) = (scale * -first, scale * -second);
            ((float*)(target + ScaledSumsOf32))[unit] = scale * -(first + second);
        }
    }

    /// <returns>The scale: 0 if all numbers are 0, NaN if one of them is not finite.</returns>
    private static float RoundUnit(float* from, sbyte* numbers)
    {
        Vector128<float> largest = Vector128<float>.Zero;
        var isFinite = true;
        for (var i = 0; i < QuantizedLayout.Unit; i += 4)
        {
            var magnitudes = Vector128.Abs(Vector128.Load(from + i));
            isFinite &= Vector128.LessThanOrEqualAll(magnitudes, Vector128.Create(float.MaxValue));
            largest = Vector128.MaxNative(largest, magnitudes);
        }

        largest = Vector128.MaxNative(largest, Vector128.Shuffle(largest, Vector128.Create(2, 3, 0, 1)));
        var scale = MathF.Max(largest.GetElement(0), largest.GetElement(1)) / 127;
        if (!isFinite || scale == 0)
        {
            new Span<sbyte>(numbers, QuantizedLayout.Unit).Clear();
            return isFinite ? 0 : float.NaN;
        }

        // A subnormal scale may be too small by rounding, so the quotient is limited.
        var (scales, limit) = (Vector128.Create(scale), Vector128.Create(127f));
        for (var i = 0; i < QuantizedLayout.Unit; i += 16)
        {
            Vector128<short> low = Vector128.Narrow(Rounded(from + i), Rounded(from + i + 4));
            Vector128<short> high = Vector128.Narrow(Rounded(from + i + 8), Rounded(from + i + 12));
            Vector128.Narrow(low, high).Store(numbers + i);
        }

        return scale;

        Vector128<int> Rounded(float* p) =>
            Vector128.ConvertToInt32Native(Vector128.Round(Vector128.MinNative(Vector128.MaxNative(Vector128.Load(p) / scales, -limit), limit)));
    }

    private static float SumOf(sbyte* numbers)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(numbers));
        return Vector128.Sum(low + high);
    }
}
