using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>The selection of a class by the architecture in the config.</summary>
public sealed class ZooTests
{
    [Fact]
    public void The_zoo_lists_the_architectures_of_its_classes_in_order()
    {
        Assert.Contains("LlamaForCausalLM", Zoo.Architectures);
        Assert.Contains("MistralForCausalLM", Zoo.Architectures);
        Assert.Equal(Zoo.Architectures.Order(StringComparer.Ordinal), Zoo.Architectures);
    }

    [Fact]
    public void The_table_in_the_README_lists_every_architecture()
    {
        var rows = File.ReadAllLines(Repository.At("src", "Cambium.Models", "README.md"))
            .Where(static line => line.StartsWith("| [`", StringComparison.Ordinal));
        var listed = rows.SelectMany(static row => row.Split('|')[2].Split(',')).Select(static name => name.Trim().Trim('`'));
        Assert.Equal(Zoo.Architectures, listed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{ "architectures": ["StrangeForCausalLM"] }""", "is StrangeForCausalLM, expected one of GPT2LMHeadModel, LlamaForCausalLM")]
    [InlineData("{}", "is absent or empty, expected one of GPT2LMHeadModel, LlamaForCausalLM")]
    public void An_unknown_architecture_is_refused_with_the_known_ones(string config, string expected)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("config.json", config);
        var error = Assert.Throws<CheckpointException>(() => Zoo.Load(folder.Path));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains("'architectures'", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
