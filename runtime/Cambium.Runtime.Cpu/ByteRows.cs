using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// The left operand of integer products. Each row is rounded to int8 in groups of 32 with a scale of the largest magnitude / 127. A block of up to
/// 256 inputs has a fixed layout: the numbers, then the scale and the sums of each group. Sums are exact.
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
            var scale = RoundUnit(from, numbers, out var first, out var second);
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
    private static float RoundUnit(float* from, sbyte* numbers, out int first, out int second)
    {
        var (a, b) = (Vector256.Load(from), Vector256.Load(from + 8));
        var (c, d) = (Vector256.Load(from + 16), Vector256.Load(from + 24));
        // The bits of positive floats have the order of the floats, and those of infinity and NaN are above all others.
        var bits = Vector256.Max(Vector256.Max(Magnitude(a), Magnitude(b)), Vector256.Max(Magnitude(c), Magnitude(d)));
        var four = Vector128.Max(bits.GetLower(), bits.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        var largest = BitConverter.Int32BitsToSingle(Math.Max(four.GetElement(0), four.GetElement(1)));
        // The inverse of a smaller number overflows; a group of such numbers counts as 0.
        const float Least = 1e-36f;
        if (!(largest is >= Least and <= float.MaxValue))
        {
            (first, second) = (0, 0);
            new Span<sbyte>(numbers, QuantizedLayout.Unit).Clear();
            return largest < Least ? 0 : float.NaN;
        }

        var inverse = Vector256.Create(127 / largest);
        var (w, x, y, z) = (Rounded(a, inverse), Rounded(b, inverse), Rounded(c, inverse), Rounded(d, inverse));
        (first, second) = (Vector256.Sum(w + x), Vector256.Sum(y + z));
        Vector256.Narrow(Vector256.Narrow(w, x), Vector256.Narrow(y, z)).Store(numbers);
        return largest / 127;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Magnitude(Vector256<float> values) => values.AsInt32() & Vector256.Create(int.MaxValue);

    // At most 127: the product of the largest magnitude and its inverse is 127 with an error below 1e-4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Rounded(Vector256<float> values, Vector256<float> inverse) =>
        Vector256.ConvertToInt32Native(Vector256.Round(values * inverse));
}
