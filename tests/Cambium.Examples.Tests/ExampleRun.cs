using System.Diagnostics;

namespace Cambium.Examples.Tests;

/// <summary>One run of an example with its output in a pipe.</summary>
/// <param name="ExitCode">What it left with.</param>
/// <param name="Output">Standard output, whole.</param>
/// <param name="Error">Standard error, whole.</param>
public sealed record ExampleRun(int ExitCode, string Output, string Error)
{
    // Against hanging only: a run takes seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public IReadOnlyList<string> Lines { get; } = Output.Split('\n', StringSplitOptions.TrimEntries);

    public static async Task<ExampleRun> Start(string example)
    {
        var project = Path.Combine(Repository.Root, "tests", "Cambium.Examples.Tests");
        // bin/Release/net10.0: the examples were built in the same configuration.
        var output = Path.GetRelativePath(project, AppContext.BaseDirectory);
        var assembly = Path.Combine(Repository.Root, "examples", example, output, $"{example}.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [assembly])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' could not be started.");
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var (text, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return new ExampleRun(process.ExitCode, await text, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{example} was still running after {Patience.TotalMinutes} minutes.");
        }
    }
}
