using System.Diagnostics;
using System.Globalization;

namespace Cambium.Benchmarks;

/// <summary>A run of a program that writes its answer to standard output.</summary>
/// <param name="Seconds">From the start of the process to the first byte of its answer.</param>
/// <param name="PeakMegabytes">The largest resident memory up to the last byte (VmHWM, mapped files included), in 10^6 bytes.</param>
internal readonly record struct ProcessSample(double Seconds, double PeakMegabytes)
{
    /// <exception cref="InvalidOperationException">The program failed or wrote nothing; the message has its standard error.</exception>
    public static ProcessSample Of(string program, string[] arguments, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var start = Stopwatch.GetTimestamp();
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(info)!;
        using var ending = cancellation.Register(process.Kill);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var (output, buffer) = (process.StandardOutput.BaseStream, new byte[4096]);
        var (first, peak) = (0.0, 0.0);
        while (output.Read(buffer) > 0)
        {
            first = first == 0 ? Stopwatch.GetElapsedTime(start).TotalSeconds : first;
            // Gone once the process has ended.
            peak = Peak(process.Id) ?? peak;
        }

        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0 && first > 0
            ? new ProcessSample(first, peak)
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with exit code {process.ExitCode}: {errors.Result.Trim()}");
    }

    private static double? Peak(int process)
    {
        const string key = "VmHWM:";
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(static line => line.StartsWith(key, StringComparison.Ordinal));
            // As in "VmHWM:     536 kB".
            return line is null ? null : 1024e-6 * double.Parse(line[key.Length..].Replace("kB", ""), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
