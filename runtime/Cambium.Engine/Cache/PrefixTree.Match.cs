namespace Cambium.Runtime.Cache;

// Finding what is there already.
public sealed partial class PrefixTree
{
    /// <summary>
    /// Moves a handle down whole cached chunks as far as they hold the given tokens. Chunks that the coming step completes count: their keys and
    /// values are stored before that step's attention reads them.
    /// </summary>
    /// <param name="at">The sequence's handle; moved.</param>
    /// <param name="tokens">The sequence's tokens from the handle on.</param>
    /// <returns>Tokens passed; a multiple of the chunk size, 0 inside a chunk.</returns>
    public int Follow(ref NodeHandle at, ReadOnlySpan<int> tokens)
    {
        var node = At(at);
        if (!IsComplete(node))
            return 0;
        var passed = 0;
        while (tokens.Length - passed >= ChunkSize && FindVisible(node, tokens.Slice(passed, ChunkSize), at.Tenant) is { } child)
        {
            MoveDown(node, child);
            node = child;
            passed += ChunkSize;
        }

        at = Handle(node, at.Tenant);
        return passed;
    }

    /// <summary>How many of a sequence's tokens are cached in whole chunks, without beginning it.</summary>
    /// <returns>A multiple of the chunk size.</returns>
    public int Probe(in RootKey key, ReadOnlySpan<int> tokens)
    {
        if (!_roots.TryGetValue(key with { Tenant = "" }, out var node))
            return 0;
        return Descend(ref node, tokens, _tenantsByName.TryGetValue(key.Tenant, out var known) ? known.Id : -1);
    }

    // Down whole chunks as far as they hold the tokens; gives the tokens passed.
    private int Descend(ref Node node, ReadOnlySpan<int> tokens, int tenant)
    {
        var passed = 0;
        while (tokens.Length - passed >= ChunkSize && FindVisible(node, tokens.Slice(passed, ChunkSize), tenant) is { } child)
        {
            node = child;
            passed += ChunkSize;
        }

        return passed;
    }

    /// <summary>Whether all keys on a path exist.</summary>
    public bool IsComputed(NodeHandle at)
    {
        for (var node = At(at); node is not null; node = node.Parent)
        {
            if (node.Scheduled > node.Computed)
                return false;
        }

        return true;
    }

    /// <summary>
    /// Gives the sequence a node of its own that begins with the longest part of a chunk that matches its tokens: a leaf that nobody uses is taken over, of
    /// any other the matching part is copied.
    /// </summary>
    /// <param name="at">The sequence's handle, at the end of a complete node; moved when the result is above 0.</param>
    /// <param name="tokens">The sequence's tokens from the handle on.</param>
    /// <param name="owner">The sequence's number: the writer of the new node.</param>
    /// <param name="pending">Another sequence is about to compute more of these tokens than are there now: asking again after the next step pays.</param>
    /// <returns>Tokens that are there now. 0 if none, if <paramref name="pending"/>, or if there is no page for the copy.</returns>
    public int Join(ref NodeHandle at, ReadOnlySpan<int> tokens, int owner, out bool pending)
    {
        pending = false;
        var parent = At(at);
        if (!IsComplete(parent) || tokens.IsEmpty)
            return 0;

        var wanted = tokens[..Math.Min(tokens.Length, ChunkSize)];
        Node? best = null;
        var (usable, coming) = (0, 0);
        for (var i = _starts.First(StartKey(parent, wanted[0], at.Tenant)); i >= 0; i = _starts.Next(i))
        {
            var node = _nodes[i];
            if (!ReferenceEquals(node.Parent, parent) || node.Tenant!.Id != at.Tenant)
                continue;
            var match = TokensOf(node)[..node.Known].CommonPrefixLength(wanted);
            // A sequence that generates advances by one token a step, slower than computing the tokens: only prompts are waited for.
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
        {
            MoveDown(parent, best);
            best.Owner = owner;
            at = Handle(best, at.Tenant);
            return usable;
        }

        return Copy(parent, best, usable, owner, _tenants[at.Tenant]!) is { } copy ? Moved(parent, copy, ref at) : 0;
    }

    private int Moved(Node from, Node to, ref NodeHandle at)
    {
        MoveDown(from, to);
        at = Handle(to, at.Tenant);
        return to.Computed;
    }

    // A new node with the first tokens of another; null when there is no page.
    private Node? Copy(Node parent, Node from, int tokens, int owner, Tenant tenant)
    {
        // The page for the copy must not be the one it is copied from.
        var queued = from.QueueSlot >= 0;
        if (queued)
            QueueOf(from).Remove(from);
        from.LastUsed = from.Users == 0 ? ++_clock : from.LastUsed;
        var found = TryTakePage(tenant.Budget, out var page);
        // Taking the page can have evicted the last child of the source, which then has queued it itself.
        if (queued && from.QueueSlot < 0)
            QueueOf(from).Add(from);
        if (!found)
            return null;

        var copy = NewNode(NodeSource.Tokens, parent, page, tenant);
        TokensOf(from)[..tokens].CopyTo(TokensOf(copy));
        _store.CopyTokens(from.Page, copy.Page, tokens);
        copy.Known = copy.Scheduled = copy.Computed = tokens;
        copy.EndPosition = copy.FirstPosition + tokens;
        copy.Owner = owner;
        _starts.Add(copy.Index, StartKey(parent, TokensOf(copy)[0], tenant.Id));
        return copy;
    }

    private Node? FindFull(Node parent, ReadOnlySpan<int> tokens, int tenant, Node? except)
    {
        for (var i = _full.First(FullKey(parent, tokens, tenant)); i >= 0; i = _full.Next(i))
        {
            var node = _nodes[i];
            if (!ReferenceEquals(node, except) && ReferenceEquals(node.Parent, parent) && node.Source == NodeSource.Tokens && node.Tenant!.Id == tenant
                && TokensOf(node).SequenceEqual(tokens))
                return node;
        }

        return null;
    }
}
