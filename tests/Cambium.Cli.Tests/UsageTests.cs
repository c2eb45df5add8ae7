using Cambium.Tests;
using Xunit;

namespace Cambium.Cli.Tests;

public sealed class UsageTests
{
    private static readonly string Checkpoint = Fixtures.InRepository("llama-linear-rope");

    [Theory]
    [InlineData("--help", "logits", "verify", "run")]
    [InlineData("logits --help", "--ids", "--out", "--greedy", "--threads", "--chunk-size", "--two-phase", "--prefill", "--pool-tokens")]
    [InlineData("verify --help", "--expected", "--threads", "Exit code 0")]
    [InlineData("run --help", "--prompt", "--max-tokens", "--temperature", "--seed", "--stop")]
    public async Task Help_names_everything_there_is(string arguments, params string[] names)
    {
        var run = await ToolRun.Of(arguments.Split(' '));
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.All(names, name => Assert.Contains(name, run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_version_is_a_plain_number()
    {
        var run = await ToolRun.Of("--version");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\S*$", run.Out.Trim());
    }

    [Theory]
    [InlineData("", "Required command")]
    [InlineData("dance", "'dance'")]
    [InlineData("verify", "Required argument missing")]
    [InlineData("run CHECKPOINT", "Option '--prompt' is required.")]
    [InlineData("logits CHECKPOINT --ids a", "Option '--out' is required.")]
    [InlineData("verify CHECKPOINT --threads -1", "Option '--threads' is -1; it must be at least 0.")]
    [InlineData("verify CHECKPOINT --threads many", "'many'")]
    [InlineData("verify CHECKPOINT --prefill 0", "Option '--prefill' is 0; it must be at least 1.")]
    [InlineData("verify CHECKPOINT --two-phase perhaps", "'perhaps'")]
    [InlineData("verify CHECKPOINT --colour", "'--colour'")]
    [InlineData("run CHECKPOINT --prompt a --temperature -1", "Option '--temperature' is -1; it must be 0 or a positive number.")]
    [InlineData("run CHECKPOINT --prompt a --max-tokens 0", "Option '--max-tokens' is 0; it must be at least 1.")]
    public async Task A_command_line_that_makes_no_sense_ends_with_2(string arguments, string message)
    {
        var run = await ToolRun.Of([.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static word => word == "CHECKPOINT" ? Checkpoint : word)]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Out);
    }
}
