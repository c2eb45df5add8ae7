using System.Runtime.InteropServices;

namespace Cambium.Checkpoints.Memory;

/// <summary>
/// Memory in pages of 2 MiB for blocks that are smaller than one: matrices of quantized weights, mostly. A slab gives out its memory in order, and is
/// freed with its last block.
/// </summary>
internal sealed unsafe class NativeSlab
{
    /// <summary>Size of a page that the system is asked for.</summary>
    public const int HugePage = 2 << 20;

    // A block that doesn't fit the rest leaves less than a page unused, of so many.
    private const int Bytes = 8 * HugePage;

    private static readonly Lock s_lock = new();
    private static NativeSlab? s_current;

    private readonly byte* _start = (byte*)NativeMemory.AlignedAlloc(Bytes, HugePage);
    private nuint _used;
    private int _blocks;

    private NativeSlab() => MemoryAdvice.UseHugePages(_start, Bytes);

    /// <summary>Takes a block of less than a page.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="alignment">A power of two.</param>
    /// <param name="start">Its first byte. The contents are undefined.</param>
    /// <returns>The slab that it belongs to.</returns>
    /// <exception cref="OutOfMemoryException">The system does not give the memory.</exception>
    public static NativeSlab Allocate(nuint bytes, nuint alignment, out byte* start)
    {
        lock (s_lock)
        {
            var slab = s_current ??= new NativeSlab();
            var first = (slab._used + alignment - 1) & ~(alignment - 1);
            if (first + bytes > Bytes)
            {
                (slab, first) = (new NativeSlab(), 0);
                s_current = slab;
            }

            slab._used = first + bytes;
            slab._blocks++;
            start = slab._start + first;
            return slab;
        }
    }

    /// <summary>Gives one block back.</summary>
    public void Free()
    {
        lock (s_lock)
        {
            if (--_blocks > 0)
                return;
            NativeMemory.AlignedFree(_start);
            if (ReferenceEquals(s_current, this))
                s_current = null;
        }
    }
}
