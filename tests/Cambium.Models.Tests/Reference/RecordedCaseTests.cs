using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Text.Templates;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Models.Tests.Reference;

/// <summary>Whole models in the engine, all sequences in one batch, against recorded results of the reference implementation.</summary>
public sealed class RecordedCaseTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases =>
        ["llama-gqa", "llama-bf16-sharded", "llama-linear-rope", "llama-yarn", "llama3-rope", "mistral-window", "qwen2", "qwen3", "gpt2"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Results_match_the_reference(string name) => Compare(name, new EngineOptions());

    // The chunk size changes the order of sums, so the results may differ only by rounding.
    [Theory]
    [InlineData(32, 5)]
    [InlineData(96, 33)]
    [InlineData(256, 512)]
    public void Results_match_with_other_chunk_sizes_and_prefill_budgets(int chunkSize, int rowsPerStep) =>
        Compare("mistral-window", new EngineOptions { ChunkSize = chunkSize, MaxRowsPerStep = rowsPerStep, TwoPhase = true });

    private void Compare(string name, EngineOptions options)
    {
        var folder = Fixtures.InRepository(name);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var model = Zoo.Load(folder);
        using var loop = new EngineLoop(model, options);
        var (records, answers) = (new List<PromptRecord>(), new List<CollectingSink>());
        for (var i = 0; expected.Find($"ids.{i}") is not null; i++)
        {
            int[] ids = [.. expected.ReadIntegers($"ids.{i}").Select(static id => (int)id)];
            records.Add(new PromptRecord(ids.Length, model.OutputWidth));
            answers.Add(new CollectingSink());
            loop.Submit(new Request { PromptTokens = ids, MaxTokens = expected.ReadIntegers($"greedy.{i}").Length, EosTokens = [],
                Observer = records[i] }, answers[i]);
        }

        while (loop.Step())
        {
        }

        Assert.NotEmpty(records);
        var states = 0;
        for (var i = 0; i < records.Count; i++)
        {
            Close($"{name} logits.{i}", expected.ReadFloats($"logits.{i}"), records[i].Logits);
            if (expected.Find($"hidden.{i}") is not null)
            {
                Close($"{name} hidden.{i}", expected.ReadFloats($"hidden.{i}"), records[i].Hidden);
                states++;
            }

            Assert.Equal(expected.ReadIntegers($"greedy.{i}"), answers[i].Completion.Tokens.Select(static token => (long)token));
        }

        Assert.True(states > 0, "No hidden states were recorded for this case.");
        loop.CheckIntegrity();
    }

    private void Close(string what, float[] expected, float[] actual) =>
        output.WriteLine($"{what}: the largest error is {TensorAssert.Close(expected, actual, Tolerance.Model, what):P2} of the tolerance.");
}
