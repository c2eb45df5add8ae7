namespace Cambium.Runtime.Cache;

// Looking at the tree.
public sealed unsafe partial class PrefixTree
{
    /// <summary>All nodes as they are now. Takes time in proportion to the tree.</summary>
    public TreeSnapshot Snapshot()
    {
        var children = _nodes.Where(static node => node is { Alive: true, Parent: not null }).OrderBy(static node => node.Born).ToLookup(static node => node.Parent!.Index);
        var (nodes, names) = (new List<NodeSnapshot>(), new Dictionary<Node, byte[]?>());
        var pending = new Stack<(Node Node, int Depth)>(_roots.Values.OrderByDescending(static root => root.Born).Select(static root => (root, 0)));
        while (pending.TryPop(out var next))
        {
            var (node, depth) = next;
            names[node] = NameOf(node, node.Parent is { } parent ? names[parent] : null);
            nodes.Add(new NodeSnapshot(
                node.Index,
                node.Parent?.Index ?? -1,
                depth,
                names[node] is { } name ? Convert.ToHexStringLower(name) : "",
                node.FirstPosition,
                node.Source == NodeSource.Tokens ? TokensOf(node)[..node.Scheduled].ToArray() : [],
                node.Computed,
                node.Users,
                node.Tenant!.Name,
                node.Published > 0,
                node.LastUsed,
                node.Identity));
            foreach (var child in children[node.Index].Reverse())
                pending.Push((child, depth + 1));
        }

        return new TreeSnapshot(nodes, Pages, ChunkSize);
    }

    // The name of what a node holds, given its parent's; null for a chunk that is not complete.
    private byte[]? NameOf(Node node, byte[]? parent) => node.Source switch
    {
        NodeSource.Root => ChunkName.OfRoot(node.Key, ChunkSize),
        NodeSource.Given => ChunkName.OfGiven(parent, node.Tenant!.Name, node.FirstPosition, node.Identity!),
        _ => node.Computed < ChunkSize ? null : ChunkName.OfTokens(parent, node.Tenant!.Name, node.FirstPosition, TokensOf(node)),
    };
}
