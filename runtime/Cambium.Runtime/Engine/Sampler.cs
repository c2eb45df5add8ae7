using System.Numerics;

namespace Cambium.Runtime.Engine;

/// <summary>Chooses a token. A pure function of its arguments: nothing is remembered between calls.</summary>
internal static class Sampler
{
    private const int Blocks = 256;

    /// <summary>Chooses by temperature; 0 takes the likeliest.</summary>
    /// <param name="logits">[vocabulary] scores; NaN never wins.</param>
    /// <param name="temperature">At least 0.</param>
    /// <param name="seed">The request's seed.</param>
    /// <param name="position">Index of the token to come in its sequence.</param>
    /// <returns>The token, or -1 if the scores have no largest finite one.</returns>
    public static int Choose(ReadOnlySpan<float> logits, float temperature, ulong seed, int position)
    {
        var best = Likeliest(logits);
        if (best < 0 || !float.IsFinite(logits[best]))
            return -1;
        return temperature == 0 ? best : Draw(logits, logits[best], temperature, Uniform(seed, position));
    }

    /// <summary>The lowest index of the largest value, -1 if all are NaN.</summary>
    public static int Likeliest(ReadOnlySpan<float> values)
    {
        var best = float.NegativeInfinity;
        var i = 0;
        if (values.Length >= Vector<float>.Count)
        {
            var most = new Vector<float>(float.NegativeInfinity);
            for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                var v = new Vector<float>(values[i..]);
                // A comparison with NaN is false, so NaN is passed over.
                most = Vector.ConditionalSelect(Vector.GreaterThan(v, most), v, most);
            }

            for (var lane = 0; lane < Vector<float>.Count; lane++)
                best = most[lane] > best ? most[lane] : best;
        }

        for (; i < values.Length; i++)
            best = values[i] > best ? values[i] : best;
        return values.IndexOf(best);
    }

    /// <summary>A number in [0, 1) that depends on nothing but seed and position (two rounds of the SplitMix64 finalizer).</summary>
    public static double Uniform(ulong seed, int position)
    {
        var bits = Mix(Mix(seed) + ((ulong)(uint)position * 0x9E3779B97F4A7C15));
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Scatters the bits of a number.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    // Inverts the distribution function. Sums are kept per block, so that only one block is gone through twice.
    private static int Draw(ReadOnlySpan<float> logits, float largest, float temperature, double uniform)
    {
        Span<double> sums = stackalloc double[Blocks];
        var size = (logits.Length + Blocks - 1) / Blocks;
        var total = 0.0;
        for (int block = 0, begin = 0; begin < logits.Length; block++, begin += size)
            total += sums[block] = BlockSum(logits.Slice(begin, Math.Min(size, logits.Length - begin)), largest, temperature);

        var wanted = uniform * total;
        var reached = 0.0;
        var last = -1;
        for (int block = 0, begin = 0; begin < logits.Length; block++, begin += size)
        {
            if (reached + sums[block] <= wanted)
            {
                reached += sums[block];
                continue;
            }

            var end = Math.Min(begin + size, logits.Length);
            for (var i = begin; i < end; i++)
            {
                var weight = Weight(logits[i], largest, temperature);
                if (weight == 0)
                    continue;
                last = i;
                reached += weight;
                if (reached > wanted)
                    return i;
            }
        }

        // Rounding can leave the last step of the function just below the number wanted.
        return last >= 0 ? last : Likeliest(logits);
    }

    private static double BlockSum(ReadOnlySpan<float> logits, float largest, float temperature)
    {
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Weight(logit, largest, temperature);
        return sum;
    }

    private static double Weight(float logit, float largest, float temperature)
    {
        var exponent = ((double)logit - largest) / temperature;
        return exponent > -700 ? Math.Exp(exponent) : 0;
    }
}
