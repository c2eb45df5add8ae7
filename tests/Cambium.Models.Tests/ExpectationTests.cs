using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests;

public sealed class ExpectationTests
{
    [Fact]
    public void A_checkpoint_with_another_activation_is_refused_and_not_computed_wrongly()
    {
        var source = Fixtures.InRepository("llama-linear-rope");
        var folder = Directory.CreateTempSubdirectory("cambium-expect-").FullName;
        try
        {
            foreach (var file in Directory.EnumerateFiles(source))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            var config = Path.Combine(folder, "config.json");
            Assert.Contains("\"silu\"", File.ReadAllText(config));
            File.WriteAllText(config, File.ReadAllText(config).Replace("\"silu\"", "\"gelu\""));

            var refusal = Assert.Throws<CheckpointException>(() => Llama.Load(folder).Dispose());
            Assert.Contains("field 'hidden_act': is 'gelu', expected 'silu' or 'swish'", refusal.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
