namespace Cambium.Runtime.Cache;

/// <summary>Walks all nodes of a tree and compares them with the counts that are kept. Reads only; takes time in proportion to the pool.</summary>
internal sealed class TreeIntegrityCheck(NodeTable nodes, NodeNames names)
{
    private readonly int[] _users = new int[nodes.All.Length];
    private readonly int[] _children = new int[nodes.All.Length];
    private readonly int[] _activeChildren = new int[nodes.All.Length];
    private readonly Dictionary<Budget, (int Used, int Cached, int Pinned)> _budgets = [];
    private int _alive;
    private int _inUse;
    private int _cached;
    private int _queued;

    /// <exception cref="InvalidOperationException">Counts differ; the message has the numbers.</exception>
    public void Run()
    {
        foreach (var node in nodes.Alive)
        {
            Count(node);
            CheckParent(node);
            CheckTokens(node);
            CheckState(node);
        }

        foreach (var node in nodes.Alive)
            CheckLinks(node);
        foreach (var budget in nodes.Tenants.Budgets)
            CheckBudget(budget);
        CheckTotals();
    }

    private void Count(Node node)
    {
        _alive++;
        _users[node.Index] += node.Holds;
        if (node.Parent is { } parent)
        {
            _users[parent.Index] += node.Users;
            _children[parent.Index]++;
            _activeChildren[parent.Index] += node.Users > 0 ? 1 : 0;
        }

        if (node.QueueSlot >= 0)
            _queued++;
        var counts = _budgets.GetValueOrDefault(node.Tenant!.Budget);
        if (node.Page >= 0)
        {
            _ = node.Users > 0 ? _inUse++ : _cached++;
            counts.Used++;
            counts.Cached += node.Users == 0 ? 1 : 0;
        }

        counts.Pinned += node is { Pins: > 0, Page: >= 0 } ? 1 : 0;
        _budgets[node.Tenant.Budget] = counts;
    }

    private void CheckParent(Node node)
    {
        if (node.Parent is not { } parent)
            return;
        Check(parent.Alive, node, "hangs below a node that was removed");
        Check(nodes.IsComplete(parent), node, $"hangs below node {parent.Index}, which has {parent.Scheduled} of {nodes.ChunkSize} tokens");
        Check(
            node.FirstPosition == parent.EndPosition || node.Source == NodeSource.Given, node,
            $"begins at {node.FirstPosition}, its parent ends at {parent.EndPosition}");
    }

    private void CheckTokens(Node node)
    {
        Check(node.Page < 0 || nodes.Store.IsTaken(node.Page), node, $"uses page {node.Page}, which is free");
        Check(node.Computed <= node.Scheduled && node.Scheduled <= node.Known && (node.Known <= nodes.ChunkSize || node.Page < 0), node,
            $"has {node.Computed} computed, {node.Scheduled} scheduled, {node.Known} known of {nodes.ChunkSize} tokens");
        Check(node.Source != NodeSource.Tokens || node.Sealed == (node.Scheduled == nodes.ChunkSize), node,
            $"has {node.Scheduled} of {nodes.ChunkSize} tokens and is {(node.Sealed ? "" : "not ")}found as full");
        Check(node.Source != NodeSource.Tokens || node.Scheduled > 0 || node.Users > 0, node, "is empty and unused");
        Check(node.Page >= 0 == (node.Source == NodeSource.Tokens), node, $"has page {node.Page}");
        Check(node.Page >= 0 || node.Users > 0 || node.ChildCount > 0, node, "has no page and nothing below it");
        Check(!node.Sealed || nodes.Index.IsFound(node), node, "is full and not found by its content");
        Check(
            node.Stored == (node.Page >= 0 && node.Computed == node.Scheduled && names.Has(node)), node,
            $"was {(node.Stored ? "" : "not ")}reported as complete");
    }

    private static void CheckState(Node node)
    {
        Check(node.Users > 0 || node.Owner < 0, node, $"is written by sequence {node.Owner}, which does not use it");
        Check(node.Pins == 0 || node.Users > 0, node, $"is pinned {node.Pins} times and has no users");
        Check(node.Published == 0 || (node.Users > 0 && node.Tenant!.Id == Tenants.Public), node,
            $"is published {node.Published} times, has {node.Users} users and is of tenant '{node.Tenant!.Name}'");
        Check(node.QueueSlot >= 0 == (node is { Users: 0, ChildCount: 0, Page: >= 0 }), node,
            $"has {node.Users} users and {node.ChildCount} children and is {(node.QueueSlot >= 0 ? "" : "not ")}in the eviction queue");
    }

    private void CheckLinks(Node node)
    {
        Check(_users[node.Index] == node.Users, node, $"counts {node.Users} users and has {_users[node.Index]}");
        Check(_children[node.Index] == node.ChildCount, node, $"counts {node.ChildCount} children and has {_children[node.Index]}");
        var linked = 0;
        for (var child = node.ActiveFirst; child is not null; child = child.ActiveNext)
            linked++;
        Check(linked == _activeChildren[node.Index], node, $"links {linked} children in use and has {_activeChildren[node.Index]}");
    }

    private void CheckBudget(Budget budget)
    {
        var found = _budgets.GetValueOrDefault(budget);
        if (found != (budget.Used, budget.Cached, budget.Pinned) || budget.Used > budget.Quota)
        {
            throw new InvalidOperationException(
                $"A budget of {budget.Quota} pages counts {budget.Used} used, {budget.Cached} cached and {budget.Pinned} pinned, "
                + $"and has {found.Used}, {found.Cached} and {found.Pinned}.");
        }
    }

    private void CheckTotals()
    {
        var queues = nodes.Tenants.Budgets.Sum(static budget => budget.Evictable.Count);
        if (_inUse != nodes.PagesInUse || _cached != nodes.CachedPages || nodes.Store.Free + _cached + _inUse != nodes.Store.Pages
            || _queued != queues || _alive + nodes.FreeNodes != nodes.All.Length)
        {
            throw new InvalidOperationException(
                $"The tree does not add up: {nodes.Store.Free} pages free + {_cached} cached (counted {nodes.CachedPages}) + {_inUse} in use "
                + $"(counted {nodes.PagesInUse}) of {nodes.Store.Pages}; "
                + $"{_queued} nodes to evict (queues {queues}); {_alive} nodes + {nodes.FreeNodes} spare of {nodes.All.Length}.");
        }
    }

    private static void Check(bool holds, Node node, string what)
    {
        if (!holds)
            throw new InvalidOperationException($"Node {node.Index} ({node.Source}) {what}.");
    }
}
