using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

/// <summary>The choice of a class by the checkpoint's own word.</summary>
public sealed class ZooTests
{
    [Fact]
    public void The_zoo_knows_every_architecture_of_its_classes_in_order()
    {
        Assert.Contains("LlamaForCausalLM", Zoo.Architectures);
        Assert.Contains("MistralForCausalLM", Zoo.Architectures);
        Assert.Equal(Zoo.Architectures.Order(StringComparer.Ordinal), Zoo.Architectures);
    }

    [Theory]
    [InlineData("""{ "architectures": ["StrangeForCausalLM"] }""", "is StrangeForCausalLM, expected one of GPT2LMHeadModel, LlamaForCausalLM")]
    [InlineData("{}", "is absent or empty, expected one of GPT2LMHeadModel, LlamaForCausalLM")]
    public void An_unknown_architecture_is_refused_with_those_that_are_known(string config, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("zoo").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "config.json"), config);
            var error = Assert.Throws<CheckpointException>(() => Zoo.Load(folder));
            Assert.Contains(Path.Combine(folder, "config.json"), error.Message, StringComparison.Ordinal);
            Assert.Contains("'architectures'", error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
