using Cambium.Runtime.Sampling;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Sampling;

public class SamplerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(41)]
    [InlineData(1000)]
    public void Greedy_ties_go_to_the_lowest_token(int count)
    {
        var random = new Random(count);
        for (var trial = 0; trial < 50; trial++)
        {
            // Few distinct values give many ties.
            var values = Enumerable.Range(0, count).Select(_ => (float)random.Next(-3, 3)).ToArray();
            if (trial % 3 == 0)
                values[random.Next(count)] = float.NaN;
            var expected = -1;
            for (var i = 0; i < count; i++)
                expected = !float.IsNaN(values[i]) && (expected < 0 || values[i] > values[expected]) ? i : expected;
            Assert.Equal(expected, Sampler.Likeliest(values));
        }
    }

    [Fact]
    public void NaN_logits_choose_no_token()
    {
        Assert.Equal(-1, Draws.Choose([float.NaN, float.NaN], 0, 1, 1));
        Assert.Equal(-1, Draws.Choose([1, float.PositiveInfinity], 1, 1, 1));
        Assert.Equal(-1, Draws.Choose([float.NegativeInfinity], 1, 1, 1));
    }

    [Theory]
    [InlineData(0.5f, 1, 1, 0)]
    [InlineData(1, 0.5f, 1, 0)]
    [InlineData(1, 1, 0.5f, 0)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(0.5f, 0.5f, 0.5f, 2)]
    public void A_penalty_that_overflows_chooses_no_token(float topP, float minP, float typical, int topK)
    {
        var options = new SamplingOptions
        {
            Temperature = 1, FrequencyPenalty = -float.MaxValue, TopP = topP, MinP = minP == 1 ? 0 : minP, TypicalP = typical, TopK = topK,
        };
        Assert.Equal(-1, Draws.Choose([1, 2, 3], options, new List<int> { 1, 1, 1 }));
    }

    [Fact]
    public void Draws_follow_the_distribution()
    {
        float[] logits = [1, float.NegativeInfinity, 2.5f, 0, -1e9f, 2.5f];
        const float Temperature = 0.7f;
        var weights = logits.Select(l => Math.Exp((l - 2.5) / Temperature)).ToArray();
        const int Times = 20000;
        var counts = new int[logits.Length];
        for (var position = 0; position < Times; position++)
            counts[Draws.Choose(logits, Temperature, seed: 42, position)]++;
        Assert.Equal((0, 0), (counts[1], counts[4]));
        for (var i = 0; i < logits.Length; i++)
        {
            var p = weights[i] / weights.Sum();
            // Five standard deviations of a binomial count.
            Assert.InRange(counts[i], (Times * p) - (5 * Math.Sqrt(Times * p)) - 1, (Times * p) + (5 * Math.Sqrt(Times * p)) + 1);
        }
    }

    [Fact]
    public void A_draw_depends_only_on_seed_and_position()
    {
        var logits = new float[700];
        var first = Enumerable.Range(0, 50).Select(p => Draws.Choose(logits, 1, 5, p)).ToArray();
        Assert.Equal(first.Reverse(), Enumerable.Range(0, 50).Reverse().Select(p => Draws.Choose(logits, 1, 5, p)));
        Assert.NotEqual(first, Enumerable.Range(0, 50).Select(p => Draws.Choose(logits, 1, 6, p)));
        Assert.True(first.Distinct().Count() > 40);
        Assert.Contains(first, t => t > 512);
    }

    [Fact]
    public void A_temperature_near_zero_is_greedy() =>
        Assert.All(Enumerable.Range(0, 100), p => Assert.Equal(2, Draws.Choose([1, 2, 3, 2.99f], 1e-5f, 9, p)));
}
