namespace Cambium.Runtime.Cache;

/// <summary>
/// Counts the handles at and below each node. Nodes with users are linked to their parent for the planner; nodes that lose the last user are cached
/// or removed.
/// </summary>
internal sealed class Users(NodeTable nodes, Eviction eviction)
{
    /// <summary>A handle begins at a node.</summary>
    public NodeHandle Hold(Node node, Tenant tenant)
    {
        nodes.StructureVersion++;
        tenant.Uses++;
        node.Holds++;
        for (var n = node; n is not null; n = n.Parent)
            Add(n);
        return Handle(node, tenant.Id);
    }

    /// <summary>A handle moves to a child.</summary>
    public void MoveDown(ref NodeHandle handle, Node from, Node to)
    {
        nodes.StructureVersion++;
        from.Holds--;
        to.Holds++;
        Add(to);
        handle = Handle(to, handle.Tenant);
    }

    /// <summary>Ends a handle; see <see cref="PrefixTree.Release"/>.</summary>
    public void Release(NodeHandle at, int priority)
    {
        var tail = nodes.At(at);
        nodes.StructureVersion++;
        nodes.Clock++;
        tail.Holds--;
        nodes.Tenants.Leave(nodes.Tenants[at.Tenant]);
        for (var node = tail; node is not null;)
        {
            var parent = node.Parent;
            node.Priority = Math.Max(node.Priority, priority);
            Drop(node);
            if (node.Users == 0)
                Retire(node);
            node = parent;
        }
    }

    /// <summary>Moves the handles of a node to an equal older one, which takes its place on the path; the node is removed.</summary>
    /// <param name="node">A full node that one path uses.</param>
    /// <param name="child">The next node of that path; null at its end.</param>
    /// <param name="twin">The older node.</param>
    public void Replace(Node node, Node? child, Node twin)
    {
        nodes.StructureVersion++;
        if (child is null)
        {
            node.Holds--;
            twin.Holds++;
        }
        else
        {
            Unlink(child);
            nodes.Index.Remove(child);
            node.ChildCount--;
            twin.ChildCount++;
            NodeTable.Unqueue(twin);
            child.Parent = twin;
            nodes.Index.Add(child);
        }

        Add(twin);
        if (child is not null)
            Link(child);
        Drop(node);
        eviction.Remove(node);
    }

    public static NodeHandle Handle(Node node, int tenant) => new(node.Index, node.Version, tenant);

    private void Add(Node node)
    {
        if (node.Users++ > 0)
            return;
        NodeTable.Unqueue(node);
        if (node.Page >= 0)
        {
            nodes.CountCached(node, -1);
            nodes.PagesInUse++;
        }

        Link(node);
    }

    private void Drop(Node node)
    {
        if (--node.Users > 0)
            return;
        Unlink(node);
        if (node.Page >= 0)
        {
            nodes.CountCached(node, 1);
            nodes.PagesInUse--;
        }
    }

    // The last user has left. Tokens placed for a step that did not run are forgotten.
    private void Retire(Node node)
    {
        node.LastUsed = nodes.Clock;
        node.Owner = -1;
        if (node.Source == NodeSource.Tokens && node.Computed < nodes.ChunkSize)
        {
            nodes.Index.Unseal(node);
            node.Known = node.Scheduled = node.Computed;
            node.EndPosition = node.FirstPosition + node.Computed;
        }

        if (node.ChildCount > 0)
            return;
        if (node.Page < 0 || node.Computed == 0 || IsCoveredBySibling(node))
            eviction.Remove(node);
        else
            NodeTable.Queue(node);
    }

    // A part-full chunk is useless if another chunk begins with the same tokens.
    private bool IsCoveredBySibling(Node node)
    {
        if (node.Source != NodeSource.Tokens || node.Computed == nodes.ChunkSize)
            return false;
        var tokens = nodes.TokensOf(node)[..node.Computed];
        foreach (var other in nodes.Index.StartingWith(node.Parent!, tokens[0], node.Tenant!.Id))
        {
            if (!ReferenceEquals(other, node) && other.Computed >= tokens.Length && nodes.TokensOf(other)[..tokens.Length].SequenceEqual(tokens))
                return true;
        }

        return false;
    }

    private static void Link(Node node)
    {
        if (node.Parent is not { } parent)
            return;
        node.ActivePrevious = parent.ActiveLast;
        node.ActiveNext = null;
        if (parent.ActiveLast is null)
            parent.ActiveFirst = node;
        else
            parent.ActiveLast.ActiveNext = node;
        parent.ActiveLast = node;
    }

    private static void Unlink(Node node)
    {
        if (node.Parent is not { } parent)
            return;
        if (node.ActivePrevious is null)
            parent.ActiveFirst = node.ActiveNext;
        else
            node.ActivePrevious.ActiveNext = node.ActiveNext;
        if (node.ActiveNext is null)
            parent.ActiveLast = node.ActivePrevious;
        else
            node.ActiveNext.ActivePrevious = node.ActivePrevious;
        node.ActivePrevious = node.ActiveNext = null;
    }
}
