using System.Runtime.InteropServices;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cache;

/// <summary>
/// The memory of all K/V: equal pages of one chunk each, reserved once. Afterwards pages are only taken and given back; the system
/// commits a page's memory when it is first written.
/// </summary>
public sealed unsafe class ChunkPool : IDisposable
{
    private readonly int[] _free;
    private readonly bool[] _taken;
    private float* _memory;

    /// <param name="pageFloats">Floats of one page; <see cref="KvLayout.ChunkFloats"/>.</param>
    /// <param name="pages">Pages.</param>
    /// <exception cref="InsufficientMemoryException">The address space or memory is not to be had.</exception>
    public ChunkPool(nint pageFloats, int pages)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageFloats);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pages);
        PageFloats = pageFloats;
        Pages = pages;
        _taken = new bool[pages];
        _free = new int[pages];
        // Page 0 is on top, so that a small load stays in the part that is committed already.
        for (var i = 0; i < pages; i++)
            _free[i] = pages - 1 - i;
        Free = pages;
        try
        {
            var bytes = checked((nuint)pages * (nuint)pageFloats * sizeof(float));
            _memory = (float*)NativeMemory.AlignedAlloc(bytes, bytes < HugePages.Size ? 64 : (nuint)HugePages.Size);
            HugePages.Advise(_memory, bytes);
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            throw new InsufficientMemoryException(
                $"The pool of {pages} chunks of {PageBytes} bytes needs {(double)pages * PageBytes:0} bytes, which the system does not give; "
                + "make PoolTokens or PoolBytes smaller.",
                e);
        }
    }

    /// <summary>Frees the memory if the owner forgot to.</summary>
    ~ChunkPool() => Release();

    /// <summary>Pages there are.</summary>
    public int Pages { get; }

    /// <summary>Pages that are not taken.</summary>
    public int Free { get; private set; }

    /// <summary>Floats of a page.</summary>
    public nint PageFloats { get; }

    /// <summary>Bytes of a page.</summary>
    public long PageBytes => (long)PageFloats * sizeof(float);

    /// <summary>For simulations: whether the page that is asked for is not to be had now.</summary>
    internal Func<bool>? Refuses { get; set; }

    /// <summary>The page's floats; what they hold after <see cref="TryTake"/> is left over from earlier use.</summary>
    public float* this[int page]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)Pages, nameof(page));
            ObjectDisposedException.ThrowIf(_memory == null, this);
            return _memory + (page * PageFloats);
        }
    }

    /// <summary>Takes a page, if one is free.</summary>
    public bool TryTake(out int page)
    {
        if (Free == 0 || Refuses?.Invoke() == true)
        {
            page = -1;
            return false;
        }

        page = _free[--Free];
        _taken[page] = true;
        return true;
    }

    /// <summary>Gives a taken page back: the only way to do so.</summary>
    public void Give(int page)
    {
        if (!_taken[page])
            throw new InvalidOperationException($"Page {page} was given back twice.");
        _taken[page] = false;
        _free[Free++] = page;
    }

    /// <summary>Whether the page is taken.</summary>
    public bool IsTaken(int page) => _taken[page];

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
