using Cambium.Runtime.Chunks;
using Cambium.Runtime.Memory;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Where the keys and values of every (site, layer, head) lie inside one chunk's block of memory.
/// Keys are panels <c>[chunk / panel][key size][panel]</c> whose lanes run over tokens; values are panels
/// <c>[value size / panel][chunk][panel]</c> whose lanes run over dimensions. Both products of attention then
/// read a chunk as the microkernel reads packed weights. Where the storage has scales, those of the keys and those of the values,
/// <c>[chunk]</c> floats each, lie between them: a head's memory is read from its beginning to its end.
/// </summary>
public sealed unsafe class KvLayout
{
    // For smaller lists of places the query of free memory would cost more than the layout.
    private const long AskedAbout = 1 << 30;

    // Far from the end of 64 bits, so that the sum over all sites cannot overflow.
    private const long Largest = 1L << 56;

    private readonly CacheSite[] _sites;

    // [site][layer * KvHeads + head], bytes
    private readonly nint[][] _heads;

    /// <param name="sites">The model's cached attention sites, in the order of the program.</param>
    /// <param name="chunkSize">Tokens in one chunk; a multiple of <paramref name="panel"/>.</param>
    /// <param name="panel">Width of a panel in numbers: two SIMD registers of floats.</param>
    /// <param name="storage">Type of the numbers.</param>
    /// <exception cref="ArgumentException">The chunk is not a multiple of the panel.</exception>
    public KvLayout(IReadOnlyList<CacheSite> sites, int chunkSize, int panel, KvStorage storage = KvStorage.F32)
        : this(sites, chunkSize, panel, storage, static heads => heads, 0)
    {
    }

    /// <param name="sites">The model's cached attention sites, in the order of the program.</param>
    /// <param name="chunkSize">Tokens in one chunk; a multiple of <paramref name="panel"/>.</param>
    /// <param name="panel">Width of a panel in numbers.</param>
    /// <param name="storage">Type of the numbers.</param>
    /// <param name="arrange">Puts all (site, layer, head) in the order in which they lie in memory.</param>
    /// <param name="padding">Bytes after each head that nothing uses; a multiple of 64.</param>
    internal KvLayout(
        IReadOnlyList<CacheSite> sites, int chunkSize, int panel, KvStorage storage,
        Func<IEnumerable<(int Site, int Layer, int Head)>, IEnumerable<(int Site, int Layer, int Head)>> arrange, int padding)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkSize);
        if (chunkSize % panel != 0)
            throw new ArgumentException(
                $"A chunk of {chunkSize} tokens is not a multiple of the panel width {panel}; choose a multiple of {panel}.", nameof(chunkSize));

        _sites = [.. sites];
        ChunkSize = chunkSize;
        Panel = panel;
        Storage = storage;
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
            total += HeadBytes(_sites[site]) + padding;
        }

        ChunkBytes = total;
    }

    /// <summary>Tokens in one chunk.</summary>
    public int ChunkSize { get; }

    /// <summary>Width of a panel in numbers.</summary>
    public int Panel { get; }

    /// <summary>Type of the numbers.</summary>
    public KvStorage Storage { get; }

    /// <summary>Bytes of one chunk over all sites, layers and heads; a multiple of 64.</summary>
    public nint ChunkBytes { get; }

    /// <summary>The cached attention sites.</summary>
    public ReadOnlySpan<CacheSite> Sites => _sites;

    /// <summary>Key panels of one head inside a chunk.</summary>
    public byte* Key(byte* chunk, int site, int layer, int head) => chunk + _heads[site][(layer * _sites[site].KvHeads) + head];

    /// <summary>[chunk] scales of one head's keys. Without scales, the end of the keys.</summary>
    public float* KeyScales(byte* chunk, int site, int layer, int head) =>
        (float*)(Key(chunk, site, layer, head) + ((nint)ChunkSize * _sites[site].KeySize * Storage.ElementBytes()));

    /// <summary>[chunk] scales of one head's values. Without scales, the end of the keys.</summary>
    public float* ValueScales(byte* chunk, int site, int layer, int head) =>
        KeyScales(chunk, site, layer, head) + (Storage.HasScales() ? ChunkSize : 0);

    /// <summary>Value panels of one head inside a chunk.</summary>
    public byte* Value(byte* chunk, int site, int layer, int head) =>
        (byte*)(ValueScales(chunk, site, layer, head) + (Storage.HasScales() ? ChunkSize : 0));

    /// <summary>Copies the keys and values of a chunk's first tokens, over all sites, layers and heads.</summary>
    /// <param name="from">The chunk that holds them.</param>
    /// <param name="to">The chunk that receives them in the same slots. Its content after them is undefined.</param>
    /// <param name="tokens">How many; at most <see cref="ChunkSize"/>.</param>
    public void CopyTokens(byte* from, byte* to, int tokens)
    {
        var row = (nint)Panel * Storage.ElementBytes();
        for (var site = 0; site < _sites.Length; site++)
        {
            var keyBytes = (nint)((tokens + Panel - 1) / Panel) * row * _sites[site].KeySize;
            var valuePanels = (_sites[site].ValueSize + Panel - 1) / Panel;
            for (var layer = 0; layer < _sites[site].Layers; layer++)
            {
                for (var head = 0; head < _sites[site].KvHeads; head++)
                {
                    Copy(Key(from, site, layer, head), Key(to, site, layer, head), keyBytes);
                    if (Storage.HasScales())
                    {
                        var bytes = (nint)tokens * sizeof(float);
                        Copy((byte*)KeyScales(from, site, layer, head), (byte*)KeyScales(to, site, layer, head), bytes);
                        Copy((byte*)ValueScales(from, site, layer, head), (byte*)ValueScales(to, site, layer, head), bytes);
                    }

                    var source = Value(from, site, layer, head);
                    var target = Value(to, site, layer, head);
                    for (var panel = 0; panel < valuePanels; panel++)
                        Copy(source + (panel * ChunkSize * row), target + (panel * ChunkSize * row), tokens * row);
                }
            }
        }
    }

    /// <summary>Rounds and stores one key.</summary>
    /// <param name="key">[key size]</param>
    internal void WriteKey(byte* chunk, int site, int layer, int head, int slot, float* key)
    {
        switch (Storage)
        {
            case KvStorage.F32:
                WriteKey<F32Format>(chunk, site, layer, head, slot, key);
                break;
            case KvStorage.BF16:
                WriteKey<BFloat16Format>(chunk, site, layer, head, slot, key);
                break;
            default:
                WriteKey<Int8Format>(chunk, site, layer, head, slot, key);
                break;
        }
    }

    /// <summary>Rounds and stores one value.</summary>
    /// <param name="value">[value size]</param>
    internal void WriteValue(byte* chunk, int site, int layer, int head, int slot, float* value)
    {
        switch (Storage)
        {
            case KvStorage.F32:
                WriteValue<F32Format>(chunk, site, layer, head, slot, value);
                break;
            case KvStorage.BF16:
                WriteValue<BFloat16Format>(chunk, site, layer, head, slot, value);
                break;
            default:
                WriteValue<Int8Format>(chunk, site, layer, head, slot, value);
                break;
        }
    }

    /// <summary>Reads one key as it was rounded.</summary>
    internal void ReadKey(byte* chunk, int site, int layer, int head, int slot, Span<float> key)
    {
        var source = Key(chunk, site, layer, head) + (KeyOffset(slot, key.Length) * Storage.ElementBytes());
        var scale = Storage.HasScales() ? KeyScales(chunk, site, layer, head)[slot] : 1;
        for (var d = 0; d < key.Length; d++)
            key[d] = ReadNumber(source + ((nint)d * Panel * Storage.ElementBytes())) * scale;
    }

    /// <summary>Reads one value as it was rounded.</summary>
    internal void ReadValue(byte* chunk, int site, int layer, int head, int slot, Span<float> value)
    {
        var source = Value(chunk, site, layer, head);
        var scale = Storage.HasScales() ? ValueScales(chunk, site, layer, head)[slot] : 1;
        for (var d = 0; d < value.Length; d++)
            value[d] = ReadNumber(source + (ValueOffset(slot, d) * Storage.ElementBytes())) * scale;
    }

    private void WriteKey<TFormat>(byte* chunk, int site, int layer, int head, int slot, float* key)
        where TFormat : struct, IKvFormat
    {
        var size = _sites[site].KeySize;
        var factor = 1f;
        if (TFormat.HasScale)
            factor = StoreScale<TFormat>(key, size, KeyScales(chunk, site, layer, head) + slot);
        var target = Key(chunk, site, layer, head) + (KeyOffset(slot, size) * TFormat.Bytes);
        var row = (nint)Panel * TFormat.Bytes;
        for (var d = 0; d < size; d++, target += row)
            TFormat.Store(key[d], factor, target);
    }

    private void WriteValue<TFormat>(byte* chunk, int site, int layer, int head, int slot, float* value)
        where TFormat : struct, IKvFormat
    {
        var size = _sites[site].ValueSize;
        var factor = 1f;
        if (TFormat.HasScale)
            factor = StoreScale<TFormat>(value, size, ValueScales(chunk, site, layer, head) + slot);
        var start = Value(chunk, site, layer, head);
        for (var d = 0; d < size; d += Panel)
        {
            var target = start + (ValueOffset(slot, d) * TFormat.Bytes);
            var count = Math.Min(Panel, size - d);
            for (var i = 0; i < count; i++)
                TFormat.Store(value[d + i], factor, target + (i * TFormat.Bytes));

            // The rest of the last panel is multiplied with weights, and its products are dropped; they must not be NaN.
            for (var i = count; i < Panel; i++)
                TFormat.Store(0, factor, target + (i * TFormat.Bytes));
        }
    }

    private static float StoreScale<TFormat>(float* vector, int size, float* target)
        where TFormat : struct, IKvFormat
    {
        var scale = TFormat.Scale(vector, size);
        *target = scale;
        return float.IsFinite(1 / scale) ? 1 / scale : 0;
    }

    private float ReadNumber(byte* source) => Storage switch
    {
        KvStorage.F32 => F32Format.Read(source),
        KvStorage.BF16 => BFloat16Format.Read(source),
        _ => Int8Format.Read(source),
    };

    // Numbers from the beginning of the keys, or of the values.
    private nint KeyOffset(int slot, int size) => ((nint)(slot / Panel) * size * Panel) + (slot % Panel);

    private nint ValueOffset(int slot, int d) => ((((nint)(d / Panel) * ChunkSize) + slot) * Panel) + (d % Panel);

    // Places of heads are indexed in 32 bits and computed in 64. The store refuses chunks that do not fit into memory.
    private void RequireAddressable(int padding)
    {
        foreach (var site in _sites)
        {
            if (site.Layers < 0 || site.KvHeads < 0 || site.KeySize < 0 || site.ValueSize < 0 || site.ValueSize > int.MaxValue - Panel)
                throw new ArgumentException($"The cache site {site} has a size out of range.");
            var heads = (long)site.Layers * site.KvHeads;
            var bytes = (Int128)heads * (HeadBytes(site) + padding);
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

    private static void Copy(byte* from, byte* to, nint bytes) => Buffer.MemoryCopy(from, to, bytes, bytes);

    private nint HeadBytes(CacheSite site)
    {
        var numbers = ((nint)site.KeySize + ((site.ValueSize + Panel - 1) / Panel * Panel)) * ChunkSize;
        var scales = Storage.HasScales() ? 2 * (nint)ChunkSize * sizeof(float) : 0;
        return ((numbers * Storage.ElementBytes()) + scales + 63) & ~(nint)63;
    }
}
