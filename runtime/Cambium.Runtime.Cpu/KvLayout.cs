using Cambium.Runtime.Chunks;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Where the keys and values of every (site, layer, head) lie inside one chunk's block of floats.
/// Keys are panels <c>[chunk / panel][key size][panel]</c> whose lanes run over tokens; values are panels
/// <c>[value size / panel][chunk][panel]</c> whose lanes run over dimensions. Both products of attention then
/// read a chunk as the microkernel reads packed weights.
/// </summary>
public sealed unsafe class KvLayout
{
    // For smaller lists of places the query of free memory would cost more than the layout.
    private const long AskedAbout = 1 << 30;

    // Far from the end of 64 bits, so that the sum over all sites cannot overflow.
    private const long Largest = 1L << 56;

    private readonly CacheSite[] _sites;

    // [site][layer * KvHeads + head]
    private readonly nint[][] _heads;

    /// <param name="sites">The model's cached attention sites, in the order of the program.</param>
    /// <param name="chunkSize">Tokens in one chunk; a multiple of <paramref name="panel"/>.</param>
    /// <param name="panel">Width of a panel in floats: two SIMD registers.</param>
    /// <exception cref="ArgumentException">The chunk is not a multiple of the panel.</exception>
    public KvLayout(IReadOnlyList<CacheSite> sites, int chunkSize, int panel)
        : this(sites, chunkSize, panel, static heads => heads, 0)
    {
    }

    /// <param name="sites">The model's cached attention sites, in the order of the program.</param>
    /// <param name="chunkSize">Tokens in one chunk; a multiple of <paramref name="panel"/>.</param>
    /// <param name="panel">Width of a panel in floats.</param>
    /// <param name="arrange">Puts all (site, layer, head) in the order in which they lie in memory.</param>
    /// <param name="padding">Floats after each head that nothing uses; a multiple of 16.</param>
    internal KvLayout(
        IReadOnlyList<CacheSite> sites, int chunkSize, int panel,
        Func<IEnumerable<(int Site, int Layer, int Head)>, IEnumerable<(int Site, int Layer, int Head)>> arrange, int padding)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkSize);
        if (chunkSize % panel != 0)
            throw new ArgumentException(
                $"A chunk of {chunkSize} tokens is not a multiple of the panel width {panel}; choose a multiple of {panel}.", nameof(chunkSize));

        _sites = [.. sites];
        ChunkSize = chunkSize;
        Panel = panel;
        RequireAddressable(padding);
        _heads = [.. _sites.Select(static site => new nint[site.Layers * site.KvHeads])];
        var all = from site in Enumerable.Range(0, _sites.Length)
                  from layer in Enumerable.Range(0, _sites[site].Layers)
                  from head in Enumerable.Range(0, _sites[site].KvHeads)
                  select (site, layer, head);
        nint total = 0;
        foreach (var (site, layer, head) in arrange(all))
        {
            _heads[site][(layer * _sites[site].KvHeads) + head] = total;
            total += HeadFloats(_sites[site]) + padding;
        }

        ChunkFloats = total;
    }

    /// <summary>Tokens in one chunk.</summary>
    public int ChunkSize { get; }

    /// <summary>Width of a panel in floats.</summary>
    public int Panel { get; }

    /// <summary>Floats in one chunk over all sites, layers and heads; a multiple of 16.</summary>
    public nint ChunkFloats { get; }

    /// <summary>The cached attention sites.</summary>
    public ReadOnlySpan<CacheSite> Sites => _sites;

    /// <summary>Key panels of one head inside a chunk.</summary>
    public float* Key(float* chunk, int site, int layer, int head) => chunk + _heads[site][(layer * _sites[site].KvHeads) + head];

    /// <summary>Value panels of one head inside a chunk.</summary>
    public float* Value(float* chunk, int site, int layer, int head) => Key(chunk, site, layer, head) + KeyFloats(_sites[site]);

    /// <summary>Copies the keys and values of a chunk's first tokens, over all sites, layers and heads.</summary>
    /// <param name="from">The chunk that holds them.</param>
    /// <param name="to">The chunk that receives them in the same slots. Its content after them is undefined.</param>
    /// <param name="tokens">How many; at most <see cref="ChunkSize"/>.</param>
    public void CopyTokens(float* from, float* to, int tokens)
    {
        for (var site = 0; site < _sites.Length; site++)
        {
            var keyFloats = (nint)((tokens + Panel - 1) / Panel) * Panel * _sites[site].KeySize;
            var valuePanels = (_sites[site].ValueSize + Panel - 1) / Panel;
            for (var layer = 0; layer < _sites[site].Layers; layer++)
            {
                for (var head = 0; head < _sites[site].KvHeads; head++)
                {
                    CopyFloats(Key(from, site, layer, head), Key(to, site, layer, head), keyFloats);
                    var source = Value(from, site, layer, head);
                    var target = Value(to, site, layer, head);
                    for (var panel = 0; panel < valuePanels; panel++)
                        CopyFloats(source + ((nint)panel * ChunkSize * Panel), target + ((nint)panel * ChunkSize * Panel), (nint)tokens * Panel);
                }
            }
        }
    }

    // Places of heads are indexed in 32 bits and computed in 64. The store refuses chunks that do not fit into memory.
    private void RequireAddressable(int padding)
    {
        foreach (var site in _sites)
        {
            if (site.Layers < 0 || site.KvHeads < 0 || site.KeySize < 0 || site.ValueSize < 0 || site.ValueSize > int.MaxValue - Panel)
                throw new ArgumentException($"The cache site {site} has a size out of range.");
            var heads = (long)site.Layers * site.KvHeads;
            var bytes = (Int128)heads * (HeadFloats(site) + padding) * sizeof(float);
            var list = heads * sizeof(long);
            if (heads > Array.MaxLength || bytes > Largest || (list > AskedAbout && list > FreeMemory.Bytes()))
            {
                throw new InsufficientMemoryException(
                    $"One chunk of {ChunkSize} tokens needs {FreeMemory.Text((double)bytes)} for the cache site {site} and "
                        + $"{FreeMemory.Text(FreeMemory.Bytes())} "
                    + "are available. Lower ChunkSize, or correct the sizes of the model.");
            }
        }
    }

    private static void CopyFloats(float* from, float* to, nint floats) =>
        Buffer.MemoryCopy(from, to, floats * sizeof(float), floats * sizeof(float));

    private nint KeyFloats(CacheSite site) => (nint)ChunkSize * site.KeySize;

    private nint HeadFloats(CacheSite site)
    {
        var valueFloats = (nint)((site.ValueSize + Panel - 1) / Panel * Panel) * ChunkSize;
        return (KeyFloats(site) + valueFloats + 15) & ~(nint)15;
    }
}
