namespace Quickstart;

/// <summary>Ctrl-C cancels instead of killing the process, so that the live display can clean up.</summary>
internal static class CtrlC
{
    private static readonly CancellationTokenSource Source = Listen();

    public static CancellationToken Token => Source.Token;

    private static CancellationTokenSource Listen()
    {
        var source = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            // A second Ctrl-C kills.
            pressed.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        };
        return source;
    }
}
