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

    /// <summary>Evicts the first leaf of a budget's queue.</summary>
    /// <returns>False if nothing is cached.</returns>
    public bool EvictOne(Budget budget)
    {
        if (budget.Evictable.Peek() is not { } node)
            return false;
        Count++;
        Remove(node);
        return true;
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
        if (parent.Source == NodeSource.Root)
            Remove(parent);
        else
            NodeTable.Queue(parent);
    }
}
