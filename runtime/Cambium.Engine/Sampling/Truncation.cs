namespace Cambium.Runtime.Sampling;

/// <summary>
/// Removes unlikely tokens. Works on 64-bit keys of the remaining tokens, the score in the upper half and the inverted id in the lower: in descending
/// order the more likely token comes first, and of equal ones the lower id. Sums are in double precision and in an order that depends on the scores
/// only.
/// </summary>
internal static class Truncation
{
    /// <param name="scores">[vocabulary]; removed tokens become negative infinity.</param>
    /// <param name="keys">[vocabulary] scratch.</param>
    public static void Apply(SamplingOptions options, Span<float> scores, Span<ulong> keys)
    {
        if (options is { TopK: 0, TopP: 1, MinP: 0, TypicalP: 1 })
            return;
        var count = 0;
        for (var token = 0; token < scores.Length; token++)
        {
            if (!float.IsNegativeInfinity(scores[token]))
                keys[count++] = Key(scores[token], token);
        }

        // Penalties and biases can overflow. Shares of an infinite score have no value; the sampler then reports that there is no token.
        if (count == 0 || !float.IsFinite(Largest(keys[..count])))
            return;
        var left = keys[..count];
        if (options.TopK > 0 && options.TopK < left.Length)
            left = TopK(left, options.TopK);
        if (options.TopP < 1)
            left = TopP(left, options.TopP);
        if (options.MinP > 0)
            left = MinP(left, options.MinP);
        if (options.TypicalP < 1)
            left = Typical(left, options.TypicalP, scores);

        scores.Fill(float.NegativeInfinity);
        foreach (var key in left)
            scores[Token(key)] = Score(key);
    }

    // The bits of floats are in the order of the floats once those of negative ones are inverted. Adding zero turns -0 into 0.
    private static ulong Key(float score, int token)
    {
        var bits = BitConverter.SingleToUInt32Bits(score + 0f);
        bits = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
        return ((ulong)bits << 32) | ~(uint)token;
    }

    private static int Token(ulong key) => (int)~(uint)key;

    private static float Score(ulong key)
    {
        var bits = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x80000000) != 0 ? bits & 0x7FFFFFFF : ~bits);
    }

    private static Span<ulong> TopK(Span<ulong> keys, int k)
    {
        Select(keys, k - 1);
        return AtLeast(keys, Score(keys[k - 1]));
    }

    private static Span<ulong> MinP(Span<ulong> keys, float share)
    {
        var largest = Largest(keys);
        var kept = 0;
        foreach (var key in keys)
        {
            if (Math.Exp((double)Score(key) - largest) >= share)
                keys[kept++] = key;
        }

        return keys[..kept];
    }

    // Removes tokens from the least likely upwards while their total is at most 1 - p.
    private static Span<ulong> TopP(Span<ulong> keys, float p)
    {
        var largest = Largest(keys);
        var total = Total(keys, largest);
        var spare = (1 - (double)p) * total;
        // Tokens below spare / count have less than the spare mass together, so all of them are removed and need not be sorted.
        var (least, removed, kept) = (spare / keys.Length, 0.0, 0);
        foreach (var key in keys)
        {
            var weight = Math.Exp((double)Score(key) - largest);
            if (weight < least)
                removed += weight;
            else
                keys[kept++] = key;
        }

        keys = keys[..kept];
        keys.Sort();
        var first = 0;
        for (; first < keys.Length - 1; first++)
        {
            removed += Math.Exp((double)Score(keys[first]) - largest);
            if (removed > spare)
                break;
        }

        return keys[first..];
    }

    private static Span<ulong> Typical(Span<ulong> keys, float mass, ReadOnlySpan<float> scores)
    {
        var largest = Largest(keys);
        var total = Total(keys, largest);
        var normalizer = largest + Math.Log(total);
        var entropy = 0.0;
        foreach (var key in keys)
        {
            var information = normalizer - Score(key);
            entropy += Math.Exp(-information) * information;
        }

        // The same keys with the negated distance to the entropy in place of the score.
        foreach (ref var key in keys)
            key = Key((float)-Math.Abs(normalizer - Score(key) - entropy), Token(key));
        keys.Sort();
        var reached = 0.0;
        var last = keys.Length - 1;
        for (; last > 0; last--)
        {
            reached += Math.Exp(scores[Token(keys[last])] - normalizer);
            if (reached >= mass)
                break;
        }

        keys = AtLeast(keys, Score(keys[last]));
        foreach (ref var key in keys)
            key = Key(scores[Token(key)], Token(key));
        return keys;
    }

    private static Span<ulong> AtLeast(Span<ulong> keys, float least)
    {
        var kept = 0;
        foreach (var key in keys)
        {
            if (Score(key) >= least)
                keys[kept++] = key;
        }

        return keys[..kept];
    }

    private static float Largest(ReadOnlySpan<ulong> keys)
    {
        var largest = 0UL;
        foreach (var key in keys)
            largest = Math.Max(largest, key);
        return Score(largest);
    }

    private static double Total(ReadOnlySpan<ulong> keys, float largest)
    {
        var total = 0.0;
        foreach (var key in keys)
            total += Math.Exp((double)Score(key) - largest);
        return total;
    }

    // Quickselect (Hoare): afterwards keys[index] is the one that descending order would put there, and no key before it is smaller.
    private static void Select(Span<ulong> keys, int index)
    {
        var (begin, end) = (0, keys.Length - 1);
        while (begin < end)
        {
            var pivot = Median(keys[begin], keys[(begin + end) >>> 1], keys[end]);
            var (i, j) = (begin, end);
            while (i <= j)
            {
                while (keys[i] > pivot)
                    i++;
                while (keys[j] < pivot)
                    j--;
                if (i <= j)
                {
                    (keys[i], keys[j]) = (keys[j], keys[i]);
                    i++;
                    j--;
                }
            }

            if (index <= j)
                end = j;
            else if (index >= i)
                begin = i;
            else
                return;
        }
    }

    private static ulong Median(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
