namespace Cambium.Runtime.Cache;

/// <summary>
/// Takes pages for new nodes, evicts unused leaves if no page is free, and removes nodes. Leaves are evicted by priority, then by last use (LRU).
/// </summary>
internal sealed class Eviction(NodeTable nodes)
{
    /// <summary>Cached chunks evicted so far.</summary>
    public long Count { get; private set; }

    /// <summary>Takes a page of a budget. Evicts a leaf if the budget is used up.</summary>
    /// <returns>False if all pages of the budget are in use, or the store refuses.</returns>
    public bool TryTakePage(Budget budget, out int page)
    {
        page = -1;
        if ((budget.Used == budget.Quota && !EvictOne(budget)) || !nodes.Store.TryTake(out page))
            return false;
        budget.Used++;
        return true;
    }

    /// <summary>Evicts the first leaf of a budget's queue. Chunks of other budgets below the budget's last cached chunks are evicted first.</summary>
    /// <returns>False if nothing is cached.</returns>
    public bool EvictOne(Budget budget)
    {
        while (budget.Cached > 0)
        {
            var own = budget.Evictable.Peek();
            if ((own ?? LeafBelow(budget)) is not { } leaf)
                return false;
            Count++;
            Remove(leaf);
            if (own is not null)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Removes a node without users and children, and gives its page back. This is the only place that gives pages back. A parent that becomes an
    /// unused leaf is queued for eviction.
    /// </summary>
    public void Remove(Node node)
    {
        NodeTable.Unqueue(node);
        if (node.Stored)
            nodes.Changed?.Invoke(TreeEventKind.Removed, node);
        var (parent, page) = (node.Parent, node.Page);
        if (page >= 0)
        {
            nodes.CountCached(node, -1);
            node.Tenant!.Budget.Used--;
        }

        nodes.Clear(node);
        if (page >= 0)
            nodes.Store.Give(page);
        if (parent is not { ChildCount: 0, Users: 0, QueueSlot: < 0 })
            return;
        // Nodes without a page are kept by what is below them.
        if (parent.Page < 0)
            Remove(parent);
        else
            NodeTable.Queue(parent);
    }

    /// <summary>Removes the nodes of a content with everything below them. They have no users.</summary>
    public void RemoveContent(NodeContent content)
    {
        foreach (var node in nodes.Alive.Where(node => node.Content == content).ToList())
        {
            // The node is removed with its last child.
            while (node.Alive && node.Content == content && LeafUnder(node) is { } leaf)
                Remove(leaf);
        }
    }

    // A tenant with a quota has continued chunks that were published, and a chunk with children is not in the queue. Rare, so all nodes are read.
    private Node? LeafBelow(Budget budget)
    {
        Node? first = null;
        foreach (var node in nodes.All)
        {
            if (node is { Alive: true, QueueSlot: >= 0 } && (first is null || EvictionQueue.Before(node, first)) && IsBelow(node, budget))
                first = node;
        }

        return first;
    }

    private Node? LeafUnder(Node top)
    {
        foreach (var node in nodes.All)
        {
            if (node is not { Alive: true, ChildCount: 0 })
                continue;
            for (var above = node; above is not null; above = above.Parent)
            {
                if (ReferenceEquals(above, top))
                    return node;
            }
        }

        return null;
    }

    private static bool IsBelow(Node node, Budget budget)
    {
        for (var above = node.Parent!; above.Source != NodeSource.Root; above = above.Parent!)
        {
            if (above.Page >= 0 && ReferenceEquals(above.Tenant!.Budget, budget))
                return above.Users == 0;
        }

        return false;
    }
}
