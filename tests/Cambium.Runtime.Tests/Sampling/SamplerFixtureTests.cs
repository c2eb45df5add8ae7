using System.Text.Json;
using Cambium.Runtime.Sampling;
using Xunit;

namespace Cambium.Runtime.Tests.Sampling;

/// <summary>Recorded distributions of the logits processors of transformers.</summary>
public class SamplerFixtureTests
{
    [Fact]
    public void Distributions_equal_the_recorded_ones()
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
            // With ties, a cut may fall between equal logits: then the same probabilities may belong to other ids.
            if (index++ % 7 == 0)
                (expected, actual) = ([.. expected.Order()], [.. actual.Order()]);
            TensorAssert.Close(expected, actual, new Tolerance(1e-6, 1e-5), $"case {index - 1}, {options}");
        }
    }
}
