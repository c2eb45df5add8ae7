namespace Cambium.Runtime.Cache;

// Paths that stay.
public sealed partial class PrefixTree
{
    /// <summary>Keeps the complete chunks at the beginning of a path until the pin is released.</summary>
    /// <param name="at">A handle, which may be another pin: a fork of what that one keeps.</param>
    /// <param name="keys">Keys of the path to keep at most; an end inside a chunk keeps the chunks before it.</param>
    /// <param name="publish">Whether all tenants may read them; the path must be of the tenant without a name.</param>
    /// <param name="pin">A handle to the last chunk kept, to be given to <see cref="Unpin"/>.</param>
    /// <returns>Whether there is a pin: not if no complete chunk is to be kept.</returns>
    public bool TryPin(NodeHandle at, int keys, bool publish, out NodeHandle pin)
    {
        if (publish && at.Tenant != Public)
            throw new InvalidOperationException($"Nodes of tenant '{_tenants[at.Tenant]!.Name}' cannot be published; only those of requests without a tenant can.");
        pin = default;
        var node = At(at);
        for (var end = Keys(at); node.Page >= 0 && (end > keys || (node.Source == NodeSource.Tokens && node.Computed < ChunkSize)); node = node.Parent!)
            end -= node.Scheduled;
        if (node.Page < 0)
            return false;
        Hold(node);
        _tenants[at.Tenant]!.Uses++;
        for (var n = node; n.Page >= 0; n = n.Parent!)
        {
            n.Published += publish ? 1 : 0;
            if (n.Pins++ == 0)
                n.Tenant!.Budget.Pinned++;
        }

        pin = Handle(node, at.Tenant);
        return true;
    }

    /// <summary>Ends a pin.</summary>
    /// <param name="pin">What <see cref="TryPin"/> gave.</param>
    /// <param name="published">As it was given there.</param>
    /// <param name="priority">Of the chunks, as in <see cref="Release"/>.</param>
    public void Unpin(NodeHandle pin, bool published, int priority = 0)
    {
        for (var node = At(pin); node.Page >= 0; node = node.Parent!)
        {
            node.Published -= published ? 1 : 0;
            if (--node.Pins == 0)
                node.Tenant!.Budget.Pinned--;
        }

        Release(pin, priority);
    }

    /// <summary>Gives up what a path begins with and nobody else uses: from the end up to the first node that others use or continue.</summary>
    /// <param name="key">The namespace.</param>
    /// <param name="tokens">The sequence to forget; a part of a chunk at its end goes with it where it holds nothing more.</param>
    /// <returns>Chunks given up.</returns>
    public int Forget(in RootKey key, ReadOnlySpan<int> tokens)
    {
        if (!_roots.TryGetValue(key with { Tenant = "" }, out var node) || !_tenantsByName.TryGetValue(key.Tenant, out var tenant))
            return 0;
        tokens = tokens[Descend(ref node, tokens, tenant.Id)..];
        if (!tokens.IsEmpty && FindPart(node, tokens, tenant.Id) is { } part)
            node = part;
        var gone = 0;
        while (node is { Users: 0, ChildCount: 0, Page: >= 0 })
        {
            var parent = node.Parent!;
            Remove(node);
            gone++;
            node = parent;
        }

        return gone;
    }

    // A leaf whose tokens these begin with.
    private Node? FindPart(Node parent, ReadOnlySpan<int> tokens, int tenant)
    {
        for (var i = _starts.First(StartKey(parent, tokens[0], tenant)); i >= 0; i = _starts.Next(i))
        {
            var node = _nodes[i];
            if (ReferenceEquals(node.Parent, parent) && node.Tenant!.Id == tenant && node.Computed <= tokens.Length && TokensOf(node)[..node.Computed].SequenceEqual(tokens[..node.Computed]))
                return node;
        }

        return null;
    }
}
