namespace Cambium.Runtime.Cpu;

/// <summary>Rounds a group of weights to whole numbers times a scale.</summary>
internal static class Quantization
{
    // Four bits cover the largest weight exactly at one end; a somewhat smaller scale cuts it and serves the others better. What loses least is taken.
    private static readonly float[] Shrinkings = [1, 0.95f, 0.9f, 0.85f, 0.8f];

    /// <summary>Numbers of -127 to 127; the error of a weight is at most half of the scale.</summary>
    /// <param name="weights">Finite.</param>
    /// <param name="numbers">Receives as many.</param>
    /// <returns>The scale; 0 where all weights vanish.</returns>
    public static float ToInt8(ReadOnlySpan<float> weights, Span<sbyte> numbers)
    {
        var scale = LargestOf(weights, out _) / 127;
        Round(weights, numbers, scale, 127, 127);
        return scale;
    }

    /// <summary>Numbers of -8 to 7, of which -8 is the largest weight's, whatever its sign.</summary>
    /// <inheritdoc cref="ToInt8"/>
    public static float ToInt4(ReadOnlySpan<float> weights, Span<sbyte> numbers)
    {
        LargestOf(weights, out var signed);
        var (best, least) = (0f, double.MaxValue);
        foreach (var shrinking in Shrinkings)
        {
            var scale = signed / -8 * shrinking;
            Round(weights, numbers, scale, 8, 7);
            var loss = 0.0;
            for (var i = 0; i < weights.Length; i++)
            {
                var error = (double)weights[i] - (scale * numbers[i]);
                loss += error * error;
            }

            if (loss < least)
                (best, least) = (scale, loss);
        }

        Round(weights, numbers, best, 8, 7);
        return best;
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

    // A scale that is too small to be a number stands for zeros.
    private static void Round(ReadOnlySpan<float> weights, Span<sbyte> numbers, float scale, int most, int mostAbove)
    {
        for (var i = 0; i < weights.Length; i++)
            numbers[i] = scale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(weights[i] / scale), -most, mostAbove);
    }
}
