using System.Numerics;

namespace Cambium.Runtime.Sampling;

/// <summary>Samples a token. A pure function of its input: it keeps no state between calls and allocates nothing.</summary>
internal static class Sampler
{
    private const int Blocks = 256;

    /// <summary>Samples a token by the options.</summary>
    /// <returns>The token, or -1 without a largest finite score.</returns>
    public static int Choose(in SamplerInput input, SamplerScratch scratch)
    {
        var options = input.Options;
        if (options.Temperature == 0 && !options.ChangesScores && input.Allowed.IsEmpty)
        {
            var likeliest = Likeliest(input.Logits);
            return likeliest >= 0 && float.IsFinite(input.Logits[likeliest]) ? likeliest : -1;
        }

        var scores = Process(input, scratch);
        var best = Likeliest(scores);
        if (best < 0 || !float.IsFinite(scores[best]))
            return -1;
        return options.Temperature == 0 ? best : Draw(scores, scores[best], Uniform(input.Seed, input.History.Length));
    }

    /// <summary>The scores that the token is sampled from: their softmax is the distribution of the next token.</summary>
    /// <returns>A span of the scratch; negative infinity for excluded tokens.</returns>
    public static Span<float> Process(in SamplerInput input, SamplerScratch scratch)
    {
        var options = input.Options;
        var scores = scratch.Scores;
        CopyAllowed(input, scores);
        Penalties.Apply(input, scores, scratch.Counts);
        if (options.Temperature == 0)
            return scores;
        Temper(scores, options.Temperature);
        Truncation.Apply(options, scores, scratch.Keys);
        return scores;
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
                // A comparison with NaN is false, so NaN is skipped.
                most = Vector.ConditionalSelect(Vector.GreaterThan(v, most), v, most);
            }

            for (var lane = 0; lane < Vector<float>.Count; lane++)
                best = most[lane] > best ? most[lane] : best;
        }

        for (; i < values.Length; i++)
            best = values[i] > best ? values[i] : best;
        return values.IndexOf(best);
    }

    /// <summary>A number in [0, 1) that depends on seed and position only (two rounds of the SplitMix64 finalizer).</summary>
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

    private static void CopyAllowed(in SamplerInput input, Span<float> scores)
    {
        var logits = input.Logits;
        if (input.Allowed.IsEmpty)
        {
            logits.CopyTo(scores);
        }
        else
        {
            scores.Fill(float.NegativeInfinity);
            for (var word = 0; word < input.Allowed.Length; word++)
            {
                for (var bits = input.Allowed[word]; bits != 0; bits &= bits - 1)
                {
                    var token = (word * 64) + BitOperations.TrailingZeroCount(bits);
                    scores[token] = logits[token];
                }
            }

            for (var i = 0; i < input.EosTokens?.Count; i++)
            {
                if ((uint)input.EosTokens[i] is var end && end < (uint)scores.Length)
                    scores[(int)end] = input.MayEnd ? logits[(int)end] : float.NegativeInfinity;
            }
        }

        foreach (ref var score in scores)
            score = float.IsNaN(score) ? float.NegativeInfinity : score;
    }

    private static void Temper(Span<float> scores, float temperature)
    {
        var best = Likeliest(scores);
        if (temperature == 1 || best < 0 || !float.IsFinite(scores[best]))
            return;
        // A temperature near zero overflows: then divide differences to the largest score, which can overflow to negative infinity only.
        var offset = float.IsFinite(scores[best] / temperature) ? 0 : scores[best];
        foreach (ref var score in scores)
            score = (score - offset) / temperature;
    }

    // Inverts the distribution function. Sums are kept per block, so that only one block is read twice.
    private static int Draw(ReadOnlySpan<float> scores, float largest, double uniform)
    {
        Span<double> sums = stackalloc double[Blocks];
        var size = (scores.Length + Blocks - 1) / Blocks;
        var total = 0.0;
        for (int block = 0, begin = 0; begin < scores.Length; block++, begin += size)
            total += sums[block] = BlockSum(scores.Slice(begin, Math.Min(size, scores.Length - begin)), largest);

        var wanted = uniform * total;
        var reached = 0.0;
        var last = -1;
        for (int block = 0, begin = 0; begin < scores.Length; block++, begin += size)
        {
            if (reached + sums[block] <= wanted)
            {
                reached += sums[block];
                continue;
            }

            var end = Math.Min(begin + size, scores.Length);
            for (var i = begin; i < end; i++)
            {
                var weight = Weight(scores[i], largest);
                if (weight == 0)
                    continue;
                last = i;
                reached += weight;
                if (reached > wanted)
                    return i;
            }
        }

        // Rounding can leave the end of the distribution function just below the wanted number.
        return last >= 0 ? last : Likeliest(scores);
    }

    private static double BlockSum(ReadOnlySpan<float> scores, float largest)
    {
        var sum = 0.0;
        foreach (var score in scores)
            sum += Weight(score, largest);
        return sum;
    }

    private static double Weight(float score, float largest)
    {
        var exponent = (double)score - largest;
        return exponent > -700 ? Math.Exp(exponent) : 0;
    }
}
