using System.Text.Json;
using Xunit;

namespace Cambium.Cli.Tests;

public sealed class RunTests
{
    private static readonly string Checkpoint = Path.Combine(Repository.Root, "examples", "Quickstart", "model");

    [Fact]
    public async Task The_answer_equals_the_references()
    {
        var path = Path.Combine(Repository.Root, "examples", "Quickstart", "exam.json");
        using var exam = JsonDocument.Parse(await File.ReadAllTextAsync(path));
        var question = exam.RootElement.GetProperty("questions")[0];
        var prompt = $"{exam.RootElement.GetProperty("register").GetString()} Question: {question.GetProperty("text").GetString()} Answer:";

        var run = await ToolRun.Of("run", Checkpoint, "--prompt", prompt, "--stop", ".");

        Assert.Equal(0, run.ExitCode);
        // The recorded answer ends with its first full stop.
        Assert.Equal(question.GetProperty("reference").GetString()!.TrimEnd('.').Trim(), run.Out.Trim());
        Assert.Matches(
            @"^\[\d+ prompt tokens \(0 cached\), first token after \d+ ms, \d+ tokens.*; stopped by --stop\] "
                + @"\[loaded in \d+ ms, peak resident memory \d+ MB\]\s*$",
            run.Error);
    }

    [Fact]
    public async Task A_prompt_from_standard_input_loses_its_last_line_break()
    {
        var given = await ToolRun.Of("run", Checkpoint, "--prompt", "Mia has a red boat. Tom", "--max-tokens", "9");
        var read = await ToolRun.WithInput("Mia has a red boat. Tom\n", ["run", Checkpoint, "--prompt", "-", "--max-tokens", "9"]);
        Assert.Equal((0, 0), (given.ExitCode, read.ExitCode));
        Assert.NotEqual("", given.Out.Trim());
        Assert.Equal(given.Out, read.Out);
        Assert.Contains("9 tokens", read.Error, StringComparison.Ordinal);
        Assert.Contains("stopped by --max-tokens", read.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_makes_sampling_repeatable()
    {
        Task<ToolRun> Draw(int seed) => ToolRun.Of("run", Checkpoint, "-p", "Once", "-n", "40", "-t", "1.5", "--seed", $"{seed}");
        var first = await Draw(1);
        Assert.Equal(first.Out, (await Draw(1)).Out);
        Assert.NotEqual(first.Out, (await Draw(2)).Out);
    }

    [Fact]
    public async Task Sampling_options_reach_the_sampler()
    {
        async Task<string> Draw(params string[] options) => (await ToolRun.Of(["run", Checkpoint, "-p", "Once", "-n", "30", .. options])).Out;
        var greedy = await Draw();
        Assert.NotEqual(greedy, await Draw("-t", "3", "--seed", "1"));
        foreach (var narrow in (string[][])[["--top-k", "1"], ["--top-p", "0.0001"], ["--min-p", "1"]])
            Assert.Equal(greedy, await Draw(["-t", "3", "--seed", "1", .. narrow]));
        foreach (var other in (string[][])[["--repetition-penalty", "5"], ["--presence-penalty", "20"], ["--frequency-penalty", "20"]])
            Assert.NotEqual(greedy, await Draw(other));
        Assert.NotEqual(await Draw("-t", "1", "--seed", "1"), await Draw("-t", "1", "--seed", "1", "--typical", "0.1"));
    }

    [Fact]
    public async Task Several_answers_are_numbered()
    {
        var run = await ToolRun.Of("run", Checkpoint, "-p", "Mia has a", "-n", "6", "-c", "3", "-t", "1", "--seed", "3");
        Assert.Equal(0, run.ExitCode);
        var lines = run.Out.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["[1]", "[2]", "[3]"], lines.Where((_, i) => i % 2 == 0));
        Assert.Equal(3, lines.Where((_, i) => i % 2 == 1).Distinct().Count());
        // The first answer is the one of a single run with this seed.
        var single = await ToolRun.Of("run", Checkpoint, "-p", "Mia has a", "-n", "6", "-t", "1", "--seed", "3");
        Assert.Equal(single.Out.Trim(), lines[1].Trim());
        Assert.Contains("18 tokens", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Constraints_hold_or_name_the_unsupported_part()
    {
        using var folder = new TemporaryFolder();
        const string schema = """{"type":"object","properties":{"age":{"type":"integer","minimum":10,"maximum":99}},"required":["age"]}""";
        await File.WriteAllTextAsync(folder.At("schema.json"), schema);
        var run = await ToolRun.Of("run", Checkpoint, "-p", "Once", "--json-schema", folder.At("schema.json"));
        Assert.Matches(@"^\{""age"": ?[1-9][0-9]\}\s*$", run.Out);
        Assert.Contains("complete]", run.Error, StringComparison.Ordinal);
        run = await ToolRun.Of("run", Checkpoint, "-p", "Mia has a ", "--regex", "(red|blue) (boat|hat)");
        Assert.Matches("^(red|blue) (boat|hat)\\s*$", run.Out);

        await File.WriteAllTextAsync(folder.At("schema.json"), """{"properties":{"age":{"multipleOf":2}}}""");
        run = await ToolRun.Of("run", Checkpoint, "-p", "Once", "--json-schema", folder.At("schema.json"));
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Matches(@"^cambium: .*schema\.json: The keyword 'multipleOf' .*#/properties/age", run.Error);
        run = await ToolRun.Of("run", Checkpoint, "-p", "Once", "--regex", "(?=a)");
        Assert.Contains("cambium: --regex: '(?='", run.Error, StringComparison.Ordinal);
        run = await ToolRun.Of("run", Checkpoint, "-p", "Once", "--json-schema", folder.At("nothing.json"));
        Assert.Matches(@"^cambium: .*nothing\.json: cannot be read .* --json-schema\.", run.Error);
    }

    [Fact]
    public async Task Log_probabilities_have_one_line_per_token()
    {
        var run = await ToolRun.Of("run", Checkpoint, "-p", "Mia has a red", "-n", "4", "--log-probabilities", "2");
        var lines = run.Error.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        foreach (var line in lines[..4])
        {
            // The chosen token is also the first of the most likely tokens.
            var match = System.Text.RegularExpressions.Regex.Match(line, @"^ *(-\d+\.\d{4}) ("".*"")  of  +\1 \2  +-\d+\.\d{4} "".*""$");
            Assert.True(match.Success, line);
        }
    }

    [Fact]
    public async Task A_prompt_may_look_like_a_directive_or_an_option()
    {
        foreach (var prompt in (string[])["@file", "[suggest] me", "--help"])
        {
            var run = await ToolRun.Of("run", Checkpoint, $"--prompt={prompt}", "-n", "2");
            Assert.True(run.ExitCode == 0, run.Error);
            Assert.Contains("2 tokens", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_is_refused_with_both_numbers()
    {
        var run = await ToolRun.Of("run", Checkpoint, "--prompt", string.Concat(Enumerable.Repeat("cat ", 6000)));
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Matches(@"^cambium: The prompt has 6\d\d\d tokens, and the context has room for 4096; shorten the prompt\.\s*$", run.Error);
    }

    [Fact]
    public async Task A_checkpoint_without_a_tokenizer_says_so()
    {
        var run = await ToolRun.Of("run", Fixtures.InRepository("llama-linear-rope"), "--prompt", "Hello");
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("has no tokenizer.json", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_line_and_prints_the_summary()
    {
        using var stop = new CancellationTokenSource();
        var output = new WriterThatCalls(stop.Cancel);
        using var error = new StringWriter();
        var terminal = new Terminal(TextReader.Null, output, error, Interactive: false);
        var code = await Tool.RunAsync(["run", Checkpoint, "--prompt", "Once"], terminal, stop.Token);
        Assert.Equal(130, code);
        Assert.EndsWith(Environment.NewLine, output.ToString(), StringComparison.Ordinal);
        Assert.Contains("not finished]", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("cambium: cancelled.", error.ToString().Trim(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--regex", "a{9999}")]
    [InlineData("--regex", "not [a regular expression")]
    public async Task Compilation_of_a_constraint_is_cancelled(string option, string value)
    {
        var run = await ToolRun.WithInput("", ["run", Checkpoint, "--prompt", "Once", option, value], new CancellationToken(canceled: true));
        Assert.Equal((130, "cambium: cancelled."), (run.ExitCode, run.Error.Trim()));
    }

    /// <summary>Calls back at the first flush, after the first text.</summary>
    private sealed class WriterThatCalls(Action onFlush) : StringWriter
    {
        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            onFlush();
            return Task.CompletedTask;
        }
    }
}
