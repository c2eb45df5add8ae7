using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Checkpoints;

public class ModelConfigTests
{
    private static readonly ModelConfig Config = ModelConfig.Parse("""
        { "size": 7, "real": 4096.0, "half": 0.5, "big": 3000000000, "yes": true, "name": "x", "nothing": null, "list": [1, 2],
          "deep": { "size": 8, "nothing": null, "deeper": { "name": "y" } } }
        """, "some/config.json");

    [Fact]
    public void A_dotted_path_goes_deeper()
    {
        Assert.Equal(8, Config.Int("deep.size"));
        Assert.Equal("y", Config.Text("deep.deeper.name"));
        Assert.False(Config.Has("size.name"));
    }

    [Fact]
    public void The_first_existing_alternative_counts()
    {
        Assert.Equal(8, Config.Int("deep.missing|deep.size|size"));
        Assert.Equal(7, Config.Int("deep.nothing | size"));
    }

    [Fact]
    public void The_size_of_an_object_is_the_number_of_its_entries()
    {
        Assert.Equal(3, Config.Size("missing|deep"));
        Assert.Equal(7, Config.Size("size|deep"));
        Assert.Throws<CheckpointException>(() => Config.Size("list"));
    }

    [Fact]
    public void Null_counts_as_absent()
    {
        Assert.False(Config.Has("nothing"));
        Assert.Equal(3, Config.Int("nothing", 3));
        Assert.Equal(3, Config.Int("deep.nothing|nothing", 3));
    }

    [Fact]
    public void Numbers_are_read_in_the_forms_that_tools_write()
    {
        Assert.Equal(4096, Config.Int("real"));
        Assert.Equal(7f, Config.Float("size"));
        Assert.Equal(0.5, Config.Double("half"));
        Assert.True(Config.Bool("yes"));
        Assert.Equal([1, 2], Config.IntList("list"));
        Assert.Equal([7], Config.IntList("size"));
        Assert.Empty(Config.IntList("missing"));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("half")]
    [InlineData("big")]
    [InlineData("yes")]
    [InlineData("deep")]
    public void A_value_that_is_not_a_whole_number_is_refused(string path)
    {
        string found = path switch { "missing" => "absent", "half" => "0.5", "big" => "3000000000", "yes" => "true", _ => "{" };
        SafetensorsFileTests.Mentions(
            Assert.Throws<CheckpointException>(() => Config.Int(path)), "some/config.json", $"'{path}'", found, "a whole number");
    }

    [Fact]
    public void Other_types_are_refused_with_the_expected_type()
    {
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => Config.Float("name")), "'name'", "\"x\"", "a number");
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => Config.Bool("size")), "'size'", "7", "true or false");
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => Config.Text("size")), "'size'", "7", "a string");
        SafetensorsFileTests.Mentions(Assert.Throws<CheckpointException>(() => Config.Text("a.b|c")), "'a.b' or 'c'", "absent");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("3")]
    [InlineData("""{ "architectures": "Llama" }""")]
    [InlineData("""{ "name": ["\ud800"] }""")]
    [InlineData("""{ "\uDC00": 1 }""")]
    public void A_file_that_is_not_a_configuration_is_refused(string json) =>
        Assert.Contains("some/config.json", Assert.Throws<CheckpointException>(() => ModelConfig.Parse(json, "some/config.json")).Message);
}
