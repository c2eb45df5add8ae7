using System.Text.Json;
using Cambium.Tests;
using Xunit;

namespace Cambium.Cli.Tests;

public sealed class RunTests
{
    private static readonly string Checkpoint = Path.Combine(Fixtures.RepositoryRoot, "examples", "Quickstart", "model");

    [Fact]
    public async Task A_question_gets_the_answer_that_the_reference_gave()
    {
        using var exam = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Fixtures.RepositoryRoot, "examples", "Quickstart", "exam.json")));
        var question = exam.RootElement.GetProperty("questions")[0];
        var prompt = $"{exam.RootElement.GetProperty("register").GetString()} Question: {question.GetProperty("text").GetString()} Answer:";

        var run = await ToolRun.Of("run", Checkpoint, "--prompt", prompt, "--stop", ".");

        Assert.Equal(0, run.ExitCode);
        // Recorded up to the first full stop and with it.
        Assert.Equal(question.GetProperty("reference").GetString()!.TrimEnd('.').Trim(), run.Out.Trim());
        Assert.Matches(@"^\[\d+ prompt tokens \(0 cached\), first token after \d+ ms, \d+ tokens.*; stopped by --stop\]\s*$", run.Error);
    }

    [Fact]
    public async Task A_prompt_comes_from_standard_input_without_its_last_line_break()
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
    public async Task A_seed_makes_draws_repeatable()
    {
        Task<ToolRun> Draw(int seed) => ToolRun.Of("run", Checkpoint, "-p", "Once", "-n", "40", "-t", "1.5", "--seed", $"{seed}");
        var first = await Draw(1);
        Assert.Equal(first.Out, (await Draw(1)).Out);
        Assert.NotEqual(first.Out, (await Draw(2)).Out);
    }

    [Fact]
    public async Task A_prompt_may_begin_with_a_sign_that_shells_and_tools_like()
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
    public async Task Cancelling_in_the_middle_ends_the_line_and_says_how_far_it_came()
    {
        using var stop = new CancellationTokenSource();
        var output = new WriterThatCalls(stop.Cancel);
        using var error = new StringWriter();
        var code = await Tool.RunAsync(["run", Checkpoint, "--prompt", "Once"], new Terminal(TextReader.Null, output, error, Interactive: false), stop.Token);
        Assert.Equal(130, code);
        Assert.EndsWith(Environment.NewLine, output.ToString(), StringComparison.Ordinal);
        Assert.Contains("not finished]", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("cambium: cancelled.", error.ToString().Trim(), StringComparison.Ordinal);
    }

    /// <summary>Calls back at the first flush: the first piece of text has come.</summary>
    private sealed class WriterThatCalls(Action onFlush) : StringWriter
    {
        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            onFlush();
            return Task.CompletedTask;
        }
    }
}
