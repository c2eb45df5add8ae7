using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Generators.Tests.EndToEnd;

/// <summary>Sinusoidal positions of XGLM and Marian: sines in the first half of a row, cosines in the second, computed by the class.</summary>
public sealed class SinusoidTests
{
    private const int Half = 5;
    private const int Vocab = 11;

    [Fact]
    public void Computed_sinusoids_equal_the_published_table()
    {
        using var model = BuiltModel.Build(
            [$$"""
            namespace Sample;

            [Model("Waves")]
            public partial class Waves
            {
                [Dim("half")] public partial int Half { get; }
                [Dim("vocab")] public partial int Vocab { get; }
                [Weight("out", "Vocab, 2 * Half")] public partial Tensor Out { get; }

                public Tensor Forward(Tokens tokens)
                {
                    var angle = Cast(Positions(tokens) + 2) * Exp(Range(Half) * (-Log(10000f) / (Half - 1)));
                    return Linear(Concat(Sin(angle), Cos(angle)), Out);
                }
            }
            """],
            new Dictionary<string, object> { ["architectures"] = new[] { "Waves" }, ["half"] = Half, ["vocab"] = Vocab,
                ["max_position_embeddings"] = 256 });
        int[][] sequences = [[.. Enumerable.Range(0, 40).Select(static i => i % Vocab)], [1, 2, 3]];
        var weight = model.Weight("out", Vocab * 2 * Half);
        double[][] expected = [.. sequences.SelectMany(sequence => sequence.Select((_, position) => Logits(position + 2)))];

        Assert.True(
            model.LargestError(new EngineOptions { Threads = 1, ChunkSize = 32, PoolTokens = 1024, MaxRowsPerStep = 13, MaxSequences = 4 }, sequences,
                expected, 1e-4) is > 0 and < 1);

        double[] Logits(int position)
        {
            double[] angles = [.. Enumerable.Range(0, Half).Select(i => position * Math.Pow(10000, -i / (Half - 1.0)))];
            double[] row = [.. angles.Select(Math.Sin), .. angles.Select(Math.Cos)];
            return [.. Enumerable.Range(0, Vocab).Select(output => row.Select((value, i) => value * weight[(output * 2 * Half) + i]).Sum())];
        }
    }
}
