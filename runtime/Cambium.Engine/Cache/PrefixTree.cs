using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Cache;

/// <summary>
/// The KV cache of all sequences, running and remembered, as one tree for all layers. A path from a root is the beginning of a sequence; sequences
/// share the nodes of their common prefix.
/// </summary>
/// <remarks>
/// <para>A node of tokens holds one chunk of them, cut at multiples of the chunk size counted from the last node that isn't tokens, so that
/// boundaries are a property of the sequence. Only the last node of a path may be part full; sequences share full nodes and copy the
/// matching part of others (copy-on-write).</para>
/// <para>A sequence has a handle to the last node of its path, and every call that moves it updates the handle. A node with users stays;
/// others stay until their page is needed, of low priority first and then least recently used first. Not thread safe: one loop owns a tree.</para>
/// </remarks>
public sealed class PrefixTree : IDisposable
{
    private readonly NodeTable _nodes;
    private readonly Tenants _tenants;
    private readonly Eviction _eviction;
    private readonly Users _users;
    private readonly Matching _matching;
    private readonly Growth _growth;
    private readonly Pins _pins;
    private readonly NodeNames _names;
    private readonly TreeArchive _archive;

    /// <param name="store">The device's pages. They belong to the tree, which disposes the store.</param>
    /// <param name="quotas">Pages that are reserved for tenants; the others share the rest.</param>
    /// <exception cref="ArgumentException">The quotas leave no page for other tenants.</exception>
    public PrefixTree(ChunkStore store, IReadOnlyDictionary<string, int>? quotas = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _tenants = new Tenants(store.Pages, quotas);
        _nodes = new NodeTable(store, _tenants);
        _eviction = new Eviction(_nodes);
        _users = new Users(_nodes, _eviction);
        _matching = new Matching(_nodes, _users, _eviction);
        _growth = new Growth(_nodes, _users, _eviction);
        _pins = new Pins(_nodes, _users, _eviction);
        _names = new NodeNames(_nodes);
        _archive = new TreeArchive(_nodes, _eviction);
    }

    /// <summary>Tokens in a full node.</summary>
    public int ChunkSize => _nodes.ChunkSize;

    /// <summary>Bytes of one chunk.</summary>
    public long ChunkBytes => _nodes.Store.PageBytes;

    /// <summary>Chunks in the pool.</summary>
    public int Pages => _nodes.Store.Pages;

    /// <summary>Chunks that hold nothing.</summary>
    public int FreePages => _nodes.Store.Free;

    /// <summary>Chunks without users, which are evicted when pages are needed.</summary>
    public int CachedPages => _nodes.CachedPages;

    /// <summary>Chunks on the path of a handle.</summary>
    public int PagesInUse => _nodes.PagesInUse;

    /// <summary>Cached chunks evicted so far.</summary>
    public long Evictions => _eviction.Count;

    /// <summary>Tenants that have a quota, a node or a handle.</summary>
    public int Tenants => _tenants.Count;

    /// <summary>Changes if the path of a handle changes in another way than by tokens added to its last node.</summary>
    public long StructureVersion => _nodes.StructureVersion;

    /// <summary>The device's pages.</summary>
    internal ChunkStore Store => _nodes.Store;

    internal Dictionary<RootKey, Node>.ValueCollection Roots => _nodes.Roots;

    /// <summary>Nodes of the tree, roots included.</summary>
    internal int NodeCount => _nodes.All.Length - _nodes.FreeNodes;

    /// <summary>Finds a loaded content by its identity, for nodes below it in a file.</summary>
    internal Func<string, NodeContent?> FindContent
    {
        get => _archive.FindContent;
        set => _archive.FindContent = value;
    }

    /// <summary>Called when a chunk becomes complete, and when a complete one is removed. Must not change the tree.</summary>
    internal Action<TreeEventKind, Node>? Changed
    {
        get => _nodes.Changed;
        set => _nodes.Changed = value;
    }

    /// <summary>Begins a sequence: a handle at the root of a namespace.</summary>
    /// <exception cref="ArgumentException">A name in the key cannot be saved: it is not valid Unicode or too long.</exception>
    public NodeHandle Enter(in RootKey key)
    {
        var tenant = _tenants.Get(key.Tenant);
        return _users.Hold(_nodes.RootOf(key), tenant);
    }

    /// <summary>The length of a path, including the tokens placed for the coming step.</summary>
    public PathLength LengthOf(NodeHandle at) => _nodes.At(at).PathLength;

    /// <summary>Pages that a sequence of this namespace can have: free ones, and cached ones that would be evicted for it.</summary>
    public int AvailablePages(in RootKey key) => BudgetOf(key).Available;

    /// <summary>Pages of this namespace's budget.</summary>
    public int QuotaPages(in RootKey key) => BudgetOf(key).Quota;

    /// <summary>
    /// Moves a handle down whole cached chunks as far as they hold the given tokens. Chunks that the coming step completes count: their keys and
    /// values are stored before that step's attention reads them.
    /// </summary>
    /// <param name="at">The sequence's handle; moved.</param>
    /// <param name="tokens">The sequence's tokens from the handle on.</param>
    /// <returns>Tokens passed; a multiple of the chunk size, 0 inside a chunk.</returns>
    public int Follow(ref NodeHandle at, ReadOnlySpan<int> tokens) => _matching.Follow(ref at, tokens);

    /// <summary>
    /// Gives the sequence a node of its own that begins with the longest part of a chunk that matches its tokens: an unused leaf is taken over, of
    /// any other node the matching part is copied.
    /// </summary>
    /// <param name="at">The sequence's handle, at the end of a complete node; moved when the result is above 0.</param>
    /// <param name="tokens">The sequence's tokens from the handle on.</param>
    /// <param name="owner">The sequence's <see cref="Scheduling.Sequence.Place"/>: the writer of the new node.</param>
    /// <param name="pending">
    /// Another sequence is about to compute more of these tokens than exist now: it pays to ask again after the next step.
    /// </param>
    /// <returns>Tokens that exist now. 0 if none, if <paramref name="pending"/>, or without a page for the copy.</returns>
    public int Join(ref NodeHandle at, ReadOnlySpan<int> tokens, int owner, out bool pending) => _matching.Join(ref at, tokens, owner, out pending);

    /// <summary>How many of a sequence's tokens are cached in whole chunks, without beginning it.</summary>
    /// <returns>A multiple of the chunk size.</returns>
    public int Probe(in RootKey key, ReadOnlySpan<int> tokens) => Probe(key, [], tokens);

    /// <summary>How many of a sequence's tokens are cached in whole chunks below given contents, without beginning it.</summary>
    /// <returns>A multiple of the chunk size.</returns>
    public int Probe(in RootKey key, IReadOnlyList<NodeContent> contents, ReadOnlySpan<int> tokens) =>
        _nodes.Find(key, contents) is { } node ? _nodes.Index.Descend(ref node, tokens, _tenants.Find(key.Tenant)?.Id ?? -1) : 0;

    /// <summary>Whether all keys on a path exist.</summary>
    public bool IsComputed(NodeHandle at)
    {
        for (var node = At(at); node is not null; node = node.Parent)
        {
            if (node.Scheduled > node.Computed)
                return false;
        }

        return true;
    }

    /// <summary>Places tokens of the coming step at the end of a path, in the sequence's own node or in a new one after a complete node.</summary>
    /// <param name="at">The sequence's handle; moved to a new node if there is one.</param>
    /// <param name="tokens">All tokens known from the handle on; other sequences may wait for those after the first <paramref name="count"/>.</param>
    /// <param name="count">Tokens that the coming step computes.</param>
    /// <param name="owner">The sequence's <see cref="Scheduling.Sequence.Place"/>.</param>
    /// <returns>Tokens placed: at most what fits the node. 0 if all pages of the budget are in use.</returns>
    public int Append(ref NodeHandle at, ReadOnlySpan<int> tokens, int count, int owner) => _growth.Append(ref at, tokens, count, owner);

    /// <summary>
    /// The step has run: tokens placed on this path can be used by all sequences. If a chunk that became full exists twice, the newer one is removed
    /// and the handle moved to the older one.
    /// </summary>
    public void Commit(ref NodeHandle at) => _growth.Commit(ref at);

    /// <summary>Moves a handle down to the node of a given content, which is made if it does not exist. It takes no page.</summary>
    /// <exception cref="InvalidOperationException">The handle's node is of tokens and not full.</exception>
    public void Attach(ref NodeHandle at, NodeContent content) => _growth.Attach(ref at, content);

    /// <summary>Removes the nodes of a content, with everything below them, from the cache.</summary>
    /// <exception cref="InvalidOperationException">A handle uses it.</exception>
    public void RemoveContent(NodeContent content)
    {
        if (_nodes.Alive.Any(node => node.Content == content && node.Users > 0))
            throw new InvalidOperationException($"'{content.Name}' is in use.");
        _eviction.RemoveContent(content);
    }

    /// <summary>
    /// Ends a handle: the only way in which a sequence gives its chunks back. Computed tokens stay cached while there is room; tokens placed for
    /// a step that has not run are forgotten.
    /// </summary>
    /// <param name="at">The handle.</param>
    /// <param name="priority">
    /// Cache priority of the chunks on its path, unless another user had a higher one. Chunks of lower priority are evicted first.
    /// </param>
    public void Release(NodeHandle at, int priority = 0) => _users.Release(at, priority);

    /// <summary>Evicts the least recently used cached chunk of the lowest priority, of those that tenants without a quota share.</summary>
    /// <returns>False if no chunk is cached.</returns>
    public bool EvictOne() => _eviction.EvictOne(_tenants.Common);

    /// <summary>Keeps the complete chunks at the beginning of a path until the pin is released.</summary>
    /// <param name="at">A handle, which may be another pin: a fork of it.</param>
    /// <param name="tokens">Tokens of the path to keep at most; an end inside a chunk keeps the chunks before it.</param>
    /// <param name="publish">Whether all tenants may read them; the path must be of the tenant without a name.</param>
    /// <param name="pin">A handle to the last chunk kept, for <see cref="Unpin"/>.</param>
    /// <returns>Whether there is a pin: not if no complete chunk is to be kept.</returns>
    public bool TryPin(NodeHandle at, int tokens, bool publish, out NodeHandle pin) => _pins.TryPin(at, tokens, publish, out pin);

    /// <summary>Ends a pin.</summary>
    /// <param name="pin">The handle from <see cref="TryPin"/>.</param>
    /// <param name="published">As it was given there.</param>
    /// <param name="priority">Of the chunks, as in <see cref="Release"/>.</param>
    public void Unpin(NodeHandle pin, bool published, int priority = 0) => _pins.Unpin(pin, published, priority);

    /// <summary>
    /// Removes the cached chunks of a sequence that nothing else uses: from the end up to the first node that others use or continue.
    /// </summary>
    /// <param name="key">The namespace.</param>
    /// <param name="tokens">The sequence to forget; a part-full chunk at its end is also removed if it has no further tokens.</param>
    /// <returns>Chunks removed.</returns>
    public int Forget(in RootKey key, ReadOnlySpan<int> tokens) => Forget(key, [], tokens);

    /// <summary>The same for a sequence that stands on given contents.</summary>
    public int Forget(in RootKey key, IReadOnlyList<NodeContent> contents, ReadOnlySpan<int> tokens) => _pins.Forget(key, contents, tokens);

    /// <summary>Writes all complete chunks of all tenants, those in use and those cached, into a file: whole or not at all.</summary>
    /// <param name="path">A regular file, which is replaced, a link to one, or a path where no file is.</param>
    /// <param name="cancellation">Checked between chunks. After a cancellation nothing is written.</param>
    /// <returns>Chunks written.</returns>
    /// <exception cref="IOException">The file cannot be written, or the path is a device, a pipe or a folder.</exception>
    public int Save(string path, CancellationToken cancellation = default) => _archive.Save(path, cancellation);

    /// <summary>
    /// Loads chunks from a file into the cache, the most recently used first, until no page is free. Evicts nothing.
    /// </summary>
    /// <param name="key">The namespace whose chunks are wanted, of all tenants; others are passed over.</param>
    /// <param name="path">
    /// A file that <see cref="Save"/> wrote. It is trusted: the checksum detects damage but no forgery, and the keys and values in it decide answers.
    /// </param>
    /// <param name="cancellation">Checked between chunks. After a cancellation nothing is taken.</param>
    /// <returns>Chunks taken.</returns>
    /// <exception cref="TreeFileException">
    /// It is damaged, or was made by another program, build or instruction set; nothing of it was taken.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public int Load(RootKey key, string path, CancellationToken cancellation = default) => _archive.Load(key, path, cancellation);

    /// <summary>All nodes as they are now. Takes time in proportion to the tree.</summary>
    public TreeSnapshot Snapshot() => _names.Snapshot();

    /// <summary>
    /// Walks all nodes and compares them with the counts that are kept. For tests and idle moments: takes time in proportion to the pool.
    /// </summary>
    /// <exception cref="InvalidOperationException">Counts differ; the message has the numbers.</exception>
    public void CheckIntegrity() => new TreeIntegrityCheck(_nodes, _names).Run();

    /// <summary>Frees the pages. Handles become meaningless.</summary>
    public void Dispose() => _nodes.Store.Dispose();

    internal Node At(NodeHandle handle) => _nodes.At(handle);

    internal Node Node(int index) => _nodes[index];

    internal Span<int> TokensOf(Node node) => _nodes.TokensOf(node);

    internal Budget BudgetOf(in RootKey key) => _tenants.BudgetOf(key.Tenant);

    /// <summary>Whether a content is on the path of a handle.</summary>
    internal bool Uses(NodeHandle at, NodeContent content)
    {
        for (var node = At(at); node is not null; node = node.Parent)
        {
            if (node.Content == content)
                return true;
        }

        return false;
    }

    /// <summary>The budgets whose pages are on a path: more than one if a tenant reads what another one published.</summary>
    internal Budget[] BudgetsOf(NodeHandle at)
    {
        List<Budget> budgets = [];
        for (var node = At(at); node.Source != NodeSource.Root; node = node.Parent!)
        {
            if (node.Page >= 0 && !budgets.Contains(node.Tenant!.Budget))
                budgets.Add(node.Tenant.Budget);
        }

        return [.. budgets];
    }

    /// <summary>Complete chunks, parents before their children.</summary>
    internal IEnumerable<Node> StoredNodes() =>
        _nodes.Alive.Where(static node => node.Stored).OrderBy(static node => node.FirstPosition).ThenBy(static node => node.Born);

    /// <summary>The <see cref="ChunkName"/> of a root or a complete chunk.</summary>
    internal byte[] NameOf(Node node) => _names.Of(node);
}
