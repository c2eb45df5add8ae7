using Xunit;

namespace Cambium.Cli.Tests;

/// <summary>An invalid checkpoint gives one line of error in every command, and one more line per item of a list.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Commands => ["verify", "run", "chat", "logits"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_missing_folder_is_refused(string command) =>
        await AssertRefused(command, _folder.At("nowhere"), "nowhere: no such folder or file.");

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_file_that_is_not_gguf_is_refused(string command) =>
        await AssertRefused(command, Path.Combine(Fixtures.InRepository("llama-linear-rope"), "config.json"), "is not a GGUF file");

    [Theory]
    [InlineData("notes.txt", "has no config.json. Give the folder that holds config.json")]
    [InlineData("llama-q8_0.gguf", "has no config.json. Give the GGUF file: .*llama-q8_0.gguf")]
    [InlineData("adapter_config.json", "has no config.json. It is an adapter. Give the folder of its base model")]
    [InlineData("snapshot/config.json", "has no config.json. Give the folder of the checkpoint: .*snapshot")]
    [InlineData("config.json pytorch_model-00001-of-00002.bin", "has no weights, expected .* Convert pytorch_model.bin to safetensors")]
    public async Task A_folder_without_a_checkpoint_says_what_to_give(string files, string problem)
    {
        foreach (var file in files.Split(' '))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(file))!);
            File.Copy(Path.Combine(Fixtures.InRepository("llama-linear-rope"), "config.json"), _folder.At(file));
        }

        // An adapter can be inspected.
        foreach (var command in files == "adapter_config.json" ? (string[])["run"] : ["inspect", "run"])
        {
            string[] more = command == "run" ? ["--prompt", "a"] : [];
            var run = await ToolRun.Of([command, _folder.At(""), .. more]);
            Assert.Equal(1, run.ExitCode);
            Assert.Matches(problem, run.Error);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task An_unknown_architecture_is_refused(string command)
    {
        var checkpoint = _folder.Copy(Fixtures.InRepository("llama-linear-rope"));
        Replace(Path.Combine(checkpoint, "config.json"), "LlamaForCausalLM", "UnheardOfForCausalLM");
        await AssertRefused(command, checkpoint, "config.json: field 'architectures': is UnheardOfForCausalLM, expected one of ");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_size_that_contradicts_the_weights_is_refused(string command)
    {
        var checkpoint = _folder.Copy(Fixtures.InRepository("llama-linear-rope"));
        Replace(Path.Combine(checkpoint, "config.json"), "\"intermediate_size\": 80", "\"intermediate_size\": 81");
        await AssertRefused(
            command,
            checkpoint,
            "does not fit the class: 0 missing, 6 of another shape, 0 of a type that cannot be read, 0 not read by the class.",
            "  Of another shape:",
            "    model.layers.0.mlp.down_proj.weight has the shape [48, 80], expected [48, 81]");
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Truncated_weights_are_refused(string command)
    {
        var checkpoint = _folder.Copy(Fixtures.InRepository("llama-linear-rope"));
        using (var weights = File.OpenWrite(Path.Combine(checkpoint, "model.safetensors")))
            weights.SetLength(100_000);
        await AssertRefused(command, checkpoint, "model.safetensors: tensor ");
    }

    private static void Replace(string file, string old, string @new)
    {
        var text = File.ReadAllText(file);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(old, @new, StringComparison.Ordinal));
    }

    private async Task AssertRefused(string command, string checkpoint, string message, params string[] list)
    {
        var recorded = Fixtures.InRepository("llama-linear-rope/expected.safetensors");
        string[] rest = command switch
        {
            "run" => ["--prompt", "Hello"],
            "chat" => [],
            "logits" => ["--ids", recorded, "--out", _folder.At("out.safetensors")],
            _ => ["--expected", recorded],
        };
        var run = await ToolRun.Of([command, checkpoint, .. rest]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        var lines = run.Error.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("cambium: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(message, lines[0], StringComparison.Ordinal);
        Assert.Equal(list, lines.Skip(1).Take(list.Length));
        Assert.Equal(list.Length > 0, lines.Length > 1);
        Assert.All(lines.Skip(1), static line => Assert.StartsWith("  ", line, StringComparison.Ordinal));
    }
}
