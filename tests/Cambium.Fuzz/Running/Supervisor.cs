using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Cambium.Fuzz.Running;

/// <summary>
/// Runs cases in child processes with guard pages and limits. A child that dies, hangs or takes too much memory is charged to the case that it was
/// running, and the next child goes on after it.
/// </summary>
/// <param name="limits">Of one case.</param>
internal sealed class Supervisor(Limits limits)
{
    // Few enough that a leak of many cases is not charged to the last one.
    private const int CasesPerChild = 200;

    private const int KeptLines = 30;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs the cases [from, to) of a kind.</summary>
    /// <param name="folder">Where the files of the cases stay; null: they are deleted.</param>
    /// <param name="report">Gets each outcome.</param>
    public Summary Run(string kind, int seed, int from, int to, string? folder = null, Action<CaseId, string, string>? report = null)
    {
        var summary = new Summary();
        for (var next = from; next < to;)
            next = RunChild(kind, seed, next, Math.Min(to, next + CasesPerChild), folder, summary, report);
        return summary;
    }

    /// <summary>A child process of this program.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="guardPages">The value of <c>CAMBIUM_GUARD_PAGES</c>.</param>
    public ProcessStartInfo Child(IEnumerable<string> arguments, string guardPages = "1")
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [typeof(Supervisor).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["CAMBIUM_GUARD_PAGES"] = guardPages;
        start.Environment["DOTNET_GCHeapHardLimit"] = limits.HeapBytes.ToString("x", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return start;
    }

    // Returns the case after the last one that ran.
    private int RunChild(string kind, int seed, int from, int to, string? folder, Summary summary, Action<CaseId, string, string>? report)
    {
        string[] kept = folder is null ? [] : ["--keep", folder];
        using var process = Process.Start(Child(["child", "--kind", kind, "--seed", $"{seed}", "--from", $"{from}", "--to", $"{to}", .. kept]))
            ?? throw new InvalidOperationException("The child process could not be started.");
        using var lines = new BlockingCollection<string>();
        var errors = new ConcurrentQueue<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                lines.CompleteAdding();
            else
                lines.Add(line.Data);
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null && errors.Count < KeptLines)
                errors.Enqueue(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        var at = from;
        var (wall, cpu) = (Stopwatch.StartNew(), TimeSpan.Zero);
        var inFlight = false;
        string? killed = null;
        while (!lines.IsCompleted)
        {
            if (!lines.TryTake(out var line, Look))
            {
                if (killed is null && Excess(process, wall.Elapsed, cpu) is { } excess)
                {
                    killed = excess;
                    process.Kill(entireProcessTree: true);
                }

                continue;
            }

            var parts = line.Split(' ', 3);
            if (parts.Length < 3 || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var index))
                continue;
            var now = CpuOf(process);
            if (parts[0] == Running.Child.Start)
            {
                (at, inFlight, cpu) = (index, true, now);
                wall.Restart();
                continue;
            }

            (at, inFlight) = (index + 1, false);
            var id = new CaseId(kind, seed, index);
            if (now - cpu > summary.Slowest.Cpu)
                summary.Slowest = (index, now - cpu);
            Count(summary, id, parts[0], parts[2].Replace('\u2028', '\n'));
            report?.Invoke(id, parts[0], parts[2].Replace('\u2028', '\n'));
        }

        process.WaitForExit();
        if (at >= to && !inFlight)
            return to;
        var problem = killed ?? $"The process ended with exit code {process.ExitCode}.\n{string.Join('\n', errors)}";
        var failed = new CaseId(kind, seed, at);
        summary.Failures.Add(new Failure(failed, inFlight ? problem : "Before the case began: " + problem));
        report?.Invoke(failed, Running.Child.Failed, problem);
        return at + 1;
    }

    private static void Count(Summary summary, CaseId id, string outcome, string text)
    {
        if (outcome == Running.Child.Used)
            summary.Used++;
        else if (outcome == Running.Child.Refused)
            summary.Refused++;
        else
            summary.Failures.Add(new Failure(id, text));
    }

    private string? Excess(Process process, TimeSpan wall, TimeSpan start)
    {
        try
        {
            process.Refresh();
            if (process.WorkingSet64 > limits.Bytes)
                return $"It took {process.WorkingSet64 >> 20} MiB; {limits.Bytes >> 20} are allowed.";
            var cpu = process.TotalProcessorTime - start;
            if (cpu > limits.Cpu)
                return $"It took {cpu.TotalSeconds:0} s of processor time; {limits.Cpu.TotalSeconds:0} are allowed.";
            return wall > limits.Wall ? $"It took {wall.TotalSeconds:0} s; {limits.Wall.TotalSeconds:0} are allowed." : null;
        }
        catch (InvalidOperationException)
        {
            // It has just ended.
            return null;
        }
    }

    private static TimeSpan CpuOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            return TimeSpan.Zero;
        }
    }
}
