using System.Runtime.InteropServices;
using Cambium.Checkpoints.Memory;

namespace Cambium.Runtime.Memory;

/// <summary>Floats outside the managed heap, aligned to a cache line so that a 512-bit load never straddles two.</summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Bytes in a cache line, and the least alignment of a buffer.</summary>
    public const int Alignment = NativeBlock.CacheLine;

    // For smaller buffers the query of free memory would cost more than the allocation.
    private const long AskedAbout = 64 << 20;

    private NativeBlock _block;

    /// <param name="floats">Size; 0 gives a buffer with a valid pointer that must not be read.</param>
    /// <param name="isZeroed">False for a buffer that is written whole before it is read.</param>
    /// <exception cref="InsufficientMemoryException">More than is free; the message has both numbers.</exception>
    public NativeBuffer(long floats, bool isZeroed = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        var bytes = checked((nuint)floats * sizeof(float));
        // The system may overcommit, and kill the process when the memory is written.
        if (bytes > AskedAbout && FreeMemory.Bytes() is var free && bytes > (nuint)free)
            throw new InsufficientMemoryException($"{FreeMemory.Text(bytes)} are needed at once and {FreeMemory.Text(free)} are available.");
        _block = new NativeBlock(bytes);
        if (isZeroed)
            NativeMemory.Clear(_block.Start, bytes);
        Floats = floats;
        GC.AddMemoryPressure(Pressure);
    }

    ~NativeBuffer() => Free();

    /// <summary>First float; throws once the buffer is disposed.</summary>
    public float* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_block.Start == null, this);
            return (float*)_block.Start;
        }
    }

    public long Floats { get; }

    // The collector takes no pressure of 0 bytes.
    private long Pressure => Math.Max(Floats, 1) * sizeof(float);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_block.Start == null)
            return;
        _block.Free();
        GC.RemoveMemoryPressure(Pressure);
    }
}
