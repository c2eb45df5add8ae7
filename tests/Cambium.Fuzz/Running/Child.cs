using Cambium.Checkpoints.Memory;
using Cambium.Fuzz.Kinds;
using Cambium.Runtime.Memory;

namespace Cambium.Fuzz.Running;

/// <summary>
/// The process that runs cases. On standard output, a line for the start and the end of each case: a process that dies leaves the number of the case
/// that it was running.
/// </summary>
internal static class Child
{
    public const string Start = "start";
    public const string Used = "used";
    public const string Refused = "refused";
    public const string Failed = "failed";

    // Of the main thread on Windows; other threads of a program may have less than the main thread of this one.
    private const int StackBytes = 1 << 20;

    /// <param name="kind">Of all cases.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="from">Index of the first case.</param>
    /// <param name="to">Index after the last case.</param>
    /// <param name="folder">Where files are written and stay; null: a temporary folder.</param>
    public static int Run(string kind, int seed, int from, int to, string? folder)
    {
        var thread = new Thread(() => RunAll(kind, seed, from, to, folder), StackBytes);
        thread.Start();
        thread.Join();
        return 0;
    }

    /// <summary>Writes one float after the end of a buffer. Does not return between guard pages.</summary>
    public static unsafe int Overrun(int floats)
    {
        using var buffer = new NativeBuffer(floats);
        Console.WriteLine(GuardPages.AreOn);
        buffer.Pointer[floats] = 1;
        // Within the padding up to the next cache line the page can be written: the end of the buffer's life finds it.
        buffer.Dispose();
        return 0;
    }

    private static void RunAll(string name, int seed, int from, int to, string? folder)
    {
        using var temporary = folder is null ? new TemporaryFolder() : null;
        var kind = CaseKind.All[name]();
        for (var i = from; i < to; i++)
        {
            var files = Directory.CreateDirectory(Path.Combine(folder ?? temporary!.Path, $"{name}-{seed}-{i}")).FullName;
            Report(Start, i, "");
            var (outcome, text) = Run(kind, new CaseId(name, seed, i), files);
            Report(outcome, i, text);
            if (folder is null)
                Directory.Delete(files, recursive: true);
            // What an unexpected exception leaves, such as a full heap, must not fail the next case.
            if (outcome == Failed)
                return;
        }
    }

    private static (string Outcome, string Text) Run(CaseKind kind, CaseId id, string files)
    {
        try
        {
            kind.Run(id.Numbers(), files);
            return (Used, "");
        }
        catch (Exception error)
        {
            var inner = error is AggregateException { InnerExceptions.Count: 1 } single ? single.InnerExceptions[0] : error;
            if (kind.IsDocumented(inner) && !string.IsNullOrWhiteSpace(inner.Message))
                return (Refused, inner.Message);
            return (Failed, inner.ToString());
        }
    }

    private static void Report(string what, int index, string text)
    {
        Console.WriteLine($"{what} {index} {text.ReplaceLineEndings("\u2028")}");
    }
}
