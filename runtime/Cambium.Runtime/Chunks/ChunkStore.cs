namespace Cambium.Runtime.Chunks;

/// <summary>
/// The KV cache of one engine on one device: equal pages of one chunk each, for all sites, layers and heads. The host names pages by number. The list
/// of free pages is host data; a device derives from this class and adds the memory.
/// </summary>
public abstract class ChunkStore : IDisposable
{
    private readonly int[] _free;
    private readonly bool[] _taken;
    private readonly Lock _contentsLock = new();
    private readonly List<bool> _contents = [];

    /// <param name="chunkSize">Tokens of a page.</param>
    /// <param name="pages">Pages.</param>
    /// <param name="pageBytes">Bytes of a page.</param>
    /// <param name="storage">Type of the keys and values.</param>
    protected ChunkStore(int chunkSize, int pages, long pageBytes, KvStorage storage = KvStorage.F32)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pages);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageBytes);
        (ChunkSize, Pages, PageBytes, Storage) = (chunkSize, pages, pageBytes, storage);
        _taken = new bool[pages];
        _free = new int[pages];
        // Page 0 is on top: a small load stays in memory that the system has committed already.
        for (var i = 0; i < pages; i++)
            _free[i] = pages - 1 - i;
        Free = pages;
    }

    /// <summary>Tokens of a page.</summary>
    public int ChunkSize { get; }

    /// <summary>Pages of the store.</summary>
    public int Pages { get; }

    /// <summary>Pages that are not taken.</summary>
    public int Free { get; private set; }

    /// <summary>Bytes of a page.</summary>
    public long PageBytes { get; }

    /// <summary>Type of the keys and values.</summary>
    public KvStorage Storage { get; }

    /// <summary>
    /// Identifies everything that gives the bytes of a page their meaning and their bits: device, layout, storage, instruction set and build. Pages
    /// that were read from a store with another format must not be written to this one.
    /// </summary>
    public abstract string Format { get; }

    /// <summary>For simulations: returns true to refuse the page that is asked for.</summary>
    internal Func<bool>? Refuses { get; set; }

    /// <summary>Takes a page, if one is free. Its content is left over from earlier use.</summary>
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

    /// <summary>Gives a taken page back.</summary>
    /// <exception cref="InvalidOperationException">The page is not taken.</exception>
    public void Give(int page)
    {
        if (!_taken[page])
            throw new InvalidOperationException($"Page {page} was given back twice.");
        _taken[page] = false;
        _free[Free++] = page;
    }

    /// <summary>Whether the page is taken.</summary>
    public bool IsTaken(int page) => _taken[page];

    /// <summary>
    /// Copies the keys and values of a page's first tokens, over all sites, layers and heads. The copy is complete before the next step of a program
    /// of this store reads or writes either page; a device may enqueue it.
    /// </summary>
    /// <param name="from">The page that holds them.</param>
    /// <param name="to">The page that receives them in the same slots. Its content after them is undefined.</param>
    /// <param name="tokens">How many; at most <see cref="ChunkSize"/>.</param>
    public abstract void CopyTokens(int from, int to, int tokens);

    /// <summary>Rounds and writes one key that the host computed.</summary>
    /// <param name="page">The page.</param>
    /// <param name="slot">Place in the chunk, below <see cref="ChunkSize"/>.</param>
    /// <param name="site">Index of the attention site.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="key">[key size]</param>
    public abstract void WriteKey(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> key);

    /// <summary>Rounds and writes one value that the host computed.</summary>
    /// <param name="page">The page.</param>
    /// <param name="slot">Place in the chunk, below <see cref="ChunkSize"/>.</param>
    /// <param name="site">Index of the attention site.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="value">[value size]</param>
    public abstract void WriteValue(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> value);

    /// <summary>Reads one key as it was rounded.</summary>
    /// <param name="page">The page.</param>
    /// <param name="slot">Place in the chunk, below <see cref="ChunkSize"/>.</param>
    /// <param name="site">Index of the attention site.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="key">[key size]</param>
    public abstract void ReadKey(int page, int slot, int site, int layer, int head, Span<float> key);

    /// <summary>Reads one value as it was rounded.</summary>
    /// <param name="page">The page.</param>
    /// <param name="slot">Place in the chunk, below <see cref="ChunkSize"/>.</param>
    /// <param name="site">Index of the attention site.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="head">Key/value head.</param>
    /// <param name="value">[value size]</param>
    public abstract void ReadValue(int page, int slot, int site, int layer, int head, Span<float> value);

    /// <summary>Contents that were added and not removed.</summary>
    public int Contents
    {
        get
        {
            lock (_contentsLock)
                return _contents.Count(static isThere => isThere);
        }
    }

    /// <summary>
    /// Copies what a node without a page adds to attention into the device's memory. It takes no page. May be called from any thread, while steps
    /// run.
    /// </summary>
    /// <param name="data">The content, for the sites of this store.</param>
    /// <param name="hasPositions">
    /// Whether its keys lie at positions, one after another. Otherwise every query sees them, and changes of scores that depend on positions do not
    /// apply.
    /// </param>
    /// <returns>Its number, which plans have in place of a page.</returns>
    /// <exception cref="ArgumentException">It is for other sites.</exception>
    /// <exception cref="InsufficientMemoryException">The device does not have the memory.</exception>
    public int Add(NodeData data, bool hasPositions)
    {
        ArgumentNullException.ThrowIfNull(data);
        lock (_contentsLock)
        {
            var free = _contents.IndexOf(false);
            var content = free < 0 ? _contents.Count : free;
            Put(content, data, hasPositions);
            if (free < 0)
                _contents.Add(true);
            else
                _contents[free] = true;
            return content;
        }
    }

    /// <summary>Frees the memory of a content. No plan that has its number may run any more.</summary>
    /// <exception cref="InvalidOperationException">There is no such content.</exception>
    public void Remove(int content)
    {
        lock (_contentsLock)
        {
            if ((uint)content >= (uint)_contents.Count || !_contents[content])
                throw new InvalidOperationException($"Content {content} was removed twice.");
            _contents[content] = false;
            Drop(content);
        }
    }

    /// <summary>Reads bytes of a page as they are stored, for a file.</summary>
    /// <param name="page">The page.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">Receives them.</param>
    public abstract void Read(int page, long offset, Span<byte> bytes);

    /// <summary>Writes bytes of a page that <see cref="Read"/> gave, from a store of the same <see cref="Format"/>.</summary>
    /// <param name="page">The page.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">The bytes.</param>
    public abstract void Write(int page, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Copies a content into the device's memory, under a number that is not in use. Calls take turns.</summary>
    protected abstract void Put(int content, NodeData data, bool hasPositions);

    /// <summary>Frees the memory of a content.</summary>
    protected abstract void Drop(int content);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}
