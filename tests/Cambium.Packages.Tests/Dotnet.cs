using System.Diagnostics;

namespace Cambium.Packages.Tests;

/// <summary>Runs the SDK as a user does in a shell.</summary>
internal static class Dotnet
{
    // Against hanging only.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs <c>dotnet</c> with these arguments; what it leaves with must be 0.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="language">The language of the shell, as in <c>LC_ALL</c>; null: that of the machine.</param>
    /// <returns>Standard output.</returns>
    public static Task<string> RunAsync(string folder, IReadOnlyList<string> arguments, string? language = null) =>
        RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", folder, arguments, language);

    /// <summary>The same for another program.</summary>
    public static async Task<string> RunAsync(string program, string folder, IReadOnlyList<string> arguments, string? language = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // What the build that runs the tests says to its own processes is not for this one.
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        if (language is not null)
            start.Environment["LC_ALL"] = language;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' could not be started.");
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            Assert.True(process.ExitCode == 0, $"{Path.GetFileName(program)} {string.Join(' ', arguments)} left with {process.ExitCode}.\n{await output}\n{await error}");
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{Path.GetFileName(program)} {string.Join(' ', arguments)} was still running after {Patience.TotalMinutes} minutes.");
        }
    }
}
