using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Cambium.Benchmarks;

/// <summary>The published programs, both compiled natively: the tool, and Cambium.Peers.Start with llama.cpp.</summary>
internal sealed record Programs(string Llama, string Cambium)
{
    /// <summary>Publishes both into a folder.</summary>
    /// <exception cref="InvalidOperationException">A program cannot be published; the message has the output of the build.</exception>
    public static Programs Publish(string folder, Action<double, double> report, CancellationToken cancellation)
    {
        var llama = Publish("benchmarks/Cambium.Peers.Start", Path.Combine(folder, "llama"), cancellation);
        report(1, 2);
        return new Programs(llama, Publish("src/Cambium.Cli", Path.Combine(folder, "cambium"), cancellation));
    }

    public ProcessSample RunLlama(string file, string prompt, int tokens, int threads, int context, CancellationToken cancellation) =>
        ProcessSample.Of(Llama, [file, prompt, Text(tokens), Text(threads), Text(context)], cancellation);

    public ProcessSample RunCambium(
        string path, string prompt, int tokens, int threads, int context, CancellationToken cancellation) => ProcessSample.Of(
        Cambium,
        [
            "run", path, "--prompt", prompt, "--max-tokens", Text(tokens), "--threads", Text(threads), "--pool-tokens", Text(context),
        ],
        cancellation);

    private static string Publish(string project, string folder, CancellationToken cancellation)
    {
        string[] arguments =
        [
            "publish", Path.Combine(Repository.Root, project), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "-p:Native=true",
            // Of this processor, as the library of llama.cpp is.
            "-p:IlcInstructionSet=native", "-o", folder, "--nologo", "-v", "q",
        ];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var ending = cancellation.Register(process.Kill);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        var program = Path.Combine(folder, Path.GetFileName(project) + (OperatingSystem.IsWindows() ? ".exe" : ""));
        return process.ExitCode == 0 && File.Exists(program)
            ? program
            : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed:\n{output}{errors.Result}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
