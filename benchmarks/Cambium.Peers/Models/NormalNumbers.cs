namespace Cambium.Benchmarks;

/// <summary>Normally distributed numbers from a seed: SplitMix64 (Steele et al. 2014) and the method of Box and Muller (1958).</summary>
internal sealed class NormalNumbers(ulong seed)
{
    private ulong _state = seed;

    public void Fill(Span<float> values, float deviation)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = deviation * MathF.Sqrt(-2 * MathF.Log(1 - Next()));
            var (sine, cosine) = MathF.SinCos(2 * MathF.PI * Next());
            values[i] = radius * cosine;
            if (i + 1 < values.Length)
                values[i + 1] = radius * sine;
        }
    }

    // In [0, 1), with 24 bits.
    private float Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 40) * (1f / (1 << 24));
    }
}
