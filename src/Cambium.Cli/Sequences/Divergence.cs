namespace Cambium.Cli.Sequences;

/// <summary>
/// The Kullback-Leibler divergence KL(reference || own) of next-token distributions, in nats per position, and how often the top token is the same.
/// </summary>
internal sealed class Divergence
{
    private readonly List<double> _nats = [];
    private int _equal;

    public int Positions => _nats.Count;

    public double Mean => _nats.Average();

    public double Median => _nats.Order().ElementAt(_nats.Count / 2);

    public double Largest => _nats.Max();

    /// <summary>Share of positions with the same most likely token as the reference.</summary>
    public double SameTop => (double)_equal / _nats.Count;

    /// <summary>Compares one position.</summary>
    /// <param name="reference">Logits [vocabulary] of the reference.</param>
    /// <param name="own">Logits [vocabulary] to compare.</param>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> own)
    {
        var (offset, ownOffset) = (LogSum(reference), LogSum(own));
        var sum = 0.0;
        var (first, ownFirst) = (0, 0);
        for (var i = 0; i < reference.Length; i++)
        {
            var log = reference[i] - offset;
            // exp(-700) is the smallest normal double, about; smaller probabilities add nothing.
            if (log > -700)
                sum += Math.Exp(log) * (log - (own[i] - ownOffset));
            first = reference[i] > reference[first] ? i : first;
            ownFirst = own[i] > own[ownFirst] ? i : ownFirst;
        }

        // Equal distributions can give a sum slightly below zero by rounding.
        _nats.Add(Math.Max(0, sum));
        _equal += first == ownFirst ? 1 : 0;
    }

    public void Add(Divergence other)
    {
        _nats.AddRange(other._nats);
        _equal += other._equal;
    }

    private static double LogSum(ReadOnlySpan<float> logits)
    {
        double largest = logits[0];
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - largest);
        return largest + Math.Log(sum);
    }
}
