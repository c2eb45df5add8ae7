namespace Cambium.Runtime.Sampling;

/// <summary>Log probabilities at one position: of its token, and of the most likely tokens.</summary>
/// <param name="Chosen">The token at the position.</param>
/// <param name="Top">The most likely tokens in descending order, the lower id first among equals; as many as the request asks for.</param>
public sealed record LogProbabilities(TokenScore Chosen, IReadOnlyList<TokenScore> Top)
{
    /// <summary>Most tokens in <see cref="Top"/>.</summary>
    public const int MaxTop = 256;

    /// <summary>Computes them from a row of logits.</summary>
    /// <param name="logits">[vocabulary]</param>
    /// <param name="token">The token at the position.</param>
    /// <param name="top">Tokens wanted in <see cref="Top"/>.</param>
    internal static LogProbabilities Of(ReadOnlySpan<float> logits, int token, int top)
    {
        var normalizer = Normalizer(logits);
        var likeliest = new TokenScore[Math.Min(top, logits.Length)];
        var count = 0;
        for (var i = 0; i < logits.Length && likeliest.Length > 0; i++)
        {
            if (float.IsNaN(logits[i]) || (count == likeliest.Length && !(logits[i] > likeliest[^1].LogProbability)))
                continue;
            // Insertion sort: the list is short, and few tokens of the vocabulary get here.
            var place = count < likeliest.Length ? count++ : count - 1;
            for (; place > 0 && likeliest[place - 1].LogProbability < logits[i]; place--)
                likeliest[place] = likeliest[place - 1];
            likeliest[place] = new TokenScore(i, logits[i]);
        }

        var found = likeliest.AsSpan(0, count);
        foreach (ref var score in found)
            score = score with { LogProbability = (float)(score.LogProbability - normalizer) };
        var chosen = new TokenScore(token, (float)(logits[token] - normalizer));
        return new LogProbabilities(chosen, count == likeliest.Length ? likeliest : found.ToArray());
    }

    /// <summary>Log-sum-exp of the logits.</summary>
    private static double Normalizer(ReadOnlySpan<float> logits)
    {
        var best = Sampler.Likeliest(logits);
        if (best < 0)
            return double.NaN;
        var sum = 0.0;
        foreach (var logit in logits)
            sum += float.IsNaN(logit) ? 0 : Math.Exp((double)logit - logits[best]);
        return logits[best] + Math.Log(sum);
    }
}
