namespace Cambium.Runtime.Cache;

/// <summary>
/// Leaves without users in the order of eviction: the lowest priority first, then the least recently used (LRU). A binary heap; every node stores its
/// index.
/// </summary>
/// <param name="capacity">Nodes that may be here at once.</param>
internal sealed class EvictionQueue(int capacity)
{
    private readonly Node[] _heap = new Node[capacity];

    /// <summary>Nodes in the queue.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a node; its <see cref="Node.Priority"/> and <see cref="Node.LastUsed"/> must not change while it is here.</summary>
    public void Add(Node node)
    {
        node.QueueSlot = Count;
        _heap[Count++] = node;
        Up(node);
    }

    /// <summary>Removes a node at any place.</summary>
    public void Remove(Node node)
    {
        var last = _heap[--Count];
        _heap[Count] = null!;
        if (!ReferenceEquals(last, node))
        {
            last.QueueSlot = node.QueueSlot;
            _heap[last.QueueSlot] = last;
            Up(last);
            Down(last);
        }

        node.QueueSlot = -1;
    }

    /// <summary>The node to evict first, or null.</summary>
    public Node? Peek() => Count == 0 ? null : _heap[0];

    /// <summary>Whether a node is evicted before another one.</summary>
    public static bool Before(Node a, Node b) =>
        a.Priority != b.Priority ? a.Priority < b.Priority : a.LastUsed != b.LastUsed ? a.LastUsed < b.LastUsed : a.Born < b.Born;

    private void Up(Node node)
    {
        while (node.QueueSlot > 0)
        {
            var parent = _heap[(node.QueueSlot - 1) / 2];
            if (!Before(node, parent))
                return;
            Swap(node, parent);
        }
    }

    private void Down(Node node)
    {
        while (true)
        {
            var child = (2 * node.QueueSlot) + 1;
            if (child >= Count)
                return;
            if (child + 1 < Count && Before(_heap[child + 1], _heap[child]))
                child++;
            if (!Before(_heap[child], node))
                return;
            Swap(node, _heap[child]);
        }
    }

    private void Swap(Node a, Node b)
    {
        (a.QueueSlot, b.QueueSlot) = (b.QueueSlot, a.QueueSlot);
        _heap[a.QueueSlot] = a;
        _heap[b.QueueSlot] = b;
    }
}
