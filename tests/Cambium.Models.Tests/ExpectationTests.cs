using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

public sealed class ExpectationTests
{
    [Fact]
    public void Another_activation_in_the_config_is_refused()
    {
        using var temporary = new TemporaryFolder();
        var folder = temporary.Copy(Fixtures.InRepository("llama-linear-rope"));
        var config = Path.Combine(folder, "config.json");
        Assert.Contains("\"silu\"", File.ReadAllText(config));
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"silu\"", "\"laplace\""));

        var refusal = Assert.Throws<CheckpointException>(() => Llama.Load(folder).Dispose());
        Assert.Contains("field 'hidden_act': is 'laplace', expected 'gelu_new' or 'gelu_pytorch_tanh' or", refusal.Message);
    }
}
