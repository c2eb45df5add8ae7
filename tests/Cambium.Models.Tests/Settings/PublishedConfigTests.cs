using System.Text.Json.Nodes;
using Xunit;

namespace Cambium.Models.Tests.Settings;

/// <summary>Configurations of published models load without a warning. Only the sizes are those of a small recorded checkpoint.</summary>
public sealed class PublishedConfigTests
{
    private static readonly string[] Sizes =
    [
        "hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads", "num_hidden_layers", "head_dim", "vocab_size",
            "tie_word_embeddings",
        "n_embd", "n_head", "n_layer", "n_positions", "n_inner", "d_model", "d_ff", "d_kv", "num_heads", "num_layers", "max_position_embeddings",
    ];

    private static readonly Dictionary<string, string> FixtureOf = new()
    {
        ["LlamaForCausalLM"] = "llama-linear-rope", ["MistralForCausalLM"] = "mistral-window", ["Qwen2ForCausalLM"] = "qwen2",
            ["Qwen3ForCausalLM"] = "qwen3",
        ["GPT2LMHeadModel"] = "gpt2", ["T5EncoderModel"] = "t5-encoder",
    };

    public static TheoryData<string> Configs =>
        [.. Directory.EnumerateFiles(Fixtures.InRepository("configs"), "*.json").Select(Path.GetFileNameWithoutExtension).OfType<string>()
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Published_configs_load_without_a_warning(string name)
    {
        var published = JsonNode.Parse(File.ReadAllText(Fixtures.InRepository($"configs/{name}.json")))!.AsObject();
        using var checkpoint = new EditedCheckpoint(FixtureOf[(string)published["architectures"]![0]!], config =>
        {
            var sizes = Sizes.Where(config.ContainsKey).ToDictionary(static size => size, size => config[size]?.DeepClone());
            config.Clear();
            foreach (var (key, value) in published.Where(static setting => !Sizes.Contains(setting.Key)))
                config[key] = value?.DeepClone();
            foreach (var (key, value) in sizes)
                config[key] = value;
        });
        Assert.Empty(checkpoint.Warnings());
    }

    [Fact]
    public void Every_class_has_a_published_config() => Assert.Equal(
        FixtureOf.Keys.Order(StringComparer.Ordinal),
        Directory.EnumerateFiles(Fixtures.InRepository("configs"))
            .Select(static file => (string)JsonNode.Parse(File.ReadAllText(file))!["architectures"]![0]!)
            .Distinct().Order(StringComparer.Ordinal));
}
