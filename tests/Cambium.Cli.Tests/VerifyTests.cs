using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;
using Xunit.Abstractions;

namespace Cambium.Cli.Tests;

public sealed class VerifyTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama-linear-rope")]
    [InlineData("llama-bf16-sharded")]
    [InlineData("mistral-window")]
    public async Task A_checkpoint_agrees_with_what_the_reference_recorded(string name)
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository(name));
        output.WriteLine(run.Out);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Contains("All 5 sequences agree", run.Out, StringComparison.Ordinal);
        Assert.Contains("24 equal", run.Out, StringComparison.Ordinal);
        Assert.Contains("ids.4: hidden.4 not recorded, not compared.", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_weight_is_found_and_its_place_named()
    {
        var checkpoint = _folder.Copy(Fixtures.InRepository("llama-linear-rope"));
        var weights = Path.Combine(checkpoint, "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights);
        // The sign of the first number: that of some weight, whichever.
        bytes[8 + BitConverter.ToInt64(bytes) + 3] ^= 0x80;
        await File.WriteAllBytesAsync(weights, bytes);

        var run = await ToolRun.Of("verify", checkpoint);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("times what is tolerated.", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"\d of 5 sequences differ\.", run.Out);
    }

    [Fact]
    public async Task What_fewer_bits_cost_is_said_and_can_be_limited()
    {
        var model = Path.Combine(Repository.Root, "examples", "Quickstart", "model");
        var text = Path.Combine(model, "..", "README.md");
        var run = await ToolRun.Of("verify", model, "--weights", "int8", "--text", text);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Matches(@"mean KL +median +largest +same likeliest", run.Out);
        Assert.Contains("weights in int8 (9 bits each)", run.Out, StringComparison.Ordinal);
        Assert.Equal(1, (await ToolRun.Of("verify", model, "--weights", "int4", "--text", text, "--max-kl", "0.000001")).ExitCode);
        Assert.Equal(0, (await ToolRun.Of("verify", Fixtures.InRepository("llama-bf16-sharded"), "--weights", "bf16", "--max-kl", "0")).ExitCode);
        Assert.Contains("must be f32, bf16, int8 or int4", (await ToolRun.Of("verify", model, "--weights", "3")).Error, StringComparison.Ordinal);
        Assert.Contains("Say --weights int8", (await ToolRun.Of("verify", model, "--text", text)).Error, StringComparison.Ordinal);
        Assert.Contains("cannot be read", (await ToolRun.Of("verify", model, "--weights", "int8", "--text", "/no/such")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_kind_of_difference_is_named()
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", Expected(change: true, keep: static _ => true));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("logits.1[1, 5] is ", run.Out, StringComparison.Ordinal);
        Assert.Contains("hidden.2[2, 6, 47] is ", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"greedy\.3\[23\] is \d+, expected 127\.", run.Out);
        Assert.Contains("differs at 23", run.Out, StringComparison.Ordinal);
        Assert.Contains("3 of 5 sequences differ.", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_not_recorded_is_skipped_and_said_so()
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", Expected(change: false, keep: static name => name is not ("greedy.0" or "logits.1")));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("ids.0: greedy.0 not recorded, not compared.", run.Out, StringComparison.Ordinal);
        Assert.Contains("ids.1: logits.1 not recorded, not compared.", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_to_compare_is_a_failure()
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", Expected(change: false, keep: static name => name.StartsWith("ids.", StringComparison.Ordinal)));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("has ids and nothing to compare", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_without_their_ids_are_refused_rather_than_passed_over()
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository("llama-linear-rope"), "--expected", Expected(change: false, keep: static name => name != "ids.3"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("tensor 'ids.3': is missing, expected it beside '", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_of_another_model_are_refused_with_both_shapes()
    {
        var run = await ToolRun.Of("verify", Fixtures.InRepository("mistral-window"), "--expected", Path.Combine(Fixtures.InRepository("llama-linear-rope"), "expected.safetensors"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("tensor 'logits.0': has the shape [1, 128], expected [1, 200]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_without_records_says_which_file_is_missing()
    {
        var checkpoint = _folder.Copy(Fixtures.InRepository("llama-linear-rope"));
        File.Delete(Path.Combine(checkpoint, "expected.safetensors"));
        var run = await ToolRun.Of("verify", checkpoint);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("expected.safetensors: cannot be read", run.Error, StringComparison.Ordinal);
    }

    private string Expected(bool change, Func<string, bool> keep)
    {
        using var recorded = SafetensorsFile.Open(Path.Combine(Fixtures.InRepository("llama-linear-rope"), "expected.safetensors"));
        var writer = new SafetensorsWriter();
        foreach (var tensor in recorded.Tensors.Where(tensor => keep(tensor.Name)))
        {
            if (tensor.Type == ElementType.I64)
            {
                var values = recorded.ReadIntegers(tensor.Name);
                if (change && tensor.Name == "greedy.3")
                    values[23] = 127;
                writer.Add(tensor.Name, [.. tensor.Shape], values);
                continue;
            }

            var numbers = recorded.ReadFloats(tensor.Name);
            if (change && tensor.Name == "logits.1")
                numbers[128 + 5] += 1;
            if (change && tensor.Name == "hidden.2")
                numbers[^1] = float.NaN;
            writer.Add(tensor.Name, [.. tensor.Shape], numbers);
        }

        var path = _folder.At("expected.safetensors");
        writer.Save(path);
        return path;
    }
}
