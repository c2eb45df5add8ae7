using Cambium.Runtime.Chunks;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cpu;

/// <summary>A node's content in the machine's memory, in f32 whatever the storage of the KV cache.</summary>
internal abstract unsafe class CpuContent : IDisposable
{
    /// <summary>How attention folds it.</summary>
    public abstract NodeKind Kind { get; }

    /// <summary>Copies a content.</summary>
    /// <param name="data">The content.</param>
    /// <param name="hasPositions">See <see cref="ChunkStore.Add"/>.</param>
    /// <param name="layout">Of the KV cache.</param>
    public static CpuContent Of(NodeData data, bool hasPositions, KvLayout layout) => data switch
    {
        SideData side => new CpuSide(side, layout),
        RowData rows => new CpuRows(rows, hasPositions, layout),
        StateData state => new CpuState(state, layout.Panel),
        _ => throw new ArgumentException($"The CPU does not know contents of type {data.GetType().Name}.", nameof(data)),
    };

    public abstract void Dispose();
}

/// <summary>
/// Keys and values in pieces of at most a chunk. A piece is folded as a chunk of tokens is, so that equal keys and values give equal bits.
/// </summary>
internal unsafe class CpuRows : CpuContent
{
    private readonly NativeBuffer _memory;

    public CpuRows(RowData data, bool hasPositions, KvLayout layout)
    {
        HasPositions = hasPositions;
        Count = data.Rows;
        // Few rows take less than a chunk.
        var size = Math.Min(layout.ChunkSize, (data.Rows + layout.Panel - 1) / layout.Panel * layout.Panel);
        Layout = new KvLayout(data.Sites, size, layout.Panel);
        _memory = new NativeBuffer(Layout.ChunkBytes / sizeof(float) * (nint)((data.Rows + size - 1) / size));
        for (var site = 0; site < data.Sites.Count; site++)
        {
            for (var layer = 0; layer < data.Sites[site].Layers; layer++)
            {
                for (var head = 0; head < data.Sites[site].KvHeads; head++)
                    Copy(data, site, layer, head);
            }
        }
    }

    public override NodeKind Kind => NodeKind.Rows;

    /// <summary>Where keys and values lie in a piece.</summary>
    public KvLayout Layout { get; }

    /// <summary>Keys.</summary>
    public int Count { get; }

    /// <summary>Whether the keys lie at positions.</summary>
    public bool HasPositions { get; }

    /// <summary>Keys and values of the piece that begins with a key, a multiple of the layout's chunk size.</summary>
    public byte* Piece(int key) => (byte*)_memory.Pointer + (key / Layout.ChunkSize * Layout.ChunkBytes);

    public override void Dispose() => _memory.Dispose();

    private void Copy(RowData data, int site, int layer, int head)
    {
        for (var row = 0; row < Count; row++)
        {
            var piece = Piece(row);
            var slot = row % Layout.ChunkSize;
            fixed (float* key = data.Key(site, layer, head, row))
                Layout.WriteKey(piece, site, layer, head, slot, key);
            fixed (float* value = data.Value(site, layer, head, row))
                Layout.WriteValue(piece, site, layer, head, slot, value);
        }
    }
}

/// <summary>Rows with a softmax of their own, and its gates.</summary>
internal sealed unsafe class CpuSide(SideData data, KvLayout layout) : CpuRows(data, hasPositions: false, layout)
{
    private readonly float[][][] _gates = [.. data.Sites.Select((site, index) =>
        Enumerable.Range(0, site.Layers).Select(layer => data.Gates(index, layer).ToArray()).ToArray())];

    public override NodeKind Kind => NodeKind.Side;

    /// <summary>[query heads]</summary>
    public ReadOnlySpan<float> Gates(int site, int layer) => _gates[site][layer];
}

/// <summary>Z in panels of columns as a matrix product reads them, and k, of every query head.</summary>
internal sealed unsafe class CpuState : CpuContent
{
    private readonly NativeBuffer _memory;

    // [site] first float; [site] floats of a head
    private readonly nint[] _first;
    private readonly nint[] _stride;
    private readonly CacheSite[] _sites;
    private readonly int _panel;

    public CpuState(StateData data, int panel)
    {
        _panel = panel;
        _sites = [.. data.Sites];
        _first = new nint[_sites.Length];
        _stride = new nint[_sites.Length];
        nint floats = 0;
        for (var i = 0; i < _sites.Length; i++)
        {
            var site = _sites[i];
            var columns = (site.ValueSize + panel - 1) / panel * panel;
            // k follows Z; it is read in whole vectors.
            _stride[i] = ((nint)site.KeySize * columns) + ((site.KeySize + panel - 1) / panel * panel);
            _first[i] = floats;
            floats += checked(_stride[i] * site.Layers * site.QueryHeads);
        }

        _memory = new NativeBuffer(floats);
        for (var i = 0; i < _sites.Length; i++)
        {
            for (var layer = 0; layer < _sites[i].Layers; layer++)
            {
                for (var head = 0; head < _sites[i].QueryHeads; head++)
                    Copy(data, i, layer, head);
            }
        }
    }

    public override NodeKind Kind => NodeKind.State;

    /// <summary>[value panels][key size][panel]</summary>
    public float* Z(int site, int layer, int head) =>
        _memory.Pointer + _first[site] + (_stride[site] * (((nint)layer * _sites[site].QueryHeads) + head));

    /// <summary>[key size], and zeros up to a multiple of the panel.</summary>
    public float* K(int site, int layer, int head) =>
        Z(site, layer, head) + ((nint)_sites[site].KeySize * ((_sites[site].ValueSize + _panel - 1) / _panel * _panel));

    public override void Dispose() => _memory.Dispose();

    private void Copy(StateData data, int site, int layer, int head)
    {
        var (keySize, valueSize) = (_sites[site].KeySize, _sites[site].ValueSize);
        var from = data.Z(site, layer, head);
        var to = Z(site, layer, head);
        for (var row = 0; row < keySize; row++)
        {
            for (var column = 0; column < valueSize; column++)
                to[((((nint)(column / _panel) * keySize) + row) * _panel) + (column % _panel)] = from[(row * valueSize) + column];
        }

        data.K(site, layer, head).CopyTo(new Span<float>(K(site, layer, head), keySize));
    }
}
