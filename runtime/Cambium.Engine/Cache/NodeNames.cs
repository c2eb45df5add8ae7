namespace Cambium.Runtime.Cache;

/// <summary>Names roots and complete chunks, and shows the tree. Reads only.</summary>
internal sealed class NodeNames(NodeTable nodes)
{
    /// <summary>Whether <see cref="Of"/> has a name for the node: it is a root, given, or a full chunk.</summary>
    public bool Has(Node node) => node.Source != NodeSource.Tokens || node.Computed == nodes.ChunkSize;

    /// <summary>The <see cref="ChunkName"/> of a root or a complete chunk. It is computed once for each node.</summary>
    public byte[] Of(Node node)
    {
        var unnamed = new Stack<Node>();
        for (var above = node; above is { Name: null }; above = above.Parent)
            unnamed.Push(above);
        while (unnamed.TryPop(out var next))
        {
            next.Name = next.Source switch
            {
                NodeSource.Root => ChunkName.OfRoot(next.Key, nodes.ChunkSize),
                NodeSource.Given => ChunkName.OfGiven(next.Parent!.Name, next.FirstPosition, next.Content!.Identity),
                _ => ChunkName.OfTokens(next.Parent!.Name, next.Tenant!.Name, next.FirstPosition, nodes.TokensOf(next)),
            };
        }

        return node.Name!;
    }

    /// <summary>All nodes as they are now. Takes time in proportion to the tree.</summary>
    public TreeSnapshot Snapshot()
    {
        var children = nodes.Alive.Where(static node => node.Parent is not null).OrderBy(static node => node.Born)
            .ToLookup(static node => node.Parent!.Index);
        var shown = new List<NodeSnapshot>();
        var pending = new Stack<(Node Node, int Depth)>(nodes.Roots.OrderByDescending(static root => root.Born).Select(static root => (root, 0)));
        while (pending.TryPop(out var next))
        {
            var (node, depth) = next;
            shown.Add(new NodeSnapshot(
                node.Index,
                node.Parent?.Index ?? -1,
                depth,
                Has(node) ? Convert.ToHexStringLower(Of(node)) : "",
                node.FirstPosition,
                node.Source == NodeSource.Tokens ? nodes.TokensOf(node)[..node.Scheduled].ToArray() : [],
                node.Computed,
                node.Users,
                node.Tenant!.Name,
                node.Published > 0,
                node.LastUsed,
                node.Content));
            foreach (var child in children[node.Index].Reverse())
                pending.Push((child, depth + 1));
        }

        return new TreeSnapshot(shown, nodes.Store.Pages, nodes.ChunkSize);
    }
}
