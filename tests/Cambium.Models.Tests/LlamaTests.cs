using Cambium.Runtime.Engine;
using Cambium.Runtime.Weights;
using Cambium.Tests;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Models.Tests;

/// <summary>Llama's class against what the reference implementation recorded.</summary>
public sealed class LlamaTests(ITestOutputHelper output)
{
    private const double Tolerance = 2e-4;

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("llama-bf16-sharded")]
    [InlineData("llama-linear-rope")]
    [InlineData("llama-yarn")]
    [InlineData("llama3-rope")]
    [InlineData("mistral-window")]
    public async Task Logits_and_greedy_continuations_are_those_of_the_reference(string fixture)
    {
        if (!Fixtures.TryFind(fixture, out var folder, output))
            return;
        using var model = Zoo.Load(folder);
        Assert.IsType<Llama>(model);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        await using var engine = new Engine(model, new EngineOptions { Threads = 1 });
        var cases = 0;
        for (; expected.Find($"ids.{cases}") is not null; cases++)
        {
            var ids = expected.ReadIntegers($"ids.{cases}").Select(static id => (int)id).ToArray();
            var greedy = expected.ReadIntegers($"greedy.{cases}").Select(static id => (int)id).ToArray();
            var seen = new Recorder(expected.ReadFloats($"logits.{cases}"), model.OutputWidth, ids.Length);
            var answer = await engine.CompleteAsync(new Request { PromptTokens = ids, MaxTokens = greedy.Length, EndOfText = [], Observer = seen });
            Assert.Equal(greedy, answer.Tokens);
            Assert.Equal(ids.Length, seen.Positions);
            Assert.True(seen.Worst <= 1, $"{fixture}, sequence {cases}: logits are {seen.Worst:f2} times the tolerance away");
        }

        Assert.True(cases > 0, "the fixture has no sequences");
    }

    /// <summary>Compares while the engine computes; 1 is the tolerance, absolute plus relative.</summary>
    private sealed class Recorder(float[] expected, int width, int length) : IPromptObserver
    {
        public double Worst { get; private set; }

        public int Positions { get; private set; }

        public void Logits(int position, ReadOnlySpan<float> logits)
        {
            if (position >= length)
                return;
            Positions++;
            for (var i = 0; i < width; i++)
            {
                double reference = expected[(position * width) + i];
                var error = Math.Abs(logits[i] - reference) / (Tolerance + (Tolerance * Math.Abs(reference)));
                Worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(Worst, error);
            }
        }

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden)
        {
        }
    }
}
