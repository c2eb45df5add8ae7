using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Checkpoints.Memory;
using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Cpu;

/// <summary>The KV cache in the machine's memory, reserved once. The system commits a page when it is first written.</summary>
public sealed unsafe class CpuChunkStore : ChunkStore
{
    // The promise of equal bits holds for one build and one instruction set. Keys and values depend on the decoding of weights (Checkpoints), the
    // rotary tables (Runtime) and the kernels (Runtime.Cpu), so the build is that of all three assemblies.
    private static readonly string Build = string.Join(
        ' ',
        RuntimeInformation.ProcessArchitecture,
        Simd.PanelWidth,
        typeof(ElementType).Module.ModuleVersionId,
        typeof(ChunkStore).Module.ModuleVersionId,
        typeof(CpuChunkStore).Module.ModuleVersionId);

    private NativeBlock _memory;

    /// <param name="layout">Where keys and values lie in a chunk.</param>
    /// <param name="pages">Pages.</param>
    /// <exception cref="InsufficientMemoryException">The system does not give the address space or the memory.</exception>
    public CpuChunkStore(KvLayout layout, int pages)
        : this(layout, pages, PageFloats(layout), 0, "cpu")
    {
    }

    /// <param name="layout">Where keys and values lie in a chunk.</param>
    /// <param name="pages">Pages.</param>
    /// <param name="stride">Floats from one page to the next; negative for pages that lie in descending order.</param>
    /// <param name="shift">Floats before the first page in memory.</param>
    /// <param name="name">Of the arrangement, for <see cref="Format"/>.</param>
    internal CpuChunkStore(KvLayout layout, int pages, nint stride, int shift, string name)
        : base(layout.ChunkSize, pages, (long)PageFloats(layout) * sizeof(float))
    {
        Layout = layout;
        Stride = stride;
        Format = $"{name} {Build}";
        try
        {
            var bytes = checked((((nuint)pages * (nuint)nint.Abs(stride)) + (nuint)shift) * sizeof(float));
            _memory = new NativeBlock(bytes);
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            throw new InsufficientMemoryException(
                $"The pool of {pages} chunks of {PageBytes} bytes needs {(double)pages * PageBytes:0} bytes, which the system does not give; "
                + "make PoolTokens or PoolBytes smaller.",
                e);
        }

        First = (float*)_memory.Start + shift + (stride < 0 ? -stride * (pages - 1) : 0);
    }

    /// <summary>Frees the memory if the owner forgot to.</summary>
    ~CpuChunkStore() => Dispose(false);

    /// <summary>Where keys and values lie in a chunk.</summary>
    public KvLayout Layout { get; }

    /// <inheritdoc/>
    public override string Format { get; }

    /// <summary>Page 0.</summary>
    internal float* First { get; private set; }

    /// <summary>Floats from one page to the next.</summary>
    internal nint Stride { get; }

    /// <summary>The page's floats.</summary>
    public float* this[int page]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)Pages, nameof(page));
            ObjectDisposedException.ThrowIf(First == null, this);
            return First + (page * Stride);
        }
    }

    /// <summary>Floats of a page. A model without cached attention has empty chunks, and still sequences and tokens.</summary>
    internal static nint PageFloats(KvLayout layout) => nint.Max(16, layout.ChunkFloats);

    /// <inheritdoc/>
    public override void CopyTokens(int from, int to, int tokens) => Layout.CopyTokens(this[from], this[to], tokens);

    /// <inheritdoc/>
    public override void WriteKey(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> key)
    {
        var target = KeyAt(page, slot, site, layer, head, key.Length);
        for (var d = 0; d < key.Length; d++)
            target[(nint)d * Layout.Panel] = key[d];
    }

    /// <inheritdoc/>
    public override void WriteValue(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> value)
    {
        var target = ValueAt(page, slot, site, layer, head, value.Length);
        // The rest of the last panel is multiplied with weights, and its products are dropped; they must not be NaN.
        for (var d = 0; d < (value.Length + Layout.Panel - 1) / Layout.Panel * Layout.Panel; d++)
            *ValueElement(target, d) = d < value.Length ? value[d] : 0;
    }

    /// <inheritdoc/>
    public override void ReadKey(int page, int slot, int site, int layer, int head, Span<float> key)
    {
        var source = KeyAt(page, slot, site, layer, head, key.Length);
        for (var d = 0; d < key.Length; d++)
            key[d] = source[(nint)d * Layout.Panel];
    }

    /// <inheritdoc/>
    public override void ReadValue(int page, int slot, int site, int layer, int head, Span<float> value)
    {
        var source = ValueAt(page, slot, site, layer, head, value.Length);
        for (var d = 0; d < value.Length; d++)
            value[d] = *ValueElement(source, d);
    }

    /// <inheritdoc/>
    public override void Read(int page, long offset, Span<byte> bytes) =>
        new ReadOnlySpan<byte>(At(page, offset, bytes.Length), bytes.Length).CopyTo(bytes);

    /// <inheritdoc/>
    public override void Write(int page, long offset, ReadOnlySpan<byte> bytes) =>
        bytes.CopyTo(new Span<byte>(At(page, offset, bytes.Length), bytes.Length));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _memory.Free();
        First = null;
    }

    private byte* At(int page, long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, PageBytes, nameof(offset));
        return (byte*)this[page] + offset;
    }

    private float* KeyAt(int page, int slot, int site, int layer, int head, int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)ChunkSize, nameof(slot));
        ArgumentOutOfRangeException.ThrowIfNotEqual(size, Layout.Sites[site].KeySize);
        return Layout.Key(this[page], site, layer, head) + ((nint)(slot / Layout.Panel) * size * Layout.Panel) + (slot % Layout.Panel);
    }

    private float* ValueAt(int page, int slot, int site, int layer, int head, int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)ChunkSize, nameof(slot));
        ArgumentOutOfRangeException.ThrowIfNotEqual(size, Layout.Sites[site].ValueSize);
        return Layout.Value(this[page], site, layer, head) + ((nint)slot * Layout.Panel);
    }

    private float* ValueElement(float* value, int d) => value + ((nint)(d / Layout.Panel) * ChunkSize * Layout.Panel) + (d % Layout.Panel);
}
