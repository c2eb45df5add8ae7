using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;

namespace Cambium.Cli;

/// <summary>Where a command reads and writes: the process's own streams, or those of a test.</summary>
/// <param name="In">Standard input.</param>
/// <param name="Out">Results.</param>
/// <param name="Error">Everything else: errors, notes, progress.</param>
/// <param name="Interactive">Whether somebody watches <paramref name="Error"/>; nobody does in a pipe or a log.</param>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, bool Interactive)
{
    /// <summary>Whether somebody types <see cref="In"/> and sees what comes of it.</summary>
    public bool IsTyped { get; init; }

    /// <summary>Calls back on Ctrl-C until the result is disposed. Where the callback answers false the process ends, as it would without.</summary>
    public Func<Func<bool>, IDisposable> OnInterrupt { get; init; } = static _ => Stream.Null;

    // Tables of a pipe are as wide as they need to be, within reason.
    private const int WidthWithoutTerminal = 160;

    public static Terminal OfProcess()
    {
        Console.InputEncoding = Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal(Console.In, Console.Out, Console.Error, !Console.IsErrorRedirected)
        {
            IsTyped = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            OnInterrupt = static callback => PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = callback()),
        };
    }

    /// <summary>A console for tables and colours over <see cref="Out"/>; plain text where that is no terminal.</summary>
    public IAnsiConsole OutConsole() => Over(Out, isTerminal: ReferenceEquals(Out, Console.Out) && !Console.IsOutputRedirected);

    /// <summary>Runs a piece of work; where somebody watches, a bar shows how far it is.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="work">The work; it reports (done, total) as often as it likes.</param>
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
