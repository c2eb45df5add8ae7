using System.Globalization;
using Cambium.Checkpoints;

namespace Cambium.Runtime.Memory;

/// <summary>Memory that is left, so that what cannot fit is refused with numbers instead of ended by the system.</summary>
internal static class FreeMemory
{
    /// <summary>Bytes that this process can still take: the container's limit and the machine's free memory, whichever is less.</summary>
    public static long Bytes()
    {
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var limit = total > 0 ? total - Environment.WorkingSet : long.MaxValue;
        return Math.Max(0, Math.Min(limit, MachineFree() ?? limit));
    }

    /// <summary>A size as people read it.</summary>
    public static string Text(double bytes) => bytes >= 1 << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.00} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.00} MiB");

    // Memory that Linux would give without swapping; other systems have no file for it.
    private static long? MachineFree()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            foreach (var line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal)
                    && long.TryParse(line.AsSpan("MemAvailable:".Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture, out var kilobytes))
                    return kilobytes * 1024;
            }
        }
        catch (IOException)
        {
            // Not readable here: the limit of the process has to do.
        }
        catch (UnauthorizedAccessException)
        {
        }

        return null;
    }
}
