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
    private static IReadOnlyList<string> Folders => Fixtures.FoldersWith(null, "adapter_config.json", "expected.safetensors");

    public static TheoryData<string> Cases => [.. Folders];

    [Fact]
    public void Each_kind_of_adapter_is_recorded() => Assert.Equal(
        ["ADAPTION_PROMPT", "LORA", "PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"],
        Folders.Select(TypeOf).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_PEFT(string folder) => Compare(folder);

    private static string TypeOf(string folder)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "adapter_config.json")));
        return config.RootElement.GetProperty("peft_type").GetString()!;
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
