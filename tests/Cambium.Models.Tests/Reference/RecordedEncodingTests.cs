using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>Encoders against recorded results of the reference implementation.</summary>
public sealed class RecordedEncodingTests
{
    private const double Tolerance = 2e-4;

    [Theory]
    [InlineData(64, 1024)]
    [InlineData(32, 1)]
    public void T5_encodings_match_the_reference(int chunkSize, int rowsPerStep)
    {
        var folder = Fixtures.InRepository("t5-encoder");
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var model = Zoo.Load(folder);
        using var encoder = new Encoder(model, options: new EncoderOptions { ChunkSize = chunkSize, MaxRowsPerStep = rowsPerStep });
        var sequences = new List<EncoderInput>();
        while (expected.Find($"ids.{sequences.Count}") is not null)
            sequences.Add(new EncoderInput(expected.ReadIntegers($"ids.{sequences.Count}").Select(static id => (int)id).ToArray()));
        var encoded = encoder.Run(sequences);

        Assert.Equal(4, encoded.Count);
        for (var i = 0; i < encoded.Count; i++)
        {
            var wanted = expected.ReadFloats($"encoded.{i}");
            Assert.Equal(wanted.Length, encoded[i].Values.Length);
            Assert.All(wanted.Zip(encoded[i].Values), pair => Assert.InRange(pair.Second,
                pair.First - Tolerance - (Tolerance * Math.Abs(pair.First)), pair.First + Tolerance + (Tolerance * Math.Abs(pair.First))));
        }
    }
}
