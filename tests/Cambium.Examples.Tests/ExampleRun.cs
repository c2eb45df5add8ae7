using System.Diagnostics;

namespace Cambium.Examples.Tests;

/// <summary>One run of a program of the repository with its output in a pipe.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record ExampleRun(int ExitCode, string Output, string Error)
{
    // A guard against a hang; a run takes seconds.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(4);

    public IReadOnlyList<string> Lines { get; } = Output.Split('\n', StringSplitOptions.TrimEntries);

    /// <summary>Runs an example without arguments.</summary>
    public static Task<ExampleRun> Start(string example) => StartProject($"examples/{example}");

    /// <summary>Runs the built program of a project, in the root of the repository.</summary>
    /// <param name="project">The folder of the project, relative to the repository.</param>
    public static async Task<ExampleRun> StartProject(string project, params string[] arguments)
    {
        // The programs were built in the configuration of the tests, for example bin/Release/net10.0.
        var output = Path.GetRelativePath(Repository.At("tests", "Cambium.Examples.Tests"), AppContext.BaseDirectory);
        var assembly = Repository.At(project, output, $"{Path.GetFileName(project)}.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [assembly, .. arguments])
        {
            WorkingDirectory = Repository.Root,
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
            throw new TimeoutException($"{project} was still running after {Timeout.TotalMinutes} minutes.");
        }
    }
}
