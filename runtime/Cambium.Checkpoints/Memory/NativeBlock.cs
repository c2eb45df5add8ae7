using System.Runtime.InteropServices;

namespace Cambium.Checkpoints.Memory;

/// <summary>
/// Memory outside the managed heap: the only place of the runtime that allocates it. Its owner frees it; the contents are undefined.
/// </summary>
internal unsafe struct NativeBlock
{
    /// <summary>Bytes in a cache line: a 512-bit load of an aligned block never straddles two.</summary>
    public const int CacheLine = 64;

    // Smaller blocks are left to the C library: they are many, and need few pages.
    private const nuint SmallestInSlab = 32 << 10;

    private readonly nuint _bytes;
    private readonly nuint _alignment;
    private readonly NativeSlab? _slab;
    private byte* _start;

    /// <param name="bytes">Size; 0 gives a block with a valid pointer that must not be read.</param>
    /// <param name="alignment">A power of two, at most the size of a page. Blocks of at least 2 MiB have more.</param>
    /// <exception cref="OutOfMemoryException">The system does not give the memory.</exception>
    public NativeBlock(nuint bytes, nuint alignment = CacheLine)
    {
        _bytes = nuint.Max(bytes, 1);
        _alignment = alignment;
        if (GuardPages.AreOn)
        {
            _start = GuardPages.Allocate(_bytes, _alignment);
            return;
        }

        switch (_bytes)
        {
            case < SmallestInSlab:
                _start = (byte*)NativeMemory.AlignedAlloc(_bytes, _alignment);
                break;
            case < NativeSlab.HugePage:
                _slab = NativeSlab.Allocate(_bytes, _alignment, out _start);
                break;
            default:
                _start = (byte*)NativeMemory.AlignedAlloc(_bytes, NativeSlab.HugePage);
                MemoryAdvice.UseHugePages(_start, _bytes);
                break;
        }
    }

    /// <summary>First byte; null once the block is freed.</summary>
    public readonly byte* Start => _start;

    /// <summary>Frees the memory; further calls do nothing.</summary>
    public void Free()
    {
        if (_start == null)
            return;
        if (GuardPages.AreOn)
            GuardPages.Free(_start, _bytes, _alignment);
        else if (_slab is not null)
            _slab.Free();
        else
            NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
