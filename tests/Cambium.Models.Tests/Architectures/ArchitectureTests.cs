using Cambium.Checkpoints;
using Cambium.Models.Tests.Reference;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Text.Templates;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Models.Tests.Architectures;

/// <summary>Architectures outside the zoo, written with the public API, against the logits of the reference implementation.</summary>
public sealed class ArchitectureTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, Func<string, LoadOptions?, CompiledModel>> Loaders = new(StringComparer.Ordinal)
    {
        ["gemma2"] = Gemma2.Load,
        ["gemma3"] = Gemma3.Load,
        ["gemma3-pattern"] = Gemma3.Load,
        ["bloom"] = Bloom.Load,
        ["bloom-six-heads"] = Bloom.Load,
        ["codegen"] = CodeGen.Load,
        ["cohere"] = Cohere.Load,
        ["cohere-qk-norm"] = Cohere.Load,
        ["deepseek-v3"] = DeepSeek.Load,
        ["falcon"] = Falcon.Load,
        ["falcon-new"] = FalconNew.Load,
        ["gpt-neox"] = GptNeoX.Load,
        ["gpt-oss"] = GptOss.Load,
        ["gpt-oss-dense"] = GptOss.Load,
        ["gptj"] = GptJ.Load,
        ["granite"] = Granite.Load,
        ["mpt"] = Mpt.Load,
        ["nemotron"] = Nemotron.Load,
        ["smollm3"] = SmolLm3.Load,
        ["stablelm"] = StableLm.Load,
        ["gpt-neox-serial"] = GptNeoX.Load,
        ["olmo2"] = Olmo2.Load,
        ["opt"] = Opt.Load,
        ["opt-post-norm"] = NarrowOpt.Load,
        ["phi3"] = Phi3.Load,
        ["xglm"] = Xglm.Load,
    };

    private static readonly Dictionary<string, Func<string, LoadOptions?, CompiledModel>> Encoders = new(StringComparer.Ordinal)
    {
        ["modernbert"] = ModernBert.Load,
        ["qwen2-classifier"] = Qwen2Classifier.Load,
        ["roberta"] = Roberta.Load,
    };

    public static TheoryData<string> Cases => [.. Loaders.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_match_the_reference(string name) => Compare(name, new EngineOptions());

    // With small prefill steps, attention reads keys and values from the cache, and every row has its own position.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_with_small_prefill_steps_match_the_reference(string name) =>
        Compare(name, new EngineOptions { ChunkSize = 32, MaxRowsPerStep = 5, TwoPhase = true });

    private void Compare(string name, EngineOptions options)
    {
        var folder = Fixtures.InRepository(Path.Combine("architectures", name));
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var model = Loaders[name](folder, null);
        using var loop = new EngineLoop(model, options);
        var records = new List<PromptRecord>();
        for (var i = 0; expected.Find($"ids.{i}") is not null; i++)
        {
            int[] ids = [.. expected.ReadIntegers($"ids.{i}").Select(static id => (int)id)];
            records.Add(new PromptRecord(ids.Length, model.OutputWidth));
            loop.Submit(new Request { PromptTokens = ids, MaxTokens = 1, EosTokens = [], Observer = records[i] }, new CollectingSink());
        }

        while (loop.Step())
        {
        }

        Assert.NotEmpty(records);
        for (var i = 0; i < records.Count; i++)
            Close($"{name} logits.{i}", expected.ReadFloats($"logits.{i}"), records[i].Logits);
        loop.CheckIntegrity();
    }

    [Theory]
    [InlineData("Forward", "encoded")]
    [InlineData("Classify", "logits")]
    public void Bert_results_match_the_reference(string entry, string tensor)
    {
        var folder = Fixtures.InRepository(Path.Combine("architectures", "bert"));
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var model = Bert.Load(folder);
        using var encoder = new Encoder(model, entry);
        for (var i = 0; i < 3; i++)
        {
            var types = expected.ReadIntegers($"types.{i}").Select(static id => (int)id).ToArray();
            var ids = expected.ReadIntegers($"ids.{i}").Select(static id => (int)id).ToArray();
            var result = encoder.Run([new EncoderInput(ids) { Ids = new Dictionary<string, ReadOnlyMemory<int>> { ["types"] = types } }])[0];
            Close($"bert {tensor}.{i}", expected.ReadFloats($"{tensor}.{i}"), result.Values);
        }
    }

    [Theory]
    [InlineData("modernbert", "Forward", "encoded")]
    [InlineData("modernbert", "Fill", "logits")]
    [InlineData("roberta", "Forward", "encoded")]
    [InlineData("roberta", "Classify", "logits")]
    [InlineData("qwen2-classifier", "Forward", "encoded")]
    [InlineData("qwen2-classifier", "Classify", "logits")]
    public void Encoder_results_match_the_reference(string name, string entry, string tensor)
    {
        var folder = Fixtures.InRepository(Path.Combine("architectures", name));
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var model = Encoders[name](folder, null);
        using var encoder = new Encoder(model, entry);
        for (var i = 0; i < 4; i++)
        {
            var ids = expected.ReadIntegers($"ids.{i}").Select(static id => (int)id).ToArray();
            var result = encoder.Run([new EncoderInput(ids)])[0];
            Close($"{name} {tensor}.{i}", expected.ReadFloats($"{tensor}.{i}"), result.Values);
        }
    }

    private void Close(string what, float[] expected, float[] actual) =>
        output.WriteLine($"{what}: the largest error is {TensorAssert.Close(expected, actual, Tolerance.Model, what):P2} of the tolerance.");
}
