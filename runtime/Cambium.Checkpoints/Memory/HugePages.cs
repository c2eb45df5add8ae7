using System.Runtime.InteropServices;

namespace Cambium.Checkpoints.Memory;

/// <summary>
/// Asks Linux for 2 MiB pages. Weights and cached keys are streamed from memory once per step, and with 4 KiB pages each step would miss the
/// translation buffers every 64 cache lines. A hint: if it is not granted, or on other systems, only speed is lost.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Buffers from this size on are aligned to it and advised.</summary>
    public const int Size = 2 << 20;

    private const int AdviseHugePage = 14;

    public static void Advise(void* pointer, nuint bytes)
    {
        if (!OperatingSystem.IsLinux() || bytes < Size)
            return;
        try
        {
            _ = Madvise(pointer, bytes, AdviseHugePage);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(void* address, nuint length, int advice);
}
