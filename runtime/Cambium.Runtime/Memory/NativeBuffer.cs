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

    private readonly bool _hasPressure;
    private NativeBlock _block;

    // Zeroing this much takes some hundredths of a second.
    private const nuint Zeroed = 64 << 20;

    /// <param name="floats">Size; 0 gives a buffer with a valid pointer that must not be read.</param>
    /// <param name="isZeroed">Whether the floats are 0 at first; otherwise their content is undefined.</param>
    /// <param name="hasPressure">
    /// Whether the collector counts the buffer. Not for the many buffers of a model's weights: it would collect several times during the load, when
    /// there is nothing to free.
    /// </param>
    /// <param name="cancellation">Ends the zeroing of a large buffer, which is then freed.</param>
    /// <exception cref="InsufficientMemoryException">More than is free; the message has both numbers.</exception>
    public NativeBuffer(long floats, bool isZeroed = true, bool hasPressure = true, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        if (floats > long.MaxValue / sizeof(float))
            throw new InsufficientMemoryException($"{floats} floats do not fit into any memory.");
        var bytes = (nuint)floats * sizeof(float);
        // The system may overcommit, and kill the process when the memory is written.
        if (bytes > AskedAbout && FreeMemory.Bytes() is var free && bytes > (nuint)free)
            throw new InsufficientMemoryException($"{FreeMemory.Text(bytes)} are needed at once and {FreeMemory.Text(free)} are available.");
        _block = new NativeBlock(bytes);
        Floats = floats;
        _hasPressure = hasPressure;
        if (hasPressure)
            GC.AddMemoryPressure(Pressure);
        try
        {
            for (nuint done = 0; isZeroed && done < bytes; done += Zeroed)
            {
                cancellation.ThrowIfCancellationRequested();
                NativeMemory.Clear((byte*)_block.Start + done, nuint.Min(Zeroed, bytes - done));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
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
        if (_hasPressure)
            GC.RemoveMemoryPressure(Pressure);
    }
}
