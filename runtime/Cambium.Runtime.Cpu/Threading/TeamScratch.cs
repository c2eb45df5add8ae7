using System.Runtime.InteropServices;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu.Threading;

/// <summary>Working memory that grows to the largest size asked for and stays there.</summary>
internal sealed unsafe class TeamScratch : IDisposable
{
    // For smaller memory the query of free memory would cost more than the allocation.
    private const long AskedAbout = 1 << 30;

    private byte* _pointer;
    private long _bytes;
    private bool _isDisposed;

    ~TeamScratch() => Dispose();

    public byte* Get(long bytes)
    {
        if (bytes <= _bytes)
            return _pointer;
        if (_isDisposed)
            throw new ObjectDisposedException(nameof(Team), "The threads and their scratch memory have been disposed.");
        if (bytes > AskedAbout && FreeMemory.Bytes() is var free && bytes > free)
            throw new InsufficientMemoryException($"A thread needs {FreeMemory.Text(bytes)} of scratch memory and {FreeMemory.Text(free)} are available.");
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        _bytes = 0;
        var large = bytes >= HugePages.Size;
        var rounded = (bytes + 4095) & ~4095L;
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)rounded, large ? (nuint)HugePages.Size : 4096);
        _bytes = rounded;
        HugePages.Advise(_pointer, (nuint)_bytes);
        return _pointer;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        _bytes = 0;
        _isDisposed = true;
        GC.SuppressFinalize(this);
    }
}
