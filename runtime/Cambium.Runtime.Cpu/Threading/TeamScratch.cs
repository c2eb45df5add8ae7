using Cambium.Checkpoints.Memory;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu.Threading;

/// <summary>Working memory that grows to the largest size asked for and stays there.</summary>
internal sealed unsafe class TeamScratch : IDisposable
{
    private const long Step = 4096;

    // For smaller memory the query of free memory would cost more than the allocation.
    private const long AskedAbout = 1 << 30;

    private NativeBlock _block;
    private byte* _pointer;
    private long _bytes;
    private bool _isDisposed;

    ~TeamScratch() => Dispose();

    public byte* Get(long bytes) => bytes <= _bytes ? _pointer : Grow(bytes);

    public void Dispose()
    {
        _block.Free();
        _pointer = null;
        _bytes = 0;
        _isDisposed = true;
        GC.SuppressFinalize(this);
    }

    private byte* Grow(long bytes)
    {
        if (_isDisposed)
            throw new ObjectDisposedException(nameof(Team), "The threads and their scratch memory have been disposed.");
        if (bytes > AskedAbout && FreeMemory.Bytes() is var free && bytes > free)
            throw new InsufficientMemoryException(
                $"A thread needs {FreeMemory.Text(bytes)} of scratch memory and {FreeMemory.Text(free)} are available.");
        _block.Free();
        _pointer = null;
        _bytes = 0;
        if (GuardPages.AreOn)
        {
            // A new block of exactly the size asked for, every time: `_bytes` stays 0.
            _block = new NativeBlock((nuint)bytes);
            return _block.Start;
        }

        bytes = (bytes + Step - 1) & -Step;
        _block = new NativeBlock((nuint)bytes, (nuint)Step);
        _pointer = _block.Start;
        _bytes = bytes;
        return _pointer;
    }
}
