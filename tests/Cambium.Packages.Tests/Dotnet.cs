using System.Diagnostics;

namespace Cambium.Packages.Tests;

/// <summary>Runs the SDK as a user does in a shell.</summary>
internal static class Dotnet
{
    // A guard against a hang. Runs take seconds, or a minute on a busy machine.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    /// <summary>Runs <c>dotnet</c> with these arguments and asserts exit code 0.</summary>
    /// <param name="folder">The working folder.</param>
    /// <param name="language">The value of <c>LC_ALL</c>; null keeps the machine's.</param>
    /// <returns>Standard output.</returns>
    public static Task<string> RunAsync(string folder, IReadOnlyList<string> arguments, string? language = null) =>
        RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", folder, arguments, language);

    /// <summary>Runs another program in the same way.</summary>
    public static async Task<string> RunAsync(string program, string folder, IReadOnlyList<string> arguments, string? language = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The build that runs the tests sets variables for its own child processes. They must not reach this one.
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        if (language is not null)
            start.Environment["LC_ALL"] = language;
        var command = $"{Path.GetFileName(program)} {string.Join(' ', arguments)}";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' could not be started.");
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(timeout.Token), process.StandardError.ReadToEndAsync(timeout.Token));
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, $"{command} exited with {process.ExitCode}.\n{await output}\n{await error}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} was still running after {Timeout.TotalMinutes} minutes.");
        }
    }
}
