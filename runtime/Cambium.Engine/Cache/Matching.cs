namespace Cambium.Runtime.Cache;

/// <summary>Moves the handle of a new sequence down the nodes that already hold its tokens.</summary>
internal sealed class Matching(NodeTable nodes, Users users, Eviction eviction)
{
    /// <summary>See <see cref="PrefixTree.Follow"/>.</summary>
    public int Follow(ref NodeHandle at, ReadOnlySpan<int> tokens)
    {
        var node = nodes.At(at);
        if (!nodes.IsComplete(node))
            return 0;
        var passed = 0;
        while (tokens.Length - passed >= nodes.ChunkSize
            && nodes.Index.FindVisible(node, tokens.Slice(passed, nodes.ChunkSize), at.Tenant) is { } child)
        {
            users.MoveDown(ref at, node, child);
            node = child;
            passed += nodes.ChunkSize;
        }

        return passed;
    }

    /// <summary>See <see cref="PrefixTree.Join"/>.</summary>
    public int Join(ref NodeHandle at, ReadOnlySpan<int> tokens, int owner, out bool pending)
    {
        pending = false;
        var parent = nodes.At(at);
        if (!nodes.IsComplete(parent) || tokens.IsEmpty)
            return 0;

        var wanted = tokens[..Math.Min(tokens.Length, nodes.ChunkSize)];
        Node? best = null;
        var (usable, coming) = (0, 0);
        foreach (var node in nodes.Index.StartingWith(parent, wanted[0], at.Tenant))
        {
            var match = nodes.TokensOf(node)[..node.Known].CommonPrefixLength(wanted);
            // Waits only for prompts. A sequence that decodes adds one token per step, which is slower than computing the tokens again.
            if (node.Owner >= 0 && node.Known - node.Computed > 1)
                coming = Math.Max(coming, match);
            match = Math.Min(match, node.Computed);
            if (match > usable || (match == usable && match > 0 && node.Born < best!.Born))
                (best, usable) = (node, match);
        }

        if (coming > usable)
        {
            pending = true;
            return 0;
        }

        if (best is null)
            return 0;
        if (best is { Users: 0, ChildCount: 0, Owner: < 0 } && best.Computed == usable && !best.Sealed)
            best.Owner = owner;
        else if (Copy(parent, best, usable, owner, nodes.Tenants[at.Tenant]) is { } copy)
            best = copy;
        else
            return 0;
        users.MoveDown(ref at, parent, best);
        return usable;
    }

    // Copy-on-write: a new node with the first tokens of another; null without a page.
    private Node? Copy(Node parent, Node from, int tokens, int owner, Tenant tenant)
    {
        // The page for the copy must not be the one it is copied from.
        var queued = from.QueueSlot >= 0;
        NodeTable.Unqueue(from);
        from.LastUsed = from.Users == 0 ? ++nodes.Clock : from.LastUsed;
        var found = eviction.TryTakePage(tenant.Budget, out var page);
        // Taking the page can have evicted the last child of the source, which queues the source.
        if (queued && from.QueueSlot < 0)
            NodeTable.Queue(from);
        if (!found)
            return null;

        var copy = nodes.Add(NodeSource.Tokens, parent, page, tenant);
        nodes.TokensOf(from)[..tokens].CopyTo(nodes.TokensOf(copy));
        nodes.Store.CopyTokens(from.Page, copy.Page, tokens);
        copy.Known = copy.Scheduled = copy.Computed = tokens;
        copy.EndPosition = copy.FirstPosition + tokens;
        copy.Owner = owner;
        nodes.Index.Add(copy);
        return copy;
    }
}
