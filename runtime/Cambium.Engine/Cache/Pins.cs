namespace Cambium.Runtime.Cache;

/// <summary>Keeps paths in the tree while no sequence uses them, and forgets paths before they are evicted.</summary>
internal sealed class Pins(NodeTable nodes, Users users, Eviction eviction)
{
    /// <summary>See <see cref="PrefixTree.TryPin"/>.</summary>
    public bool TryPin(NodeHandle at, int tokens, bool publish, out NodeHandle pin)
    {
        var tenant = nodes.Tenants[at.Tenant];
        if (publish && tenant.Id != Tenants.Public)
            throw new InvalidOperationException($"Nodes of tenant '{tenant.Name}' cannot be published; only those of requests without a tenant can.");
        pin = default;
        var node = nodes.At(at);
        var end = node.PathLength.Tokens;
        while (node.Source == NodeSource.Tokens && (end > tokens || node.Computed < nodes.ChunkSize))
        {
            end -= node.Tokens;
            node = node.Parent!;
        }

        if (node.Page < 0)
            return false;
        pin = users.Hold(node, tenant);
        for (var n = node; n.Source != NodeSource.Root; n = n.Parent!)
        {
            n.Published += publish ? 1 : 0;
            if (n.Pins++ == 0 && n.Page >= 0)
                n.Tenant!.Budget.Pinned++;
        }

        return true;
    }

    /// <summary>See <see cref="PrefixTree.Unpin"/>.</summary>
    public void Unpin(NodeHandle pin, bool published, int priority)
    {
        for (var node = nodes.At(pin); node.Source != NodeSource.Root; node = node.Parent!)
        {
            node.Published -= published ? 1 : 0;
            if (--node.Pins == 0 && node.Page >= 0)
                node.Tenant!.Budget.Pinned--;
        }

        users.Release(pin, priority);
    }

    /// <summary>See <see cref="PrefixTree.Forget"/>.</summary>
    public int Forget(in RootKey key, IReadOnlyList<NodeContent> contents, ReadOnlySpan<int> tokens)
    {
        if (nodes.Find(key, contents) is not { } node || nodes.Tenants.Find(key.Tenant) is not { } tenant)
            return 0;
        tokens = tokens[nodes.Index.Descend(ref node, tokens, tenant.Id)..];
        if (!tokens.IsEmpty && FindPart(node, tokens, tenant.Id) is { } part)
            node = part;
        var removed = 0;
        while (node is { Users: 0, ChildCount: 0, Page: >= 0 })
        {
            var parent = node.Parent!;
            eviction.Remove(node);
            removed++;
            node = parent;
        }

        return removed;
    }

    // A child whose computed tokens are the beginning of these.
    private Node? FindPart(Node parent, ReadOnlySpan<int> tokens, int tenant)
    {
        foreach (var node in nodes.Index.StartingWith(parent, tokens[0], tenant))
        {
            if (node.Computed <= tokens.Length && nodes.TokensOf(node)[..node.Computed].SequenceEqual(tokens[..node.Computed]))
                return node;
        }

        return null;
    }
}
