namespace Cambium.Runtime.Cache;

// Adding to a path.
public sealed partial class PrefixTree
{
    /// <summary>Places tokens of the coming step at the end of a path, in the sequence's own node or in a new one after a complete node.</summary>
    /// <param name="at">The sequence's handle; moved to a new node if there is one.</param>
    /// <param name="tokens">All tokens known from the handle on; others may wait for those beyond <paramref name="count"/>.</param>
    /// <param name="count">Tokens that the coming step computes.</param>
    /// <param name="owner">The sequence's number.</param>
    /// <returns>Tokens placed: at most what fits the node. 0 if there is no page: free ones are used up and none is cached.</returns>
    public int Append(ref NodeHandle at, ReadOnlySpan<int> tokens, int count, int owner)
    {
        var node = At(at);
        if (IsComplete(node))
        {
            var tenant = _tenants[at.Tenant]!;
            if (!TryTakePage(tenant.Budget, out var page))
                return 0;
            var child = NewNode(NodeSource.Tokens, node, page, tenant);
            child.Owner = owner;
            _starts.Add(child.Index, StartKey(node, tokens[0], tenant.Id));
            MoveDown(node, child);
            node = child;
            at = Handle(child, at.Tenant);
        }
        else if (node.Owner != owner)
        {
            throw new InvalidOperationException($"Sequence {owner} cannot write to node {node.Index}, which sequence {node.Owner} writes.");
        }

        var room = ChunkSize - node.Scheduled;
        var known = Math.Min(room, tokens.Length);
        tokens[..known].CopyTo(TokensOf(node)[node.Scheduled..]);
        node.Known = node.Scheduled + known;
        var placed = Math.Min(count, known);
        node.Scheduled += placed;
        node.EndPosition = node.FirstPosition + node.Scheduled;
        if (node.Scheduled == ChunkSize)
            Seal(node);
        return placed;
    }

    /// <summary>
    /// The step has run: what was placed on this path is there now, for everybody. A chunk that became full and is there twice is given back, and the
    /// handle moved to the older one.
    /// </summary>
    public void Commit(ref NodeHandle at)
    {
        var tail = At(at);
        var top = tail;
        while (top.Parent is { } above && above.Scheduled > above.Computed)
            top = above;
        if (top.Scheduled == top.Computed)
            return;

        // From the top down: where a node goes decides where its child looks for a twin.
        for (var node = top; ;)
        {
            node.Computed = node.Scheduled;
            if (node.Computed == ChunkSize)
                node.Owner = -1;
            var next = ReferenceEquals(node, tail) ? null : ChildTowards(node, tail);
            var twin = node.Sealed ? Merge(node, next) : null;
            if (twin is not null && ReferenceEquals(node, tail))
                tail = twin;
            else if (twin is null && node.Computed == ChunkSize)
                TellStored(node);
            if (next is null)
                break;
            node = next;
        }

        at = Handle(tail, at.Tenant);
    }

    /// <summary>Moves a handle down to a node whose keys and values are given, which is made if it isn't there.</summary>
    /// <returns>Whether it is there: false if there was no page.</returns>
    public bool TryAttach(ref NodeHandle at, GivenPrefix given)
    {
        var node = At(at);
        if (given.Keys < 1 || given.Keys > ChunkSize)
            throw new ArgumentException($"A given node of {given.Keys} keys does not fit a chunk of {ChunkSize}; split it into several.", nameof(given));
        if (!IsComplete(node))
            throw new InvalidOperationException($"A given node cannot follow node {node.Index}, which holds {node.Scheduled} of {ChunkSize} tokens and grows.");

        var tenant = _tenants[at.Tenant]!;
        if (FindGiven(node, tenant, given.Identity) is { } found)
        {
            MoveDown(node, found);
            at = Handle(found, at.Tenant);
            return true;
        }

        if (!TryTakePage(tenant.Budget, out var page))
            return false;
        var child = NewNode(NodeSource.Given, node, page, tenant);
        child.Identity = given.Identity;
        child.Known = child.Scheduled = child.Computed = given.Keys;
        // Keys that occupy fewer positions than they are end where the next token starts, visible to every query.
        child.FirstPosition = node.EndPosition + given.Positions - given.Keys;
        child.EndPosition = node.EndPosition + given.Positions;
        child.Sealed = true;
        _full.Add(child.Index, GivenKey(node, tenant, given.Identity));
        given.Fill(new GivenWriter(_store, page));
        MoveDown(node, child);
        at = Handle(child, at.Tenant);
        TellStored(child);
        return true;
    }

    private Node? FindGiven(Node parent, Tenant tenant, string identity)
    {
        for (var i = _full.First(GivenKey(parent, tenant, identity)); i >= 0; i = _full.Next(i))
        {
            var node = _nodes[i];
            if (ReferenceEquals(node.Parent, parent) && node.Source == NodeSource.Given && ReferenceEquals(node.Tenant, tenant) && node.Identity == identity)
                return node;
        }

        return null;
    }

    private static ulong GivenKey(Node parent, Tenant tenant, string identity)
    {
        var key = NodeIndex.Mix(NodeIndex.Mix(0x61E7, (uint)parent.Index), (uint)tenant.Id);
        foreach (var letter in identity)
            key = NodeIndex.Mix(key, letter);
        return key;
    }

    private void Seal(Node node)
    {
        node.Sealed = true;
        _full.Add(node.Index, FullKey(node.Parent!, TokensOf(node), node.Tenant!.Id));
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
        if (FindFull(node.Parent!, TokensOf(node), node.Tenant!.Id, node) is not { } twin || twin.Computed != ChunkSize)
            return null;

        StructureVersion++;
        if (child is null)
        {
            node.Holds--;
            twin.Holds++;
        }
        else
        {
            Unlink(child);
            Unindex(child);
            node.ChildCount--;
            twin.ChildCount++;
            if (twin.QueueSlot >= 0)
                QueueOf(twin).Remove(twin);
            child.Parent = twin;
            Index(child);
        }

        AddUser(twin);
        if (child is not null)
            Link(child);
        DropUser(node);
        Remove(node);
        return twin;
    }

    private void Index(Node node)
    {
        _starts.Add(node.Index, StartKey(node.Parent!, TokensOf(node)[0], node.Tenant!.Id));
        if (node.Sealed)
            _full.Add(node.Index, FullKey(node.Parent!, TokensOf(node), node.Tenant!.Id));
    }

    private void Unindex(Node node)
    {
        if (node.Source == NodeSource.Tokens)
            _starts.Remove(node.Index);
        if (node.Sealed)
            _full.Remove(node.Index);
    }
}
