using System.Runtime.InteropServices;
using Cambium.Runtime.Cpu;

namespace Cambium.Measuring;

/// <summary>The machine of the measurement.</summary>
internal sealed record Machine(string Processor, int Processors, string InstructionSet, string Runtime, string System, long L3Bytes)
{
    public static Machine This { get; } = new(
        FindProcessor(),
        Environment.ProcessorCount,
        Simd.Name,
        RuntimeInformation.FrameworkDescription,
        RuntimeInformation.OSDescription,
        FindL3());

    private static string FindProcessor()
    {
        const string key = "model name";
        var line = OperatingSystem.IsLinux()
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith(key, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static long FindL3()
    {
        const string file = "/sys/devices/system/cpu/cpu0/cache/index3/size";
        return File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim().TrimEnd('K'), out var kilobytes) ? kilobytes << 10 : 0;
    }
}
