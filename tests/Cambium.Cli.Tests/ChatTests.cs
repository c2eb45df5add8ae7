using Xunit;

namespace Cambium.Cli.Tests;

/// <summary>Conversations in a pipe and at a terminal, with a model that answers questions about a register.</summary>
public sealed class ChatTests : IDisposable
{
    private const string Register = "Register. Mia has a red boat. Tom works at the mill.";
    private const string Color = "Question: What color is the boat of Mia? Answer:";
    private const string Work = "Question: Where does Tom work? Answer:";

    private static readonly string Checkpoint = Path.Combine(Repository.Root, "examples", "Quickstart", "model");

    private readonly TemporaryFolder _folder = new();
    private readonly string _template;

    public ChatTests()
    {
        _template = _folder.At("chat.jinja");
        File.WriteAllText(_template, "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}.{% endif %}{% if not loop.last %} {% endif %}{% endfor %}");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_line_is_answered_and_the_conversation_is_computed_once()
    {
        var run = await Chat($"{Color}\n\n{Work}\n");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["red", "at the mill"], Lines(run.Out));
        // The register, the question, its answer: read from the tree.
        var usage = Lines(run.Error);
        Assert.Equal(2, usage.Length);
        Assert.Matches(@"^\[26 prompt tokens \(0 cached\), first token .*; stopped by --stop\]$", usage[0]);
        Assert.Matches(@"^\[\d+ prompt tokens \((2[6-9]) cached\), ", usage[1]);
        Assert.Equal(run.Out, (await Chat($"{Color}\n{Work}")).Out);
    }

    [Fact]
    public async Task A_message_of_several_lines_stands_between_quotes_and_is_no_command()
    {
        var run = await Chat($"\"\"\"\n/undo\n{Color}\n\"\"\"\n");
        Assert.Equal(["red"], Lines(run.Out));
        Assert.Single(Lines(run.Error));
        Assert.Equal(["red"], Lines((await Chat($"//undo {Color}\n/exit\n{Work}\n")).Out));
    }

    [Fact]
    public async Task Commands_change_what_was_said()
    {
        var run = await Chat($"/undo\n{Color}\n/retry\n/undo\n{Color}\n/reset\n/retry\n/system Register. Mia has a blue boat.\n{Color}\n/help\n");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["red", "red", "red", "blue"], Lines(run.Out));
        Assert.Contains("[taken back; 0 before it]", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, Lines(run.Error).Count(static line => line == "[nothing was said yet]"));
        Assert.Contains("/system [text]", run.Error, StringComparison.Ordinal);
        // What was taken back or forgotten is in no prompt.
        Assert.Equal(3, Lines(run.Error).Count(static line => line.StartsWith("[26 prompt tokens", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task In_a_pipe_what_cannot_be_served_ends_the_chat()
    {
        var run = await Chat($"{Color}\n/dance\n{Work}\n");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["red"], Lines(run.Out));
        Assert.Contains("cambium: '/dance' is no command; /help lists them.", run.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_template, "{{ raise_exception('Not with me.') }}");
        Assert.Contains("cambium: Chat template, line 1: The template refuses this input: Not with me.", (await Chat("Hello\n")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_a_terminal_it_goes_on()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Tool.RunAsync([.. Arguments(), "--stop", "."], new Terminal(new StringReader($"/dance\n{string.Concat(Enumerable.Repeat("cat ", 6000))}\n{Color}\n"), output, error, Interactive: false) { IsTyped = true }, default);
        Assert.Equal(0, code);
        Assert.Equal(["red"], Lines(output.ToString()));
        Assert.Contains("the context has room for 4096", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("> ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_interrupt_ends_the_answer_and_the_next_the_process()
    {
        Func<bool>? interrupt = null;
        var handled = new List<bool>();
        // Calls at the first piece of the second answer, twice.
        var output = new WriterThatCalls(text =>
        {
            if (text.Contains('\n', StringComparison.Ordinal) && handled.Count == 2)
                handled.AddRange([interrupt!(), interrupt!()]);
        });
        using var error = new StringWriter();
        var input = new ReaderThatCalls($"{Color}\n{Work}\n/undo\n", () => handled.Add(interrupt!()));
        var terminal = new Terminal(input, output, error, Interactive: false)
        {
            OnInterrupt = callback =>
            {
                interrupt = callback;
                return Stream.Null;
            },
        };
        var code = await Tool.RunAsync([.. Arguments(), "-n", "60"], terminal, default);
        Assert.Equal(0, code);
        // Outside of answers nothing takes it.
        Assert.Equal([false, false, true, false, false], handled);
        Assert.Contains("not finished]", error.ToString(), StringComparison.Ordinal);
        // What was said of it was remembered.
        Assert.Contains("[taken back; 1 before it]", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(Environment.NewLine, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sampling_and_constraints_are_those_of_run()
    {
        Assert.Equal(["blue"], Lines((await ToolRun.WithInput($"{Color}\n", [.. Arguments(), "--regex", " ?(blue|green)"])).Out));
        var drawn = await ToolRun.WithInput("Once\n/retry\n", [.. Arguments(), "-t", "3", "-n", "10", "--seed", "4"]);
        var lines = Lines(drawn.Out);
        Assert.Equal(lines[0], lines[1]);
    }

    [Fact]
    public async Task What_is_missing_is_named_with_what_would_help()
    {
        var run = await ToolRun.WithInput("Hello\n", ["chat", Checkpoint]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("has no chat template", run.Error, StringComparison.Ordinal);
        Assert.Contains("--template", run.Error, StringComparison.Ordinal);
        Assert.Contains("has no tokenizer.json", (await ToolRun.Of("chat", Fixtures.InRepository("llama-linear-rope"))).Error, StringComparison.Ordinal);
        Assert.Matches(@"nowhere\.jinja: cannot be read", (await ToolRun.Of("chat", Checkpoint, "--template", _folder.At("nowhere.jinja"))).Error);
        await File.WriteAllTextAsync(_template, "{% for %}");
        Assert.Matches(@"chat\.jinja: Chat template, line 1: ", (await Chat("Hello\n")).Error);
    }

    [Fact]
    public async Task The_template_of_the_checkpoint_and_its_special_tokens_are_used()
    {
        var checkpoint = _folder.Copy(Checkpoint);
        await File.WriteAllTextAsync(Path.Combine(checkpoint, "chat_template.jinja"), await File.ReadAllTextAsync(_template));
        Assert.Equal(["red"], Lines((await ToolRun.WithInput($"{Color}\n", ["chat", checkpoint, "--system", Register, "--stop", "."])).Out));
        // Another in its place sees the same tokens.
        await File.WriteAllTextAsync(Path.Combine(checkpoint, "tokenizer_config.json"), $$"""{"bos_token":"{{Register}}"}""");
        await File.WriteAllTextAsync(_template, "{{ bos_token }} {{ messages[0].content }}");
        Assert.Equal(["red"], Lines((await ToolRun.WithInput($"{Color}\n", ["chat", checkpoint, "--template", _template, "--stop", "."])).Out));
    }

    private string[] Arguments() => ["chat", Checkpoint, "--template", _template, "--system", Register];

    private Task<ToolRun> Chat(string input) => ToolRun.WithInput(input, [.. Arguments(), "--stop", "."]);

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Calls back with everything that was written, at each flush.</summary>
    private sealed class WriterThatCalls(Action<string> onFlush) : StringWriter
    {
        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            onFlush(ToString());
            return Task.CompletedTask;
        }
    }

    /// <summary>Calls back at each line that is read, but for the last.</summary>
    private sealed class ReaderThatCalls(string text, Action onRead) : StringReader(text)
    {
        public override ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken)
        {
            if (Peek() >= 0)
                onRead();
            return base.ReadLineAsync(cancellationToken);
        }
    }
}
