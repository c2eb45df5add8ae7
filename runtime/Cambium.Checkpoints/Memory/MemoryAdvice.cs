using System.Runtime.InteropServices;

namespace Cambium.Checkpoints.Memory;

/// <summary>Advice to the system about memory. On systems that do not take it, nothing happens.</summary>
internal static unsafe partial class MemoryAdvice
{
    private const int DontNeed = 4;
    private const int HugePage = 14;

    private static readonly nuint s_page = (nuint)Environment.SystemPageSize;

    /// <summary>
    /// Asks Linux for 2 MiB pages. Weights and cached keys are streamed from memory once per step, and with 4 KiB pages each step would miss the
    /// translation buffers every 64 cache lines.
    /// </summary>
    public static void UseHugePages(void* start, nuint bytes)
    {
        if (OperatingSystem.IsLinux())
            Give(start, bytes, HugePage);
    }

    /// <summary>
    /// Removes pages of a file that is mapped read-only from the resident memory of the process. They stay in the page cache, and a later access
    /// maps them again. Not for other memory, whose contents would be lost.
    /// </summary>
    /// <param name="start">First byte; its whole page is removed.</param>
    /// <param name="bytes">Bytes; the whole page of the last one is removed.</param>
    public static void DropMappedPages(byte* start, nuint bytes)
    {
        // Values of other systems differ; on Windows the working set is trimmed when memory is short.
        if (bytes == 0 || !(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()))
            return;
        var first = (nuint)start & ~(s_page - 1);
        Give((void*)first, (nuint)start + bytes - first, DontNeed);
    }

    private static void Give(void* start, nuint bytes, int advice)
    {
        try
        {
            _ = Madvise(start, bytes, advice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
