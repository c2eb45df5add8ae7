using System.Runtime.Intrinsics;

namespace Cambium.Runtime.Cpu;

/// <summary>Quantizes a group of weights to integers times a scale.</summary>
internal static class Quantization
{
    /// <summary>Numbers of -127 to 127; the error of a weight is at most half of the scale.</summary>
    /// <param name="weights">Finite.</param>
    /// <param name="numbers">Receives as many.</param>
    /// <returns>The scale; 0 if all weights are 0.</returns>
    public static float ToInt8(ReadOnlySpan<float> weights, Span<sbyte> numbers)
    {
        var scale = LargestOf(weights, out _) / 127;
        Round(weights, numbers, scale, 127, 127);
        return scale;
    }

    /// <summary>Numbers of -8 to 7. The weight of the largest magnitude becomes -8; the sign goes into the scale.</summary>
    /// <inheritdoc cref="ToInt8"/>
    public static float ToInt4(ReadOnlySpan<float> weights, Span<sbyte> numbers)
    {
        LargestOf(weights, out var signed);
        var scale = signed / -8;
        Round(weights, numbers, scale, 8, 7);
        return scale;
    }

    private static float LargestOf(ReadOnlySpan<float> weights, out float signed)
    {
        signed = 0;
        foreach (var weight in weights)
        {
            if (MathF.Abs(weight) > MathF.Abs(signed))
                signed = weight;
        }

        return MathF.Abs(signed);
    }

    // A scale that underflows gives zeros.
    private static void Round(ReadOnlySpan<float> weights, Span<sbyte> numbers, float scale, int most, int mostAbove)
    {
        if (scale == 0)
        {
            numbers[..weights.Length].Clear();
            return;
        }

        var i = 0;
        var (scales, least, largest) = (Vector256.Create(scale), Vector256.Create((float)-most), Vector256.Create((float)mostAbove));
        for (; i + 8 <= weights.Length; i += 8)
        {
            var rounded = Vector256.Min(Vector256.Max(Vector256.Round(Vector256.Create(weights[i..]) / scales), least), largest);
            var whole = Vector256.ConvertToInt32(rounded);
            for (var lane = 0; lane < 8; lane++)
                numbers[i + lane] = (sbyte)whole.GetElement(lane);
        }

        for (; i < weights.Length; i++)
            numbers[i] = (sbyte)Math.Clamp(MathF.Round(weights[i] / scale), -most, mostAbove);
    }
}
