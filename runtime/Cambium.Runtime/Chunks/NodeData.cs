namespace Cambium.Runtime.Chunks;

/// <summary>
/// What a node without a page adds to attention, in host memory and f32: <see cref="ChunkStore.Add"/> copies it to the device. There is one copy for
/// all sequences and tenants of an engine.
/// </summary>
public abstract class NodeData
{
    private protected NodeData(IReadOnlyList<CacheSite> sites) => Sites = [.. sites];

    /// <summary>The attention sites of the entry point that reads it, in the order of the program.</summary>
    public IReadOnlyList<CacheSite> Sites { get; }

    /// <summary>Keys that each query reads.</summary>
    public abstract int Keys { get; }

    /// <summary>The numbers in their order, for a digest.</summary>
    public abstract IEnumerable<ReadOnlyMemory<float>> Numbers { get; }

    /// <summary>An array for each site.</summary>
    /// <exception cref="InsufficientMemoryException">An array would be longer than arrays can be.</exception>
    private protected float[][] Allocate(Func<CacheSite, long> floats) => [.. Sites.Select(site =>
    {
        var length = floats(site);
        return length <= Array.MaxLength
            ? new float[length]
            : throw new InsufficientMemoryException($"The data of site {site} has {length} numbers, and an array has at most {Array.MaxLength}.");
    })];

    private protected static Span<float> Part(float[] numbers, long index, int length) => numbers.AsSpan(checked((int)(index * length)), length);
}

/// <summary>Keys and values of every site, layer and head: a row for each key.</summary>
public class RowData : NodeData
{
    private readonly float[][] _keys;
    private readonly float[][] _values;

    /// <param name="sites">The attention sites.</param>
    /// <param name="rows">Rows, at least one.</param>
    public RowData(IReadOnlyList<CacheSite> sites, int rows)
        : base(sites)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        Rows = rows;
        _keys = Allocate(site => (long)site.Layers * site.KvHeads * rows * site.KeySize);
        _values = Allocate(site => (long)site.Layers * site.KvHeads * rows * site.ValueSize);
    }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <inheritdoc/>
    public override int Keys => Rows;

    /// <inheritdoc/>
    public override IEnumerable<ReadOnlyMemory<float>> Numbers => _keys.Concat(_values).Select(static part => (ReadOnlyMemory<float>)part);

    /// <summary>[layers, key/value heads, rows, key size] all keys of a site.</summary>
    internal float[] KeysOf(int site) => _keys[site];

    /// <summary>[layers, key/value heads, rows, value size] all values of a site.</summary>
    internal float[] ValuesOf(int site) => _values[site];

    /// <summary>[key size] a key as it lies in a KV cache: after rotary position embedding.</summary>
    public Span<float> Key(int site, int layer, int head, int row) =>
        Part(_keys[site], ((((long)layer * Sites[site].KvHeads) + head) * Rows) + row, Sites[site].KeySize);

    /// <summary>[value size]</summary>
    public Span<float> Value(int site, int layer, int head, int row) =>
        Part(_values[site], ((((long)layer * Sites[site].KvHeads) + head) * Rows) + row, Sites[site].ValueSize);
}

/// <summary>
/// Keys and values with a softmax of their own, whose result is multiplied by a gate and added to the result of attention (LLaMA-Adapter). Queries
/// see all of them, and the model's changes of scores do not apply.
/// </summary>
public sealed class SideData : RowData
{
    private readonly float[][] _gates;

    /// <param name="sites">The attention sites.</param>
    /// <param name="rows">Rows, at least one.</param>
    public SideData(IReadOnlyList<CacheSite> sites, int rows)
        : base(sites, rows) => _gates = Allocate(static site => (long)site.Layers * site.QueryHeads);

    /// <inheritdoc/>
    public override IEnumerable<ReadOnlyMemory<float>> Numbers => base.Numbers.Concat(_gates.Select(static part => (ReadOnlyMemory<float>)part));

    /// <summary>[layers, query heads] all gates of a site.</summary>
    internal float[] GatesOf(int site) => _gates[site];

    /// <summary>[query heads] gates of a layer. A layer whose gates are all 0 is not computed.</summary>
    public Span<float> Gates(int site, int layer) => Part(_gates[site], layer, Sites[site].QueryHeads);
}

/// <summary>
/// A prefix of any length as a state for each query head (NTK-Attention, equation 8): a query q adds phi(q) Z to the weighted values and phi(q) k to
/// the sum of weights, with phi(x) = elu(x / d^(1/4)) + 1 and the scale of scores in place of 1 / sqrt(d).
/// </summary>
public sealed class StateData : NodeData
{
    private readonly float[][] _z;
    private readonly float[][] _k;

    /// <param name="sites">The attention sites.</param>
    public StateData(IReadOnlyList<CacheSite> sites)
        : base(sites)
    {
        _z = Allocate(static site => (long)site.Layers * site.QueryHeads * site.KeySize * site.ValueSize);
        _k = Allocate(static site => (long)site.Layers * site.QueryHeads * site.KeySize);
    }

    /// <summary>Keys that cost as much as the state does.</summary>
    public override int Keys => Sites.Count == 0 ? 1 : Sites.Max(static site => (site.KeySize + 2) / 2);

    /// <inheritdoc/>
    public override IEnumerable<ReadOnlyMemory<float>> Numbers => _z.Concat(_k).Select(static part => (ReadOnlyMemory<float>)part);

    /// <summary>[layers, query heads, key size, value size] Z of a site.</summary>
    internal float[] ZOf(int site) => _z[site];

    /// <summary>[layers, query heads, key size] k of a site.</summary>
    internal float[] KOf(int site) => _k[site];

    /// <summary>[key size, value size] of a query head.</summary>
    public Span<float> Z(int site, int layer, int head) =>
        Part(_z[site], ((long)layer * Sites[site].QueryHeads) + head, Sites[site].KeySize * Sites[site].ValueSize);

    /// <summary>[key size] of a query head.</summary>
    public Span<float> K(int site, int layer, int head) => Part(_k[site], ((long)layer * Sites[site].QueryHeads) + head, Sites[site].KeySize);
}
