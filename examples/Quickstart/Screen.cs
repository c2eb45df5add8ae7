using System.Text;
using Spectre.Console;

namespace Quickstart;

/// <summary>Shows progress live on a terminal, or line by line in a pipe.</summary>
internal static class Screen
{
    private static readonly bool IsLive = Detect();

    /// <summary>Shows the answers until all are complete.</summary>
    public static Task ShowAsync(IReadOnlyList<Answer> answers, Task asking)
    {
        if (IsLive)
            return LiveAsync(() => Tables.Of(answers), asking);

        var shown = 0;
        return FollowAsync(asking, () =>
        {
            for (; shown < answers.Count && answers[shown].IsComplete; shown++)
                Console.WriteLine(Lines.Of(answers[shown]));
        });
    }

    /// <summary>Shows the trials until the last one ends.</summary>
    public static async Task ShowAsync(Comparison comparison, Task running)
    {
        if (IsLive)
            await LiveAsync(() => Tables.Of(comparison), running);
        else
            await running;
        foreach (var line in IsLive ? Lines.SummaryOf(comparison) : Lines.Of(comparison))
            Console.WriteLine(line);
    }

    public static void Show(Verdict verdict)
    {
        foreach (var line in Lines.Of(verdict))
            Console.WriteLine(line);
    }

    /// <returns>The exit code that shells expect after Ctrl-C.</returns>
    public static int Cancelled()
    {
        Console.Error.WriteLine("Cancelled.");
        return 130;
    }

    private static bool Detect()
    {
        if (Console.IsOutputRedirected)
            return false;
        // Set before Spectre.Console inspects the console: the default code page of Windows has no ticks and table lines.
        Console.OutputEncoding = Encoding.UTF8;
        return AnsiConsole.Profile.Capabilities is { Ansi: true, Interactive: true };
    }

    private static Task LiveAsync(Func<Table> table, Task work) => AnsiConsole.Live(table())
        .Overflow(VerticalOverflow.Crop)
        .Cropping(VerticalOverflowCropping.Top)
        .StartAsync(context => FollowAsync(work, () => context.UpdateTarget(table())));

    // Polls the state 30 times per second, so that the work needs no callbacks.
    private static async Task FollowAsync(Task work, Action update)
    {
        while (!work.IsCompleted)
        {
            update();
            await Task.WhenAny(work, Task.Delay(33));
        }

        update();
        await work;
    }
}
