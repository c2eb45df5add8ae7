using System.Globalization;

namespace Cambium.Runtime.Memory;

/// <summary>Free memory, so that allocations that cannot fit are refused with numbers before the system kills the process.</summary>
internal static class FreeMemory
{
    /// <summary>Bytes that this process can still take: the smaller of the container's limit and the machine's free memory.</summary>
    public static long Bytes()
    {
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var limit = total > 0 ? total - Environment.WorkingSet : long.MaxValue;
        return Math.Max(0, Math.Min(limit, MachineFree() ?? limit));
    }

    /// <summary>A size in MiB or GiB.</summary>
    public static string Text(double bytes) => bytes >= 1 << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.00} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.00} MiB");

    // Memory that Linux can give without swapping; other systems do not have this file.
    private static long? MachineFree()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            foreach (var line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal)
                    && long.TryParse(line.AsSpan("MemAvailable:".Length).Trim().TrimEnd("kB").Trim(),
                        CultureInfo.InvariantCulture, out var kilobytes))
                    return kilobytes * 1024;
            }
        }
        catch (IOException)
        {
            // Not readable: only the limit of the process is used.
        }
        catch (UnauthorizedAccessException)
        {
        }

        return null;
    }
}
