using System.Diagnostics;
using Cambium.Tests;

namespace Cambium.Examples.Tests;

/// <summary>One run of an example with its output in a pipe.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record ExampleRun(int ExitCode, string Output, string Error)
{
    // A guard against a hang; a run takes seconds.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(4);

    public IReadOnlyList<string> Lines { get; } = Output.Split('\n', StringSplitOptions.TrimEntries);

    public static async Task<ExampleRun> Start(string example)
    {
        var project = Path.Combine(Fixtures.RepositoryRoot, "tests", "Cambium.Examples.Tests");
        // The examples were built in the configuration of the tests, for example bin/Release/net10.0.
        var output = Path.GetRelativePath(project, AppContext.BaseDirectory);
        var assembly = Path.Combine(Fixtures.RepositoryRoot, "examples", example, output, $"{example}.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [assembly])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' could not be started.");
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            var (text, error) = (process.StandardOutput.ReadToEndAsync(timeout.Token), process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            return new ExampleRun(process.ExitCode, await text, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{example} was still running after {Timeout.TotalMinutes} minutes.");
        }
    }
}
