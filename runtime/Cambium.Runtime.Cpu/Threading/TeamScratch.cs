using System.Runtime.InteropServices;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu.Threading;

/// <summary>Working memory that grows to the largest size asked for and stays there.</summary>
internal sealed unsafe class TeamScratch : IDisposable
{
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
        NativeMemory.AlignedFree(_pointer);
        var large = bytes >= HugePages.Size;
        _bytes = (bytes + 4095) & ~4095L;
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)_bytes, large ? (nuint)HugePages.Size : 4096);
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
