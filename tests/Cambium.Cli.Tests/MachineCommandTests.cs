using Xunit;

namespace Cambium.Cli.Tests;

/// <summary>Commands that show a checkpoint, the machine, and how fast one runs on the other.</summary>
public sealed class MachineCommandTests
{
    private static readonly string Model = Path.Combine(Repository.Root, "examples", "Quickstart", "model");

    [Fact]
    public async Task Inspect_prints_settings_tensors_and_tokenizer()
    {
        var run = await ToolRun.Of("inspect", Model, "--tensors");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"parameters\s+918,656 in 38 tensors", run.Out);
        Assert.Matches(@"architecture\s+LlamaForCausalLM", run.Out);
        Assert.Matches(@"tokenizer\s+1024 tokens, BOS <\|begin\|> \(0\), EOS <\|end\|> \(1\)", run.Out);
        Assert.Matches(@"rope_parameters\.rope_theta\s+[0-9.]+", run.Out);
        Assert.Matches(@"model\.norm\.weight\s+BF16\s+\[128\]\s+256", run.Out);
    }

    [Fact]
    public async Task Inspect_needs_no_class_for_the_architecture()
    {
        var run = await ToolRun.Of("inspect", Fixtures.InRepository("architectures/bloom"));
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"supported\s+no; Cambium\.Models has GPT2LMHeadModel", run.Out);
    }

    [Fact]
    public async Task Doctor_names_the_instruction_set_and_finds_checkpoints()
    {
        var run = await ToolRun.Of("doctor", Path.GetDirectoryName(Model)!);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"processor\s+.*kernels use (AVX-512|AVX2|NEON|FMA, 128 bits), \d+ floats per register", run.Out);
        Assert.Matches(@"memory\s+[\d.]+ GiB in all", run.Out);
        Assert.Contains(Model, run.Out, StringComparison.Ordinal);
        var none = await ToolRun.Of("doctor", Fixtures.InRepository("configs"));
        Assert.Contains("none found", none.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_names_a_folder_that_does_not_exist()
    {
        var run = await ToolRun.Of("doctor", Path.GetDirectoryName(Model)!, "/no/such");
        Assert.Equal((1, "cambium: /no/such: no such folder. Name a folder to search for checkpoints."), (run.ExitCode, run.Error.Trim()));
        Assert.Contains(Model, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_prints_rates_and_the_limits_of_the_machine()
    {
        var run = await ToolRun.Of("bench", Model, "--rounds", "2", "--prompt", "40", "--generate", "4", "--sequences", "3", "--threads", "1");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        foreach (var figure in (string[])["prefill", "decode, 1 sequence", "decode, 3 sequences, own prompts", "decode, 3 sequences, shared prompt"])
            Assert.Matches($@"{figure}\s+[0-9.]+ \[[0-9.]+ \.\. [0-9.]+\]\s+tokens/s", run.Out);
        Assert.Matches(@"FMA peak\s+[0-9.]+ .*GFLOP/s", run.Out);
        Assert.Matches(@"read bandwidth\s+[0-9.]+ .*GB/s", run.Out);
    }

    [Fact]
    public async Task Bench_refuses_sizes_above_the_context()
    {
        var run = await ToolRun.Of("bench", Model, "--prompt", "5000");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("need 5032 positions, and the context has 4096", run.Error, StringComparison.Ordinal);
    }
}
