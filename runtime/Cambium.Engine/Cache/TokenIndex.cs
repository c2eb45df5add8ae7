namespace Cambium.Runtime.Cache;

/// <summary>
/// Finds children of a node: full chunks by all of their tokens, part-full ones by their first token, given ones by their identity. Hashes are
/// compared first, then contents.
/// </summary>
internal sealed class TokenIndex
{
    private readonly NodeTable _nodes;
    private readonly ChunkHash _hash;
    private readonly NodeIndex _full = new();
    private readonly NodeIndex _starts = new();

    public TokenIndex(NodeTable nodes)
    {
        _nodes = nodes;
        _hash = new ChunkHash(nodes.ChunkSize);
    }

    public void Grow(int nodes)
    {
        _full.Grow(nodes);
        _starts.Grow(nodes);
    }

    /// <summary>Adds a node: a given one by its identity, a part-full one by its first token, a sealed one by all tokens.</summary>
    public void Add(Node node)
    {
        if (node.Source == NodeSource.Tokens)
            _starts.Add(node.Index, StartKey(node.Parent!, _nodes.TokensOf(node)[0], node.Tenant!.Id));
        if (node.Sealed)
            _full.Add(node.Index, FullKey(node));
    }

    public void Remove(Node node)
    {
        if (node.Source == NodeSource.Tokens)
            _starts.Remove(node.Index);
        if (node.Sealed)
            _full.Remove(node.Index);
    }

    /// <summary>Call this when a node of tokens is full or a given node is filled.</summary>
    public void Seal(Node node)
    {
        node.Sealed = true;
        _full.Add(node.Index, FullKey(node));
    }

    /// <summary>A node of tokens is not full any more.</summary>
    public void Unseal(Node node)
    {
        if (node.Sealed)
            _full.Remove(node.Index);
        node.Sealed = false;
    }

    /// <summary>A full child with these tokens; null if there is none.</summary>
    /// <param name="parent">The node before it.</param>
    /// <param name="tokens">A whole chunk.</param>
    /// <param name="tenant">Its tenant.</param>
    /// <param name="except">A node that does not count.</param>
    public Node? FindFull(Node parent, ReadOnlySpan<int> tokens, int tenant, Node? except = null)
    {
        for (var i = _full.First(TokensKey(parent, tokens, tenant)); i >= 0; i = _full.Next(i))
        {
            var node = _nodes[i];
            if (!ReferenceEquals(node, except) && ReferenceEquals(node.Parent, parent)
                && node.Source == NodeSource.Tokens && node.Tenant!.Id == tenant
                && _nodes.TokensOf(node).SequenceEqual(tokens))
                return node;
        }

        return null;
    }

    /// <summary>The full child with these tokens that a tenant sees: a published one, or its own.</summary>
    public Node? FindVisible(Node parent, ReadOnlySpan<int> tokens, int tenant)
    {
        if (tenant != Tenants.Public && FindFull(parent, tokens, Tenants.Public) is { Published: > 0 } shared)
            return shared;
        return FindFull(parent, tokens, tenant);
    }

    /// <summary>The given child of this identity, which all tenants share; null if there is none.</summary>
    public Node? FindGiven(Node parent, string identity)
    {
        for (var i = _full.First(GivenKey(parent, identity)); i >= 0; i = _full.Next(i))
        {
            var node = _nodes[i];
            if (ReferenceEquals(node.Parent, parent) && node.Content?.Identity == identity)
                return node;
        }

        return null;
    }

    /// <summary>Moves down full chunks as far as they hold the tokens.</summary>
    /// <param name="node">The node to begin at; receives the last one passed.</param>
    /// <param name="tokens">Tokens after the node.</param>
    /// <param name="tenant">Whose chunks are seen; -1 for published ones only.</param>
    /// <returns>Tokens passed; a multiple of the chunk size.</returns>
    public int Descend(ref Node node, ReadOnlySpan<int> tokens, int tenant)
    {
        var passed = 0;
        while (tokens.Length - passed >= _nodes.ChunkSize && FindVisible(node, tokens.Slice(passed, _nodes.ChunkSize), tenant) is { } child)
        {
            node = child;
            passed += _nodes.ChunkSize;
        }

        return passed;
    }

    /// <summary>A tenant's children of tokens that begin with a token: an enumeration that allocates nothing.</summary>
    public Starts StartingWith(Node parent, int token, int tenant) => new(this, parent, token, tenant);

    /// <summary>Whether a sealed node is found by its tokens or identity.</summary>
    public bool IsFound(Node node)
    {
        for (var i = _full.First(FullKey(node)); i >= 0; i = _full.Next(i))
        {
            if (i == node.Index)
                return true;
        }

        return false;
    }

    private static ulong StartKey(Node parent, int token, int tenant) =>
        NodeIndex.Mix(NodeIndex.Mix((ulong)(uint)parent.Index, (uint)token), (uint)tenant);

    private static ulong GivenKey(Node parent, string identity)
    {
        var key = NodeIndex.Mix(0x61E7, (uint)parent.Index);
        foreach (var letter in identity)
            key = NodeIndex.Mix(key, letter);
        return key;
    }

    private ulong TokensKey(Node parent, ReadOnlySpan<int> tokens, int tenant) =>
        NodeIndex.Mix(NodeIndex.Mix(_hash.Of(tokens), (uint)parent.Index), (uint)tenant);

    private ulong FullKey(Node node) => node.Source == NodeSource.Given
        ? GivenKey(node.Parent!, node.Content!.Identity)
        : TokensKey(node.Parent!, _nodes.TokensOf(node), node.Tenant!.Id);

    /// <summary>Enumerates <see cref="StartingWith"/>.</summary>
    internal ref struct Starts(TokenIndex index, Node parent, int token, int tenant)
    {
        private int _node = -1;
        private bool _begun;

        public readonly Node Current => index._nodes[_node];

        public readonly Starts GetEnumerator() => this;

        public bool MoveNext()
        {
            do
            {
                _node = _begun ? index._starts.Next(_node) : index._starts.First(StartKey(parent, token, tenant));
                _begun = true;
            }
            while (_node >= 0 && (!ReferenceEquals(Current.Parent, parent) || Current.Tenant!.Id != tenant));
            return _node >= 0;
        }
    }
}
