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

    // Replaced as a whole, so that a step can read it while a content is added.
    private volatile CpuContent?[] _contents = [];

    /// <param name="layout">Where keys and values lie in a chunk.</param>
    /// <param name="pages">Pages.</param>
    /// <exception cref="InsufficientMemoryException">The system does not give the address space or the memory.</exception>
    public CpuChunkStore(KvLayout layout, int pages)
        : this(layout, pages, BytesOfPage(layout), 0, "cpu")
    {
    }

    /// <param name="layout">Where keys and values lie in a chunk.</param>
    /// <param name="pages">Pages.</param>
    /// <param name="stride">Bytes from one page to the next; negative for pages that lie in descending order.</param>
    /// <param name="shift">Bytes before the first page in memory.</param>
    /// <param name="name">Of the arrangement, for <see cref="Format"/>.</param>
    internal CpuChunkStore(KvLayout layout, int pages, nint stride, int shift, string name)
        : base(layout.ChunkSize, pages, BytesOfPage(layout), layout.Storage)
    {
        Layout = layout;
        Stride = stride;
        Format = $"{name} {layout.Storage.Name()} {Build}";
        try
        {
            _memory = new NativeBlock(checked(((nuint)pages * (nuint)nint.Abs(stride)) + (nuint)shift));
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException)
        {
            throw new InsufficientMemoryException(
                $"The pool of {pages} chunks of {PageBytes} bytes needs {(double)pages * PageBytes:0} bytes, which the system does not give; "
                + "make PoolTokens or PoolBytes smaller.",
                e);
        }

        First = (byte*)_memory.Start + shift + (stride < 0 ? -stride * (pages - 1) : 0);
    }

    /// <summary>Frees the memory if the owner forgot to.</summary>
    ~CpuChunkStore() => Dispose(false);

    /// <summary>Where keys and values lie in a chunk.</summary>
    public KvLayout Layout { get; }

    /// <inheritdoc/>
    public override string Format { get; }

    /// <summary>Page 0.</summary>
    internal byte* First { get; private set; }

    /// <summary>Bytes from one page to the next.</summary>
    internal nint Stride { get; }

    /// <summary>The page's memory.</summary>
    public byte* this[int page]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)Pages, nameof(page));
            ObjectDisposedException.ThrowIf(First == null, this);
            return First + (page * Stride);
        }
    }

    /// <summary>What a node without a page adds to attention.</summary>
    internal CpuContent Content(int number) => _contents[number] ?? throw new InvalidOperationException($"Content {number} was removed.");

    /// <summary>Bytes of a page. A model without cached attention has empty chunks, and still sequences and tokens.</summary>
    internal static nint BytesOfPage(KvLayout layout) => nint.Max(64, layout.ChunkBytes);

    /// <inheritdoc/>
    public override void CopyTokens(int from, int to, int tokens) => Layout.CopyTokens(this[from], this[to], tokens);

    /// <inheritdoc/>
    public override void WriteKey(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> key)
    {
        Require(slot, key.Length, Layout.Sites[site].KeySize);
        fixed (float* numbers = key)
            Layout.WriteKey(this[page], site, layer, head, slot, numbers);
    }

    /// <inheritdoc/>
    public override void WriteValue(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> value)
    {
        Require(slot, value.Length, Layout.Sites[site].ValueSize);
        fixed (float* numbers = value)
            Layout.WriteValue(this[page], site, layer, head, slot, numbers);
    }

    /// <inheritdoc/>
    public override void ReadKey(int page, int slot, int site, int layer, int head, Span<float> key)
    {
        Require(slot, key.Length, Layout.Sites[site].KeySize);
        Layout.ReadKey(this[page], site, layer, head, slot, key);
    }

    /// <inheritdoc/>
    public override void ReadValue(int page, int slot, int site, int layer, int head, Span<float> value)
    {
        Require(slot, value.Length, Layout.Sites[site].ValueSize);
        Layout.ReadValue(this[page], site, layer, head, slot, value);
    }

    /// <inheritdoc/>
    public override void Read(int page, long offset, Span<byte> bytes) =>
        new ReadOnlySpan<byte>(At(page, offset, bytes.Length), bytes.Length).CopyTo(bytes);

    /// <inheritdoc/>
    public override void Write(int page, long offset, ReadOnlySpan<byte> bytes) =>
        bytes.CopyTo(new Span<byte>(At(page, offset, bytes.Length), bytes.Length));

    /// <inheritdoc/>
    protected override void Put(int content, NodeData data, bool hasPositions)
    {
        // The number of query heads does not change the layout of keys and values.
        if (!data.Sites.Select(static site => site with { Heads = 0 }).SequenceEqual(
            Layout.Sites.ToArray().Select(static site => site with { Heads = 0 })))
        {
            throw new ArgumentException(
                $"The content is for the sites [{string.Join(", ", data.Sites)}], and the store has [{string.Join(", ", Layout.Sites.ToArray())}].",
                nameof(data));
        }

        CpuContent?[] contents = [.. _contents, .. new CpuContent?[Math.Max(0, content + 1 - _contents.Length)]];
        contents[content] = CpuContent.Of(data, hasPositions, Layout);
        _contents = contents;
    }

    /// <inheritdoc/>
    protected override void Drop(int content)
    {
        var contents = _contents.ToArray();
        var dropped = contents[content];
        contents[content] = null;
        _contents = contents;
        dropped?.Dispose();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var content in disposing ? _contents : [])
            content?.Dispose();
        _memory.Free();
        First = null;
    }

    private byte* At(int page, long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, PageBytes, nameof(offset));
        return this[page] + offset;
    }

    private void Require(int slot, int length, int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)ChunkSize, nameof(slot));
        ArgumentOutOfRangeException.ThrowIfNotEqual(length, size);
    }
}
