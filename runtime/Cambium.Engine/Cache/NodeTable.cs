using Cambium.Runtime.Chunks;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cache;

/// <summary>
/// The nodes of a tree, with their tokens, the roots and the indexes for finding nodes. It makes and frees nodes and keeps the parts of their
/// state that must change together; the classes above it decide when.
/// </summary>
internal sealed class NodeTable
{
    private readonly int[] _tokens;
    private readonly Dictionary<RootKey, Node> _roots = [];
    private Node[] _nodes = [];
    private int[] _free = [];
    private long _births;

    public NodeTable(ChunkStore store, Tenants tenants)
    {
        (Store, Tenants) = (store, tenants);
        _tokens = new int[checked(store.Pages * store.ChunkSize)];
        Index = new TokenIndex(this);
        Grow(store.Pages + 16);
    }

    public ChunkStore Store { get; }

    public Tenants Tenants { get; }

    /// <summary>Finds nodes by their tokens.</summary>
    public TokenIndex Index { get; }

    public int ChunkSize => Store.ChunkSize;

    /// <summary>Pages of nodes without users.</summary>
    public int CachedPages { get; private set; }

    /// <summary>Pages of nodes with users.</summary>
    public int PagesInUse { get; set; }

    /// <summary>Changes if the path of a handle changes in another way than by tokens added to its last node.</summary>
    public long StructureVersion { get; set; }

    /// <summary>Logical time: advances when a handle is released.</summary>
    public long Clock { get; set; }

    /// <summary>Called when a chunk becomes complete, and when a complete one is removed. Must not change the tree.</summary>
    public Action<TreeEventKind, Node>? Changed { get; set; }

    public Dictionary<RootKey, Node>.ValueCollection Roots => _roots.Values;

    /// <summary>All nodes, those that are not in the tree included.</summary>
    public ReadOnlySpan<Node> All => _nodes;

    /// <summary>The nodes of the tree.</summary>
    public IEnumerable<Node> Alive => _nodes.Where(static node => node.Alive);

    /// <summary>Nodes that are not in the tree.</summary>
    public int FreeNodes { get; private set; }

    public Node this[int index] => _nodes[index];

    /// <exception cref="InvalidOperationException">The handle's node was removed.</exception>
    public Node At(NodeHandle handle)
    {
        var node = (uint)handle.Index < (uint)_nodes.Length ? _nodes[handle.Index] : null;
        if (node is not { Alive: true } || node.Version != handle.Version)
            throw new InvalidOperationException($"Node {handle.Index} (life {handle.Version}) is not in the tree any more.");
        return node;
    }

    /// <summary>[ChunkSize] the node's tokens, of which <see cref="Node.Known"/> count.</summary>
    public Span<int> TokensOf(Node node) => _tokens.AsSpan(node.Page * ChunkSize, ChunkSize);

    /// <summary>Whether a child may follow: nothing will be added to the node.</summary>
    public bool IsComplete(Node node) => node.Source != NodeSource.Tokens || node.Scheduled == ChunkSize;

    public Node? FindRoot(in RootKey key) => _roots.GetValueOrDefault(key with { Tenant = "" });

    /// <summary>The node below which the tokens of sequences with these contents begin; null if there is none.</summary>
    public Node? Find(in RootKey key, IReadOnlyList<NodeContent> contents)
    {
        var node = FindRoot(key);
        for (var i = 0; i < contents.Count && node is not null; i++)
            node = Index.FindGiven(node, contents[i].Identity);
        return node;
    }

    /// <summary>The root of a namespace, which tenants share; a new one if there is none.</summary>
    public Node RootOf(in RootKey key)
    {
        if (FindRoot(key) is { } root)
            return root;
        StoredName.Require(key.Program, "The program's hash");
        StoredName.Require(key.Checkpoint, "The checkpoint's fingerprint");
        root = Add(NodeSource.Root, null, -1, Tenants[Tenants.Public]);
        root.Key = key with { Tenant = "" };
        _roots.Add(root.Key, root);
        return root;
    }

    /// <summary>Adds a node without users.</summary>
    /// <param name="source">Where its keys and values come from.</param>
    /// <param name="parent">The node before it; null for a root.</param>
    /// <param name="page">Its page, taken from the tenant's budget; -1 for a root and a given node.</param>
    /// <param name="tenant">Its tenant.</param>
    public Node Add(NodeSource source, Node? parent, int page, Tenant tenant)
    {
        if (FreeNodes == 0)
            Grow(_nodes.Length * 2);
        var node = _nodes[_free[--FreeNodes]];
        node.Alive = true;
        node.Source = source;
        node.Kind = source == NodeSource.Tokens ? NodeKind.Tokens : NodeKind.Mark;
        node.Parent = parent;
        node.Page = page;
        node.FirstPosition = node.EndPosition = parent?.EndPosition ?? 0;
        node.LastUsed = Clock;
        node.Priority = int.MinValue;
        node.Born = ++_births;
        node.Tenant = tenant;
        tenant.Uses++;
        if (parent is not null)
        {
            parent.ChildCount++;
            Unqueue(parent);
        }

        if (page >= 0)
            CountCached(node, 1);
        return node;
    }

    /// <summary>Adds a node for a given content. All tenants share it, and it leaves the tree with its last user and child.</summary>
    public Node AddGiven(Node parent, NodeContent content)
    {
        var node = Add(NodeSource.Given, parent, -1, Tenants[Tenants.Public]);
        (node.Content, node.Kind) = (content, content.Kind);
        node.Known = node.Scheduled = node.Computed = content.Keys;
        // Keys without positions end where the next token starts, so that every query is after them.
        node.FirstPosition = node.EndPosition + content.Positions - content.Keys;
        node.EndPosition += content.Positions;
        Index.Seal(node);
        return node;
    }

    /// <summary>Clears a node without users and children. The caller gives its page back.</summary>
    public void Clear(Node node)
    {
        if (node.Source == NodeSource.Root)
            _roots.Remove(node.Key);
        else
            Index.Remove(node);
        var tenant = node.Tenant!;
        if (node.Parent is { } parent)
            parent.ChildCount--;
        node.Alive = false;
        node.Version++;
        node.Parent = null;
        node.Page = -1;
        node.Content = null;
        node.Name = null;
        node.Key = default;
        node.Tenant = null;
        node.Sealed = false;
        node.Stored = false;
        node.Owner = -1;
        node.Known = node.Scheduled = node.Computed = 0;
        _free[FreeNodes++] = node.Index;
        Tenants.Leave(tenant);
    }

    /// <summary>Marks a chunk as complete.</summary>
    public void MarkStored(Node node)
    {
        node.Stored = true;
        Changed?.Invoke(TreeEventKind.Stored, node);
    }

    /// <summary>Counts pages of nodes without users.</summary>
    public void CountCached(Node node, int pages)
    {
        CachedPages += pages;
        node.Tenant!.Budget.Cached += pages;
    }

    /// <summary>Adds a node without users and children to the eviction queue.</summary>
    public static void Queue(Node node) => node.Tenant!.Budget.Evictable.Add(node);

    /// <summary>Takes a node out of the eviction queue if it is in it.</summary>
    public static void Unqueue(Node node)
    {
        if (node.QueueSlot >= 0)
            node.Tenant!.Budget.Evictable.Remove(node);
    }

    private void Grow(int count)
    {
        var old = _nodes.Length;
        Array.Resize(ref _nodes, count);
        Array.Resize(ref _free, count);
        for (var i = count - 1; i >= old; i--)
        {
            _nodes[i] = new Node(i);
            _free[FreeNodes++] = i;
        }

        Index.Grow(count);
    }
}
