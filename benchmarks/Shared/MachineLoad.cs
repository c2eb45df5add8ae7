using System.Diagnostics;
using System.Globalization;

namespace Cambium.Benchmarks;

/// <summary>Use of the processors by others during a measurement.</summary>
/// <param name="Others">Share of all processors that other processes used; null if unknown.</param>
/// <param name="Stolen">Share that the hypervisor gave to other guests.</param>
internal readonly record struct MachineLoad(double? Others, double? Stolen)
{
    /// <summary>Whether absolute figures are too low and the intervals of ratios too wide.</summary>
    public bool IsHigh => Others > 0.05 || Stolen > 0.02;

    public override string ToString() => Others is null
        ? "load of the machine unknown"
        : string.Create(CultureInfo.InvariantCulture, $"others used {Others:P1} of the processors, {Stolen:P1} was stolen by the hypervisor")
            + (IsHigh ? " -- LOADED: take absolute figures as lower bounds" : "");

    /// <summary>Starts a measurement.</summary>
    public static Watch Begin() => new(Read(), Own(), Stopwatch.GetTimestamp());

    private static TimeSpan Own()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    // The first line of /proc/stat: user nice system idle iowait irq softirq steal, in hundredths of a second over all processors.
    private static (double Busy, double Stolen)? Read()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double Field(int i) => double.Parse(fields[i], CultureInfo.InvariantCulture) / 100;
        return (Field(1) + Field(2) + Field(3) + Field(6) + Field(7), Field(8));
    }

    internal readonly struct Watch((double Busy, double Stolen)? from, TimeSpan own, long start)
    {
        public MachineLoad End()
        {
            if (from is not { } before || Read() is not { } now)
                return default;
            var capacity = Stopwatch.GetElapsedTime(start).TotalSeconds * Environment.ProcessorCount;
            var others = now.Busy - before.Busy - (Own() - own).TotalSeconds;
            return new MachineLoad(Math.Max(0, others / capacity), Math.Max(0, (now.Stolen - before.Stolen) / capacity));
        }
    }
}
