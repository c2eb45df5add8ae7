namespace Cambium.Runtime.Cache;

// Adding everything up.
public sealed partial class PrefixTree
{
    /// <summary>Walks all nodes and compares what it finds with what is kept count of. For tests and idle moments: takes time in proportion to the pool.</summary>
    /// <exception cref="InvalidOperationException">Something does not add up; the message has the numbers.</exception>
    public void CheckIntegrity()
    {
        var (inUse, cached, alive, queued) = (0, 0, 0, 0);
        var (used, cachedOf, pinnedOf) = (new Dictionary<Budget, int>(), new Dictionary<Budget, int>(), new Dictionary<Budget, int>());
        var users = new int[_nodes.Length];
        var children = new int[_nodes.Length];
        var activeChildren = new int[_nodes.Length];
        foreach (var node in _nodes)
        {
            if (!node.Alive)
                continue;
            alive++;
            users[node.Index] += node.Holds;
            if (node.Parent is { } parent)
            {
                Check(parent.Alive, node, "hangs below a node that was removed");
                Check(IsComplete(parent), node, $"hangs below node {parent.Index}, which has {parent.Scheduled} of {ChunkSize} tokens");
                Check(
                    node.FirstPosition == parent.EndPosition || node.Source == NodeSource.Given,
                    node,
                    $"begins at {node.FirstPosition}, its parent ends at {parent.EndPosition}");
                users[parent.Index] += node.Users;
                children[parent.Index]++;
                activeChildren[parent.Index] += node.Users > 0 ? 1 : 0;
            }

            if (node.Page >= 0)
            {
                Check(_store.IsTaken(node.Page), node, $"uses page {node.Page}, which is free");
                _ = node.Users > 0 ? inUse++ : cached++;
            }

            Check(node.Computed <= node.Scheduled && node.Scheduled <= node.Known && node.Known <= ChunkSize, node,
                $"has {node.Computed} computed, {node.Scheduled} scheduled, {node.Known} known of {ChunkSize} tokens");
            Check(node.Users > 0 || node.Owner < 0, node, $"is written by sequence {node.Owner}, which does not use it");
            Check(
                node.Source != NodeSource.Tokens || node.Sealed == (node.Scheduled == ChunkSize),
                node,
                $"has {node.Scheduled} of {ChunkSize} tokens and is {(node.Sealed ? "" : "not ")}found as full");
            Check(node.Source != NodeSource.Tokens || node.Scheduled > 0 || node.Users > 0, node, "is empty and unused");
            Check(node.Source != NodeSource.Tokens || !node.Sealed || IsFound(node), node, "is full and not found by its tokens");
            Check(node.Stored == (node.Page >= 0 && node.Computed == node.Scheduled && IsNamed(node)), node, $"was {(node.Stored ? "" : "not ")}said to be complete");
            Check(node.Pins == 0 || node.Users > 0, node, $"is pinned {node.Pins} times and has no users");
            if (node.QueueSlot >= 0)
                queued++;
            if (node.Pins > 0)
                pinnedOf[node.Tenant!.Budget] = pinnedOf.GetValueOrDefault(node.Tenant.Budget) + 1;
            if (node.Page >= 0)
            {
                used[node.Tenant!.Budget] = used.GetValueOrDefault(node.Tenant.Budget) + 1;
                cachedOf[node.Tenant.Budget] = cachedOf.GetValueOrDefault(node.Tenant.Budget) + (node.Users == 0 ? 1 : 0);
            }

            Check(node.Published == 0 || (node.Users > 0 && node.Tenant!.Id == Public), node, $"is published {node.Published} times, has {node.Users} users and is of tenant '{node.Tenant!.Name}'");
            Check(node.QueueSlot >= 0 == (node is { Users: 0, ChildCount: 0, Page: >= 0 }), node,
                $"has {node.Users} users and {node.ChildCount} children and is {(node.QueueSlot >= 0 ? "" : "not ")}in the eviction queue");
        }

        foreach (var node in _nodes)
        {
            if (!node.Alive)
                continue;
            Check(users[node.Index] == node.Users, node, $"counts {node.Users} users and has {users[node.Index]}");
            Check(children[node.Index] == node.ChildCount, node, $"counts {node.ChildCount} children and has {children[node.Index]}");
            var linked = 0;
            for (var child = node.ActiveFirst; child is not null; child = child.ActiveNext)
                linked++;
            Check(linked == activeChildren[node.Index], node, $"links {linked} children in use and has {activeChildren[node.Index]}");
        }

        foreach (var budget in _tenants.OfType<Tenant>().Select(static tenant => tenant.Budget).Distinct())
        {
            if (used.GetValueOrDefault(budget) != budget.Used || cachedOf.GetValueOrDefault(budget) != budget.Cached || budget.Used > budget.Quota || pinnedOf.GetValueOrDefault(budget) != budget.Pinned)
            {
                throw new InvalidOperationException(
                    $"A share of {budget.Quota} pages counts {budget.Used} used, {budget.Cached} cached and {budget.Pinned} pinned, and has {used.GetValueOrDefault(budget)}, {cachedOf.GetValueOrDefault(budget)} and {pinnedOf.GetValueOrDefault(budget)}.");
            }
        }

        if (inUse != PagesInUse || cached != CachedPages || FreePages + cached + inUse != Pages
            || queued != Queued() || alive + _freeNodeCount != _nodes.Length)
        {
            throw new InvalidOperationException(
                $"The tree does not add up: {FreePages} pages free + {cached} cached (counted {CachedPages}) + {inUse} in use (counted {PagesInUse}) of {Pages}; "
                + $"{queued} nodes to evict (queues {Queued()}); {alive} nodes + {_freeNodeCount} spare of {_nodes.Length}.");
        }
    }

    private int Queued() => _tenants.OfType<Tenant>().Select(static tenant => tenant.Budget).Distinct().Sum(static budget => budget.Evictable.Count);

    private bool IsFound(Node node)
    {
        for (var i = _full.First(FullKey(node.Parent!, TokensOf(node), node.Tenant!.Id)); i >= 0; i = _full.Next(i))
        {
            if (i == node.Index)
                return true;
        }

        return false;
    }

    private static void Check(bool holds, Node node, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"Node {node.Index} ({node.Source}) {what}.");
    }
}
