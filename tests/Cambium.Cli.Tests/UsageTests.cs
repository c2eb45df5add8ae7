using Xunit;

namespace Cambium.Cli.Tests;

public sealed class UsageTests
{
    private static readonly string Checkpoint = Fixtures.InRepository("llama-linear-rope");

    [Theory]
    [InlineData("--help", "logits", "verify", "run", "chat", "inspect", "doctor", "bench")]
    [InlineData("logits --help", "--ids", "--out", "--greedy", "--threads", "--chunk-size", "--two-phase", "--prefill", "--pool-tokens")]
    [InlineData("verify --help", "--expected", "--threads", "Exit code 0")]
    [InlineData("run --help", "--prompt", "--max-tokens", "--temperature", "--seed", "--stop", "--count", "--log-probabilities")]
    [InlineData("run --help", "--top-k", "--top-p", "--min-p", "--typical", "--repetition-penalty", "--json-schema", "--regex", "--json")]
    [InlineData("chat --help", "--system", "--template", "--max-tokens", "--temperature", "--presence-penalty", "--frequency-penalty")]
    [InlineData("chat --help", "--json-schema", "--threads")]
    public async Task Help_lists_commands_and_options(string arguments, params string[] names)
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
    [InlineData("verify CHECKPOINT --threads many", "Option '--threads' is many; it must be a whole number")]
    [InlineData("verify CHECKPOINT --prefill 0", "Option '--prefill' is 0; it must be at least 1.")]
    [InlineData("verify CHECKPOINT --two-phase perhaps", "Option '--two-phase' is perhaps; it must be auto, on or off.")]
    [InlineData("verify CHECKPOINT --colour", "'--colour'")]
    [InlineData("run CHECKPOINT --prompt a --temperature -1", "Option '--temperature' is -1; it must be 0 or a positive number.")]
    [InlineData("run CHECKPOINT --prompt a --temperature NaN", "Option '--temperature' is NaN; it must be 0 or a positive number.")]
    [InlineData("chat CHECKPOINT --temperature 0,5", "Option '--temperature' is 0,5; it must be 0 or a positive number.")]
    [InlineData("run CHECKPOINT --prompt a --top-k -1", "Option '--top-k' is -1; it must be at least 0.")]
    [InlineData("run CHECKPOINT --prompt a --top-p 0", "Option '--top-p' is 0; it must be above 0 and at most 1 (all tokens).")]
    [InlineData("chat CHECKPOINT --top-p 1.5", "Option '--top-p' is 1.5; it must be above 0 and at most 1 (all tokens).")]
    [InlineData("run CHECKPOINT --prompt a --min-p 2", "Option '--min-p' is 2; it must be from 0 (all tokens) to 1.")]
    [InlineData("run CHECKPOINT --prompt a --typical x", "Option '--typical' is x; it must be above 0 and at most 1 (all tokens).")]
    [InlineData("run CHECKPOINT --prompt a --repetition-penalty 0", "Option '--repetition-penalty' is 0; it must be a positive number, 1 for none.")]
    [InlineData("run CHECKPOINT --prompt a --presence-penalty Infinity", "Option '--presence-penalty' is Infinity; it must be a number, 0 for none.")]
    [InlineData("run CHECKPOINT --prompt a --frequency-penalty NaN", "Option '--frequency-penalty' is NaN; it must be a number, 0 for none.")]
    [InlineData("run CHECKPOINT --prompt a --count 99999999999",
        "Option '--count' is 99999999999; it must be a whole number from -2147483648 to 2147483647.")]
    [InlineData("run CHECKPOINT --prompt a --seed -1", "Option '--seed' is -1; it must be a whole number from 0 to 18446744073709551615.")]
    [InlineData("run CHECKPOINT --prompt a --max-tokens 1.5", "Option '--max-tokens' is 1.5; it must be a whole number from")]
    [InlineData("run CHECKPOINT --prompt a --count 0", "Option '--count' is 0; it must be at least 1.")]
    [InlineData("run CHECKPOINT --prompt a --json --regex b", "Options '--regex' and '--json' cannot be combined; give one.")]
    [InlineData("run CHECKPOINT --prompt a --max-tokens 0", "Option '--max-tokens' is 0; it must be at least 1.")]
    public async Task An_invalid_command_line_exits_with_2(string arguments, string message)
    {
        var words = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var run = await ToolRun.Of([.. words.Select(static word => word == "CHECKPOINT" ? Checkpoint : word)]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Out);
    }
}
