using Xunit;

namespace Cambium.Cli.Tests;

/// <summary>Chats in a pipe and at a terminal, with a model that answers questions about a register.</summary>
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
        File.WriteAllText(
            _template,
            "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}.{% endif %}{% if not loop.last %} {% endif %}{% endfor %}");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_line_is_answered_over_one_cached_conversation()
    {
        var run = await Chat($"{Color}\n\n{Work}\n");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["red", "at the mill"], Lines(run.Out));
        // The KV cache has the register, the question and its answer.
        var usage = Lines(run.Error);
        Assert.Equal(2, usage.Length);
        Assert.Matches(@"^\[26 prompt tokens \(0 cached\), first token .*; stopped by --stop\]$", usage[0]);
        Assert.Matches(@"^\[\d+ prompt tokens \((2[6-9]) cached\), ", usage[1]);
        Assert.Equal(run.Out, (await Chat($"{Color}\n{Work}")).Out);
    }

    [Fact]
    public async Task A_quoted_message_of_several_lines_is_not_a_command()
    {
        var run = await Chat($"\"\"\"\n/undo\n{Color}\n\"\"\"\n");
        Assert.Equal(["red"], Lines(run.Out));
        Assert.Single(Lines(run.Error));
        Assert.Equal(["red"], Lines((await Chat($"//undo {Color}\n/exit\n{Work}\n")).Out));
    }

    [Fact]
    public async Task Commands_change_the_history()
    {
        var run = await Chat(
            $"/undo\n{Color}\n/retry\n/undo\n{Color}\n/reset\n/retry\n/system Register. Mia has a blue boat.\n{Color}\n/help\n");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["red", "red", "red", "blue"], Lines(run.Out));
        Assert.Contains("[removed; 0 left]", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, Lines(run.Error).Count(static line => line == "[the conversation is empty]"));
        Assert.Contains("/system [text]", run.Error, StringComparison.Ordinal);
        // Removed turns are not part of the prompt.
        Assert.Equal(3, Lines(run.Error).Count(static line => line.StartsWith("[26 prompt tokens", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task In_a_pipe_an_error_ends_the_chat()
    {
        var run = await Chat($"{Color}\n/dance\n{Work}\n");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["red"], Lines(run.Out));
        Assert.Contains("cambium: '/dance' is not a command; /help lists the commands.", run.Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_template, "{{ raise_exception('Not with me.') }}");
        run = await Chat("Hello\n");
        Assert.Matches("cambium: Chat template, line 1: .*: Not with me\\.", run.Error);
    }

    [Fact]
    public async Task At_a_terminal_the_chat_continues_after_an_error()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var input = new StringReader($"/dance\n{string.Concat(Enumerable.Repeat("cat ", 6000))}\n{Color}\n");
        var terminal = new Terminal(input, output, error, Interactive: false) { IsTyped = true };
        var code = await Tool.RunAsync([.. Arguments(), "--stop", "."], terminal, default);
        Assert.Equal(0, code);
        Assert.Equal(["red"], Lines(output.ToString()));
        Assert.Contains("the context has room for 4096", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("> ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_interrupt_ends_the_answer_the_second_the_process()
    {
        Func<bool>? interrupt = null;
        var handled = new List<bool>();
        // Interrupts twice at the first text of the second answer.
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
        // When no answer is running, the interrupt is not handled.
        Assert.Equal([false, false, true, false, false], handled);
        Assert.Contains("not finished]", error.ToString(), StringComparison.Ordinal);
        // The partial answer is in the history.
        Assert.Contains("[removed; 1 left]", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(Environment.NewLine, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sampling_options_and_constraints_reach_the_chat()
    {
        Assert.Equal(["blue"], Lines((await ToolRun.WithInput($"{Color}\n", [.. Arguments(), "--regex", " ?(blue|green)"])).Out));
        var drawn = await ToolRun.WithInput("Once\n/retry\n", [.. Arguments(), "-t", "3", "-n", "10", "--seed", "4"]);
        var lines = Lines(drawn.Out);
        Assert.Equal(lines[0], lines[1]);
    }

    [Fact]
    public async Task A_missing_file_is_named_with_the_fix()
    {
        var run = await ToolRun.WithInput("Hello\n", ["chat", Checkpoint]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("has no chat template", run.Error, StringComparison.Ordinal);
        Assert.Contains("--template", run.Error, StringComparison.Ordinal);
        run = await ToolRun.Of("chat", Fixtures.InRepository("llama-linear-rope"));
        Assert.Contains("has no tokenizer.json", run.Error, StringComparison.Ordinal);
        run = await ToolRun.Of("chat", Checkpoint, "--template", _folder.At("nowhere.jinja"));
        Assert.Matches(@"nowhere\.jinja: cannot be read", run.Error);
        await File.WriteAllTextAsync(_template, "{% for %}");
        Assert.Matches(@"chat\.jinja: Chat template, line 1: ", (await Chat("Hello\n")).Error);
    }

    [Fact]
    public async Task The_checkpoint_template_and_its_special_tokens_are_used()
    {
        var checkpoint = _folder.Copy(Checkpoint);
        await File.WriteAllTextAsync(Path.Combine(checkpoint, "chat_template.jinja"), await File.ReadAllTextAsync(_template));
        var run = await ToolRun.WithInput($"{Color}\n", ["chat", checkpoint, "--system", Register, "--stop", "."]);
        Assert.Equal(["red"], Lines(run.Out));
        // A template given with --template sees the same special tokens.
        await File.WriteAllTextAsync(Path.Combine(checkpoint, "tokenizer_config.json"), $$"""{"bos_token":"{{Register}}"}""");
        await File.WriteAllTextAsync(_template, "{{ bos_token }} {{ messages[0].content }}");
        run = await ToolRun.WithInput($"{Color}\n", ["chat", checkpoint, "--template", _template, "--stop", "."]);
        Assert.Equal(["red"], Lines(run.Out));
    }

    private string[] Arguments() => ["chat", Checkpoint, "--template", _template, "--system", Register];

    private Task<ToolRun> Chat(string input) => ToolRun.WithInput(input, [.. Arguments(), "--stop", "."]);

    private static string[] Lines(string text) =>
        text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Calls back with all text so far, at each flush.</summary>
    private sealed class WriterThatCalls(Action<string> onFlush) : StringWriter
    {
        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            onFlush(ToString());
            return Task.CompletedTask;
        }
    }

    /// <summary>Calls back at each line but the last.</summary>
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
