using System.Diagnostics;

namespace Cambium.Benchmarks.Load;

/// <summary>Resources that the process uses.</summary>
/// <param name="Memory">Resident bytes.</param>
/// <param name="Heap">Bytes of live objects after the last collection.</param>
/// <param name="Handles">Open handles (files on Linux).</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct Resources(long Memory, long Heap, int Handles, int Threads)
{
    public static Resources Now()
    {
        using var process = Process.GetCurrentProcess();
        var handles = OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : process.HandleCount;
        return new Resources(process.WorkingSet64, GC.GetGCMemoryInfo().HeapSizeBytes, handles, process.Threads.Count);
    }
}
