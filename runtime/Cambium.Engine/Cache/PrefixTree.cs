using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Cache;

/// <summary>
/// The keys and values of all sequences, running and remembered, as one tree for all layers. A path from a root is the beginning of a
/// sequence; whatever sequences have in common is there once.
/// </summary>
/// <remarks>
/// <para>A node of tokens holds one chunk of them, cut at multiples of the chunk size counted from the last node that isn't tokens, so that
/// boundaries are a property of the sequence. Only the last node of a path may be part full; sequences share full nodes and copy the
/// matching part of others.</para>
/// <para>A sequence has a handle to the last node of its path and every call that moves it updates the handle. A node with users stays;
/// others stay until their page is needed, of low priority first and then least recently used first. Not thread safe: one loop owns a tree.</para>
/// </remarks>
public sealed partial class PrefixTree : IDisposable
{
    private readonly ChunkStore _store;
    private readonly int[] _tokens;
    private readonly ChunkHash _hash;
    private readonly Dictionary<RootKey, Node> _roots = [];
    private readonly NodeIndex _full = new();
    private readonly NodeIndex _starts = new();
    private Node[] _nodes = [];
    private int[] _freeNodes = [];
    private int _freeNodeCount;
    private long _clock;
    private long _births;

    /// <param name="store">The device's pages. They belong to the tree, which disposes the store.</param>
    /// <param name="quotas">Pages that are reserved for tenants; the others share the rest.</param>
    /// <exception cref="ArgumentException">The quotas leave no page for other tenants.</exception>
    public PrefixTree(ChunkStore store, IReadOnlyDictionary<string, int>? quotas = null)
    {
        var pages = store.Pages;
        var reserved = quotas?.Values.Sum(static quota => (long)quota) ?? 0;
        if (reserved >= pages)
            throw new ArgumentException($"Quotas of {reserved} chunks leave none of {pages} for others.", nameof(quotas));
        _common = new Budget(pages - (int)reserved);
        AddTenant("", _common, isLasting: true);
        foreach (var (name, quota) in quotas ?? new Dictionary<string, int>())
            AddTenant(name, new Budget(quota), isLasting: true);
        _store = store;
        _tokens = new int[checked(pages * store.ChunkSize)];
        _hash = new ChunkHash(store.ChunkSize);
        GrowNodes(pages + 16);
    }

    /// <summary>Tokens in a full node.</summary>
    public int ChunkSize => _store.ChunkSize;

    /// <summary>Bytes of one chunk.</summary>
    public long ChunkBytes => _store.PageBytes;

    /// <summary>Chunks in the pool.</summary>
    public int Pages => _store.Pages;

    /// <summary>Chunks nobody needs.</summary>
    public int FreePages => _store.Free;

    /// <summary>Chunks below no handle: they are given up when pages are needed.</summary>
    public int CachedPages { get; private set; }

    /// <summary>Chunks on the path of a handle.</summary>
    public int PagesInUse { get; private set; }

    /// <summary>Cached chunks given up so far.</summary>
    public long Evictions { get; private set; }

    /// <summary>Changes whenever a path of a handle changes other than by tokens in its last node.</summary>
    public long StructureVersion { get; private set; }

    /// <summary>The device's pages.</summary>
    internal ChunkStore Store => _store;

    internal Dictionary<RootKey, Node>.ValueCollection Roots => _roots.Values;

    internal Node At(NodeHandle handle)
    {
        var node = (uint)handle.Index < (uint)_nodes.Length ? _nodes[handle.Index] : null;
        if (node is not { Alive: true } || node.Version != handle.Version)
            throw new InvalidOperationException($"Node {handle.Index} (life {handle.Version}) is not in the tree any more.");
        return node;
    }

    internal Node Node(int index) => _nodes[index];

    internal Span<int> TokensOf(Node node) => _tokens.AsSpan(node.Page * ChunkSize, ChunkSize);

    /// <summary>Begins a sequence: a handle at the root of a namespace.</summary>
    public NodeHandle Enter(in RootKey key)
    {
        var root = RootOf(key with { Tenant = "" });
        var tenant = TenantOf(key.Tenant);
        tenant.Uses++;
        Hold(root);
        return Handle(root, tenant.Id);
    }

    private Node RootOf(in RootKey key)
    {
        if (_roots.TryGetValue(key, out var root))
            return root;
        root = NewNode(NodeSource.Root, null, -1, _tenants[Public]!);
        root.Key = key;
        _roots.Add(key, root);
        return root;
    }

    /// <summary>Keys on the path that are there, or will be when the coming step has run.</summary>
    public int Keys(NodeHandle at)
    {
        var keys = 0;
        for (var node = At(at); node is not null; node = node.Parent)
            keys += node.Scheduled;
        return keys;
    }

    /// <summary>Frees the pool. Handles become meaningless.</summary>
    public void Dispose() => _store.Dispose();

    private static NodeHandle Handle(Node node, int tenant) => new(node.Index, node.Version, tenant);

    // A child may only follow a node to which nothing will be added.
    private bool IsComplete(Node node) => node.Source != NodeSource.Tokens || node.Scheduled == ChunkSize;

    private bool TryTakePage(Budget budget, out int page)
    {
        page = -1;
        if ((budget.Used == budget.Quota && !EvictOne(budget)) || !_store.TryTake(out page))
            return false;
        budget.Used++;
        return true;
    }

    private Node NewNode(NodeSource source, Node? parent, int page, Tenant tenant)
    {
        if (_freeNodeCount == 0)
            GrowNodes(_nodes.Length * 2);
        var node = _nodes[_freeNodes[--_freeNodeCount]];
        node.Alive = true;
        node.Source = source;
        node.Parent = parent;
        node.Page = page;
        node.FirstPosition = node.EndPosition = parent?.EndPosition ?? 0;
        node.LastUsed = _clock;
        node.Priority = int.MinValue;
        node.Born = ++_births;
        node.Tenant = tenant;
        tenant.Uses++;
        if (parent is not null)
        {
            parent.ChildCount++;
            if (parent.QueueSlot >= 0)
                QueueOf(parent).Remove(parent);
        }

        if (page >= 0)
            CountCached(node, 1);
        return node;
    }

    private void GrowNodes(int count)
    {
        var old = _nodes.Length;
        Array.Resize(ref _nodes, count);
        Array.Resize(ref _freeNodes, count);
        for (var i = count - 1; i >= old; i--)
        {
            _nodes[i] = new Node(i);
            _freeNodes[_freeNodeCount++] = i;
        }

        _full.Grow(count);
        _starts.Grow(count);
    }

    private static EvictionQueue QueueOf(Node node) => node.Tenant!.Budget.Evictable;

    private void CountCached(Node node, int pages)
    {
        CachedPages += pages;
        node.Tenant!.Budget.Cached += pages;
    }

    private static ulong StartKey(Node parent, int token, int tenant) => NodeIndex.Mix(NodeIndex.Mix((ulong)(uint)parent.Index, (uint)token), (uint)tenant);

    private ulong FullKey(Node parent, ReadOnlySpan<int> tokens, int tenant) => NodeIndex.Mix(NodeIndex.Mix(_hash.Of(tokens), (uint)parent.Index), (uint)tenant);
}
