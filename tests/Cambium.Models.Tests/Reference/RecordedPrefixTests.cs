using System.Text.Json;
using Cambium.Checkpoints;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Text.Templates;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Models.Tests.Reference;

/// <summary>Prefixes of PEFT in the engine, against logits that PEFT computes.</summary>
public sealed class RecordedPrefixTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases =>
    [
        "llama-gqa/prefix", "llama-gqa/adapters/prefix-projection", "llama-gqa/adapters/prompt-tuning", "llama-gqa/adapters/p-tuning",
        "llama-gqa/adapters/adaption-prompt",
        "gpt2/prefix",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_the_reference(string name)
    {
        foreach (var folder in Fixtures.RecordedCases(name))
            Compare(folder);
    }

    [Fact]
    public void Logits_of_a_merged_LoRA_are_those_of_the_reference()
    {
        foreach (var folder in Fixtures.RecordedCases("llama-gqa/adapters/lora"))
            Compare(folder);
    }

    private void Compare(string folder)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "adapter_config.json")));
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var baseFolder = Path.GetFullPath(Path.Combine(folder, config.RootElement.GetProperty("base_model_name_or_path").GetString()!));
        var isLora = config.RootElement.GetProperty("peft_type").GetString() == "LORA";
        using var model = Zoo.Load(baseFolder, new LoadOptions { Adapters = isLora ? [folder] : [] });
        using var loop = new EngineLoop(model);
        PrefixUse[] prefixes = isLora ? [] : [loop.LoadPrefix(folder)];
        Assert.All(prefixes, static use => Assert.Empty(use.Prefix.Warnings));
        int[] ids = [.. expected.ReadIntegers("ids").Select(static id => (int)id)];
        var record = new PromptRecord(ids.Length, model.OutputWidth);
        loop.Run(new Request { PromptTokens = ids, MaxTokens = 1, EosTokens = [], Prefixes = prefixes, Observer = record });
        var error = TensorAssert.Close(expected.ReadFloats("logits"), record.Logits, Tolerance.Model, folder);
        output.WriteLine($"{folder}: the largest error is {error:P2} of the tolerance.");
        loop.CheckIntegrity();
    }
}
