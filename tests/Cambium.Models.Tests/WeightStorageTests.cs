using Cambium.Checkpoints;
using Cambium.Models.Tests.Gguf;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

public class WeightStorageTests
{
    [Theory]
    [InlineData(WeightStorage.BF16, 2.05)]
    [InlineData(WeightStorage.Int8, 3.4)]
    [InlineData(WeightStorage.Int4, 5.7)]
    public void Quantized_weights_take_less_memory(WeightStorage storage, double times)
    {
        var folder = Path.Combine(Repository.Root, "examples", "Quickstart", "model");
        using var exact = Zoo.Load(folder);
        using var rounded = Zoo.Load(folder, new LoadOptions { Storage = storage });
        Assert.NotEqual(exact.Checkpoint.Fingerprint, rounded.Checkpoint.Fingerprint);
        Assert.InRange(32 / storage.Bits(), 0.9 * times, 1.2 * times);

        // Rounding could change an answer, but the margins of these are large.
        const string Prompt = "Mia has a red boat. Tom works at the mill. Question: Where does Tom work? Answer:";
        string Answer(CompiledModel model)
        {
            using var loop = new EngineLoop(model, new EngineOptions { MaxSequences = 2, PoolTokens = 512 });
            return loop.Run(new Request { Prompt = Prompt, MaxTokens = 8, Stop = ["."] }).Text;
        }

        if (storage != WeightStorage.Int4)
            Assert.Equal(Answer(exact), Answer(rounded));
    }

    [Theory]
    [InlineData(ElementType.Q8_0, 8)]
    [InlineData(ElementType.Q4_0, 2)]
    [InlineData(ElementType.Q6_K, 14)]
    [InlineData(ElementType.F16, 1)]
    [InlineData(ElementType.BF16, 30)]
    public void Weights_stay_in_the_types_of_the_file(ElementType type, uint number)
    {
        using var folder = new TemporaryFolder();
        var path = RandomLlama.Write(folder.At("model.gguf"), _ => number);
        var isQuantized = type is not (ElementType.F16 or ElementType.BF16);
        using var wide = Zoo.Load(path, new LoadOptions { Storage = WeightStorage.F32 });
        using var exact = Zoo.Load(path, new LoadOptions { Products = WeightProducts.Exact });
        using var integer = Zoo.Load(path);
        // Cached keys and values are exchangeable where the arithmetic is the same.
        Assert.Equal(wide.Checkpoint.Fingerprint, exact.Checkpoint.Fingerprint);
        Assert.Equal(!isQuantized, exact.Checkpoint.Fingerprint == integer.Checkpoint.Fingerprint);
        var answers = new[] { wide, exact, integer }.Select(static model =>
        {
            using var loop = new EngineLoop(model, new EngineOptions { MaxSequences = 1, PoolTokens = 512, ChunkSize = 32 });
            var answer = loop.Run(new Request { PromptTokens = (int[])[1, 5, 9, 2, 6], MaxTokens = 30, LogProbabilities = 3, EosTokens = [] });
            return answer.LogProbabilities.Select(static one => one.Chosen.LogProbability).ToArray();
        }).ToArray();
        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(!isQuantized, answers[1].SequenceEqual(answers[2]));
        Assert.InRange(answers[2][0] - answers[1][0], -0.5f, 0.5f);
    }

    [Fact]
    public void A_bf16_checkpoint_loads_into_bf16_without_rounding()
    {
        var folder = Fixtures.InRepository("llama-bf16-sharded");
        using var exact = Zoo.Load(folder);
        using var kept = Zoo.Load(folder, new LoadOptions { Storage = WeightStorage.BF16 });
        var request = new Request { PromptTokens = (int[])[1, 5, 9, 2, 6], MaxTokens = 30, LogProbabilities = 3,
            Sampling = new() { Temperature = 1, Seed = 3 } };
        var answers = new[] { exact, kept }.Select(model =>
        {
            using var loop = new EngineLoop(model, new EngineOptions { MaxSequences = 1, PoolTokens = 512, ChunkSize = 32 });
            var answer = loop.Run(request);
            return (answer.Tokens, answer.LogProbabilities.Select(static one => one.Chosen.LogProbability).ToArray());
        }).ToArray();
        Assert.Equal(answers[0].Tokens, answers[1].Tokens);
        Assert.Equal(answers[0].Item2, answers[1].Item2);
    }
}
