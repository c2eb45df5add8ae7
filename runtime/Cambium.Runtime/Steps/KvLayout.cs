namespace Cambium.Runtime.Steps;

/// <summary>One call site of causal self-attention whose keys and values are cached, in every layer it runs in.</summary>
/// <param name="Layers">How many times the site runs in one step (the trip count of the loop around it).</param>
/// <param name="KvHeads">Key/value heads.</param>
/// <param name="KeySize">Floats in one key.</param>
/// <param name="ValueSize">Floats in one value.</param>
/// <param name="Heads">Query heads that read them, a multiple of <paramref name="KvHeads"/>; 0: as many. For plans.</param>
public readonly record struct CacheSite(int Layers, int KvHeads, int KeySize, int ValueSize, int Heads = 0);

/// <summary>
/// Where the keys and values of every (site, layer, head) lie inside one chunk's block of floats.
/// Keys are panels <c>[chunk / panel][key size][panel]</c> whose lanes run over tokens; values are panels
/// <c>[value size / panel][chunk][panel]</c> whose lanes run over dimensions. Both products of attention then
/// read a chunk as the microkernel reads packed weights.
/// </summary>
public sealed unsafe class KvLayout
{
    private readonly CacheSite[] _sites;
    private readonly nint[] _siteOffset;

    /// <param name="sites">The model's cached attention sites, in the order of the program.</param>
    /// <param name="chunkSize">Tokens in one chunk; a multiple of <paramref name="panel"/>.</param>
    /// <param name="panel">Width of a panel in floats: two SIMD registers.</param>
    public KvLayout(IReadOnlyList<CacheSite> sites, int chunkSize, int panel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkSize);
        if (chunkSize % panel != 0)
            throw new ArgumentException($"A chunk of {chunkSize} tokens is not a multiple of the panel width {panel}; choose a multiple of {panel}.", nameof(chunkSize));

        _sites = [.. sites];
        _siteOffset = new nint[_sites.Length];
        ChunkSize = chunkSize;
        Panel = panel;
        nint total = 0;
        for (var i = 0; i < _sites.Length; i++)
        {
            _siteOffset[i] = total;
            total += (nint)_sites[i].Layers * _sites[i].KvHeads * HeadFloats(_sites[i]);
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
    public float* Key(float* chunk, int site, int layer, int head) => Head(chunk, site, layer, head);

    /// <summary>Value panels of one head inside a chunk.</summary>
    public float* Value(float* chunk, int site, int layer, int head) => Head(chunk, site, layer, head) + KeyFloats(_sites[site]);

    /// <summary>Copies the keys and values of a chunk's first tokens, over all sites, layers and heads.</summary>
    /// <param name="from">The chunk they are in.</param>
    /// <param name="to">The chunk that receives them at the same places. What it holds beyond them is undefined.</param>
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

    private static void CopyFloats(float* from, float* to, nint floats) =>
        Buffer.MemoryCopy(from, to, floats * sizeof(float), floats * sizeof(float));

    private float* Head(float* chunk, int site, int layer, int head) =>
        chunk + _siteOffset[site] + (((nint)layer * _sites[site].KvHeads) + head) * HeadFloats(_sites[site]);

    private nint KeyFloats(CacheSite site) => (nint)ChunkSize * site.KeySize;

    private nint HeadFloats(CacheSite site)
    {
        var valueFloats = (nint)((site.ValueSize + Panel - 1) / Panel * Panel) * ChunkSize;
        return (KeyFloats(site) + valueFloats + 15) & ~(nint)15;
    }
}
