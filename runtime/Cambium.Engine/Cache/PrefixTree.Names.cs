using Cambium.Checkpoints;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Cache;

// Looking at the tree.
public sealed partial class PrefixTree
{
    /// <summary>All nodes as they are now. Takes time in proportion to the tree.</summary>
    public TreeSnapshot Snapshot()
    {
        var children = _nodes.Where(static node => node is { Alive: true, Parent: not null }).OrderBy(static node => node.Born).ToLookup(static node => node.Parent!.Index);
        var nodes = new List<NodeSnapshot>();
        var pending = new Stack<(Node Node, int Depth)>(_roots.Values.OrderByDescending(static root => root.Born).Select(static root => (root, 0)));
        while (pending.TryPop(out var next))
        {
            var (node, depth) = next;
            nodes.Add(new NodeSnapshot(
                node.Index,
                node.Parent?.Index ?? -1,
                depth,
                IsNamed(node) ? Convert.ToHexStringLower(NameOf(node)) : "",
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

    /// <summary>Told when a chunk is complete and when one that was is given up; not to change anything here.</summary>
    internal Action<TreeEventKind, Node>? Changed { get; set; }

    /// <summary>Complete chunks, parents before their children.</summary>
    internal IEnumerable<Node> StoredNodes() => _nodes.Where(static node => node is { Alive: true, Stored: true }).OrderBy(static node => node.FirstPosition).ThenBy(static node => node.Born);

    /// <summary>What <see cref="ChunkName"/> calls a root or a complete chunk.</summary>
    internal byte[] NameOf(Node node)
    {
        var unnamed = new Stack<Node>();
        for (var above = node; above is { Name: null }; above = above.Parent)
            unnamed.Push(above);
        while (unnamed.TryPop(out var next))
        {
            next.Name = next.Source switch
            {
                NodeSource.Root => ChunkName.OfRoot(next.Key, ChunkSize),
                NodeSource.Given => ChunkName.OfGiven(next.Parent!.Name, next.Tenant!.Name, next.FirstPosition, next.Identity!),
                _ => ChunkName.OfTokens(next.Parent!.Name, next.Tenant!.Name, next.FirstPosition, TokensOf(next)),
            };
        }

        return node.Name!;
    }

    private bool IsNamed(Node node) => node.Source != NodeSource.Tokens || node.Computed == ChunkSize;

    private void TellStored(Node node)
    {
        node.Stored = true;
        Changed?.Invoke(TreeEventKind.Stored, node);
    }
}
