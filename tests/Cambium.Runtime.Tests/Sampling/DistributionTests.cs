using Cambium.Runtime.Sampling;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Sampling;

/// <summary>Each sampling step against its formula in double precision, over random rows with many ties.</summary>
public class DistributionTests
{
    private static readonly Gen<float[]> Rows = Gen.Select(Gen.Int[1, 70], Gen.Bool)
        .SelectMany((count, ties) => (ties ? Gen.Int[-4, 4].Select(static i => (float)i) : Gen.Float[-6, 6]).Array[count]);

    private static readonly Gen<int[]> Tokens = Gen.Int[0, 1000].Array[0, 30];

    [Fact]
    public void Top_k_keeps_the_k_likeliest_tokens_and_ties() => Gen.Select(Rows, Gen.Int[1, 80]).Sample((row, k) =>
    {
        var least = row.OrderDescending().ElementAt(Math.Min(k, row.Length) - 1);
        Close(Softmax(row, i => row[i] >= least), Draws.Distribution(row, new SamplingOptions { Temperature = 1, TopK = k }, []));
    });

    [Fact]
    public void Top_p_keeps_the_fewest_tokens_that_reach_p() => Gen.Select(Rows, Gen.Float[0.01f, 0.999f]).Sample((row, p) =>
    {
        var actual = Draws.Distribution(row, new SamplingOptions { Temperature = 1, TopP = p }, []);
        var all = Softmax(row, static _ => true);
        var kept = Enumerable.Range(0, row.Length).Where(i => actual[i] > 0).ToArray();
        var mass = kept.Sum(i => all[i]);
        // Without its least likely token, the set does not reach p. No likelier token is missing, and of ties the lower ids stay.
        Assert.True(mass >= p - 1e-9 && mass - kept.Min(i => all[i]) < p + 1e-9);
        Assert.DoesNotContain(Enumerable.Range(0, row.Length).Except(kept), i => kept.Any(j => row[i] > row[j] || (row[i] == row[j] && i < j)));
        Close(Softmax(row, i => actual[i] > 0), actual);
    });

    [Fact]
    public void Min_p_keeps_tokens_by_their_share_of_the_likeliest() => Gen.Select(Rows, Gen.Float[0.01f, 1f]).Sample((row, p) =>
        Close(Softmax(row, i => Math.Exp((double)row[i] - row.Max()) >= p),
            Draws.Distribution(row, new SamplingOptions { Temperature = 1, MinP = p }, [])));

    [Fact]
    public void Typical_p_keeps_tokens_nearest_to_the_entropy() => Gen.Select(Rows, Gen.Float[0.05f, 0.95f]).Sample((row, mass) =>
    {
        var all = Softmax(row, static _ => true);
        var entropy = all.Sum(static p => p * -Math.Log(p));
        double Distance(int i) => Math.Abs(-Math.Log(all[i]) - entropy);
        var actual = Draws.Distribution(row, new SamplingOptions { Temperature = 1, TypicalP = mass }, []);
        var kept = Enumerable.Range(0, row.Length).Where(i => actual[i] > 0).ToArray();
        var farthest = kept.Max(Distance);
        Assert.True(kept.Sum(i => all[i]) >= mass - 1e-6);
        Assert.True(kept.Where(i => Distance(i) < farthest - 1e-5).Sum(i => all[i]) < mass + 1e-6);
        Assert.DoesNotContain(Enumerable.Range(0, row.Length).Except(kept), i => Distance(i) < farthest - 1e-5);
        Close(Softmax(row, i => actual[i] > 0), actual);
    });

    [Fact]
    public void Penalties_and_bias_match_their_formulas() =>
        Gen.Select(Rows, Tokens, Tokens, Gen.Float[0.5f, 2], Gen.Float[-2, 2], Gen.Float[-2, 2], Gen.Float[-3, 3])
            .Sample((row, prompt, answer, repetition, presence, frequency, bias) =>
        {
            prompt = [.. prompt.Select(t => t % row.Length)];
            answer = [.. answer.Select(t => t % row.Length)];
            var biased = row.Length / 2;
            var options = new SamplingOptions
            {
                Temperature = 1,
                RepetitionPenalty = repetition,
                PresencePenalty = presence,
                FrequencyPenalty = frequency,
                LogitBias = new Dictionary<int, float> { [biased] = bias, [0] = row.Length > 1 ? float.NegativeInfinity : 0 },
            };
            var scores = new double[row.Length];
            for (var i = 0; i < row.Length; i++)
            {
                var score = row[i] + (i == biased ? (double)bias : 0) + (i == 0 && row.Length > 1 ? double.NegativeInfinity : 0);
                if (prompt.Contains(i) || answer.Contains(i))
                    score = score < 0 ? score * repetition : score / repetition;
                var count = answer.Count(t => t == i);
                scores[i] = score - (count * (double)frequency) - (count > 0 ? presence : 0);
            }

            Close(Softmax(scores, static _ => true), Draws.Distribution(row, options, [.. prompt, .. answer], prompt.Length), 1e-4);
            // Greedy decoding uses the same logits.
            var best = Draws.Choose(row, options with { Temperature = 0, TopP = 0.1f }, [.. prompt, .. answer], prompt.Length);
            Assert.True(scores[best] >= scores.Max() - 1e-4);
        });

    [Fact]
    public void A_draw_never_takes_a_truncated_token() => Gen.Select(Rows, Gen.ULong).Sample((row, seed) =>
    {
        var options = new SamplingOptions { Temperature = 0.8f, TopK = 9, TopP = 0.9f, MinP = 0.05f, TypicalP = 0.9f, Seed = seed };
        Assert.True(Draws.Distribution(row, options, [1, 2])[Draws.Choose(row, options with { RepetitionPenalty = 1 }, [1, 2])] > 0);
    });

    [Fact]
    public void NaN_logits_are_never_drawn()
    {
        float[] row = [float.NaN, 1, float.NaN, 2];
        Assert.Equal([0, 0], Draws.Distribution(row, new SamplingOptions { Temperature = 1, TopP = 0.99f }, []).Where((_, i) => i % 2 == 0));
        var bias = new Dictionary<int, float> { [0] = float.NegativeInfinity, [1] = float.NegativeInfinity };
        Assert.Equal(-1, Draws.Choose([1, 2], new SamplingOptions { Temperature = 1, LogitBias = bias }, []));
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_unmodified_logits() => Gen.Select(Rows, Gen.Int[0, 80]).Sample((row, top) =>
    {
        var all = Softmax(row, static _ => true);
        var answer = LogProbabilities.Of(row, row.Length - 1, top);
        Assert.Equal(Math.Log(all[^1]), answer.Chosen.LogProbability, 1e-5);
        var order = Enumerable.Range(0, row.Length).OrderByDescending(i => row[i]).ThenBy(static i => i).Take(top).ToArray();
        Assert.Equal(order, answer.Top.Select(static score => score.Token));
        Assert.All(answer.Top, score => Assert.Equal(Math.Log(all[score.Token]), score.LogProbability, 1e-5));
    });

    private static double[] Softmax(float[] row, Func<int, bool> keeps) => Softmax([.. row.Select(static v => (double)v)], keeps);

    private static double[] Softmax(double[] row, Func<int, bool> keeps)
    {
        var largest = row.Max();
        var weights = row.Select((v, i) => keeps(i) ? Math.Exp(v - largest) : 0).ToArray();
        return [.. weights.Select(w => w / weights.Sum())];
    }

    // Near zero, the tolerance is that of a probability of 0.001.
    private static void Close(double[] expected, double[] actual, double tolerance = 1e-5) =>
        TensorAssert.Close(expected, actual, new Tolerance(1e-3 * tolerance, tolerance), "probabilities");
}
