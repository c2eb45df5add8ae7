using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;

namespace Cambium.Cli;

/// <summary>The streams of a command: those of the process, or those of a test.</summary>
/// <param name="In">Standard input.</param>
/// <param name="Out">Results.</param>
/// <param name="Error">Everything else: errors, notes, progress.</param>
/// <param name="Interactive">Whether <paramref name="Error"/> is a terminal, which can show progress bars; false for a pipe or a log.</param>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, bool Interactive)
{
    /// <summary>Whether a user types <see cref="In"/> at a terminal and sees errors there.</summary>
    public bool IsTyped { get; init; }

    /// <summary>Whether there is no standard input at all; <see cref="In"/> is then empty.</summary>
    public bool IsInputClosed { get; init; }

    /// <summary>Registers a callback for Ctrl-C until the result is disposed. If the callback returns false, the process ends as usual.</summary>
    public Func<Func<bool>, IDisposable> OnInterrupt { get; init; } = static _ => Stream.Null;

    // Width limit of tables in a pipe, in characters.
    private const int WidthWithoutTerminal = 160;

    public static Terminal OfProcess()
    {
        Console.InputEncoding = Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var (input, output) = (ProcessStreams.OpenInput(), ProcessStreams.OpenOutput());
        var error = ProcessStreams.OpenError();
        return new Terminal(input, output, error, ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected)
        {
            IsInputClosed = ProcessStreams.IsInputClosed,
            IsTyped = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            OnInterrupt = static callback => PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = callback()),
        };
    }

    /// <summary>A console for tables and colours over <see cref="Out"/>; plain text if it is not a terminal.</summary>
    public IAnsiConsole OutConsole() => Over(Out, isTerminal: ReferenceEquals(Out, Console.Out) && !Console.IsOutputRedirected);

    /// <summary>Runs work; at a terminal, with a progress bar.</summary>
    /// <param name="title">The title of the bar.</param>
    /// <param name="work">The work; it reports (done, total).</param>
    public T WithProgress<T>(string title, Func<Action<double, double>, T> work)
    {
        if (!Interactive)
            return work(static (_, _) => { });
        return Over(Error, isTerminal: true).Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask(Markup.Escape(title));
            return work((done, total) => (task.MaxValue, task.Value) = (Math.Max(total, 1), done));
        });
    }

    private static IAnsiConsole Over(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = WidthWithoutTerminal;
        return console;
    }
}
