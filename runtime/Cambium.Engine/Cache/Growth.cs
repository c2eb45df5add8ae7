namespace Cambium.Runtime.Cache;

/// <summary>Adds tokens and given nodes to the end of a path.</summary>
internal sealed class Growth(NodeTable nodes, Users users, Eviction eviction)
{
    /// <summary>See <see cref="PrefixTree.Append"/>.</summary>
    public int Append(ref NodeHandle at, ReadOnlySpan<int> tokens, int count, int owner)
    {
        var node = nodes.At(at);
        if (nodes.IsComplete(node))
        {
            var tenant = nodes.Tenants[at.Tenant];
            if (!eviction.TryTakePage(tenant.Budget, out var page))
                return 0;
            var child = nodes.Add(NodeSource.Tokens, node, page, tenant);
            child.Owner = owner;
            nodes.TokensOf(child)[0] = tokens[0];
            nodes.Index.Add(child);
            users.MoveDown(ref at, node, child);
            node = child;
        }
        else if (node.Owner != owner)
        {
            throw new InvalidOperationException(
                $"The sequence at place {owner} cannot write to node {node.Index}, which the sequence at place {node.Owner} writes.");
        }

        var room = nodes.ChunkSize - node.Scheduled;
        var known = Math.Min(room, tokens.Length);
        tokens[..known].CopyTo(nodes.TokensOf(node)[node.Scheduled..]);
        node.Known = node.Scheduled + known;
        var placed = Math.Min(count, known);
        node.Scheduled += placed;
        node.EndPosition = node.FirstPosition + node.Scheduled;
        if (node.Scheduled == nodes.ChunkSize)
            nodes.Index.Seal(node);
        return placed;
    }

    /// <summary>See <see cref="PrefixTree.Commit"/>.</summary>
    public void Commit(ref NodeHandle at)
    {
        var tail = nodes.At(at);
        var top = tail;
        while (top.Parent is { } above && above.Scheduled > above.Computed)
            top = above;
        if (top.Scheduled == top.Computed)
            return;

        // From the root down: the twin of a child is a child of the twin of its parent.
        for (var node = top; ;)
        {
            node.Computed = node.Scheduled;
            if (node.Computed == nodes.ChunkSize)
                node.Owner = -1;
            var next = ReferenceEquals(node, tail) ? null : ChildTowards(node, tail);
            var twin = node.Sealed ? Merge(node, next) : null;
            if (twin is not null && ReferenceEquals(node, tail))
                tail = twin;
            else if (twin is null && node.Computed == nodes.ChunkSize)
                nodes.MarkStored(node);
            if (next is null)
                break;
            node = next;
        }

        at = Users.Handle(tail, at.Tenant);
    }

    /// <summary>See <see cref="PrefixTree.Attach"/>.</summary>
    public void Attach(ref NodeHandle at, NodeContent content)
    {
        var node = nodes.At(at);
        if (!nodes.IsComplete(node))
            throw new InvalidOperationException(
                $"'{content.Name}' cannot follow node {node.Index}, which holds {node.Scheduled} of {nodes.ChunkSize} tokens and grows.");
        users.MoveDown(ref at, node, nodes.Index.FindGiven(node, content.Identity) ?? nodes.AddGiven(node, content));
    }

    // The child of node on the way to a node below it.
    private static Node ChildTowards(Node node, Node below)
    {
        while (!ReferenceEquals(below.Parent, node))
            below = below.Parent!;
        return below;
    }

    // Replaces a chunk that only one path uses by an older equal one. child is the next node of that path, null at its end.
    private Node? Merge(Node node, Node? child)
    {
        if (node.Users != 1 || node.ChildCount != (child is null ? 0 : 1))
            return null;
        if (nodes.Index.FindFull(node.Parent!, nodes.TokensOf(node), node.Tenant!.Id, except: node) is not { } twin
            || twin.Computed != nodes.ChunkSize)
            return null;
        users.Replace(node, child, twin);
        return twin;
    }
}
