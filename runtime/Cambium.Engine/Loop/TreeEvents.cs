using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>
/// Collects the changes of the tree during a step and raises them as events between steps. Without listeners it costs nothing: naming a chunk takes a
/// SHA-256.
/// </summary>
internal sealed class TreeEvents
{
    private readonly PrefixTree _tree;
    private readonly List<TreeEvent> _events = [];
    private readonly Dictionary<string, int> _nodesOfName = new(StringComparer.Ordinal);
    private Action<TreeEvent>? _listeners;

    public TreeEvents(PrefixTree tree)
    {
        _tree = tree;
        tree.Changed = OnTreeChanged;
    }

    /// <summary>Whether there is a listener.</summary>
    public bool IsWatched => _listeners is not null;

    public void AddListener(Action<TreeEvent>? listener)
    {
        if (!IsWatched)
        {
            foreach (var node in _tree.StoredNodes())
                Count(NameOf(node), 1);
        }

        _listeners += listener;
    }

    public void RemoveListener(Action<TreeEvent>? listener)
    {
        _listeners -= listener;
        if (!IsWatched)
            _nodesOfName.Clear();
    }

    /// <summary>The complete chunks, parents before their children, as if each had just been stored.</summary>
    public IReadOnlyList<TreeEvent> StoredChunks() =>
        [.. _tree.StoredNodes().Select(node => Describe(TreeEventKind.Stored, node)).DistinctBy(static chunk => chunk.Name)];

    /// <summary>The prompt of an answer has been computed: reports the last chunk that was read from the cache.</summary>
    public void OnHit(Generation generation)
    {
        if (!IsWatched)
            return;
        var (node, end) = (_tree.At(generation.Tail), _tree.LengthOf(generation.Tail).Tokens);
        while (end > generation.CachedTokens || !node.Stored)
        {
            if (node.Parent is not { } parent)
                return;
            end -= node.Tokens;
            node = parent;
        }

        _events.Add(Describe(TreeEventKind.Hit, node) with { Request = generation.Owner.Number });
    }

    /// <summary>Raises the collected events. After a listener's exception the same events are not raised again.</summary>
    public void Raise()
    {
        while (_events.Count > 0)
        {
            var events = _events.ToArray();
            _events.Clear();
            foreach (var change in events)
                _listeners?.Invoke(change);
        }
    }

    // Two sequences that compute the same tokens in one step may leave two nodes of one name. The chunk counts as stored with the first node and as
    // removed with the last one.
    private void OnTreeChanged(TreeEventKind kind, Node node)
    {
        if (!IsWatched)
            return;
        var count = Count(NameOf(node), kind == TreeEventKind.Stored ? 1 : -1);
        if (count == (kind == TreeEventKind.Stored ? 1 : 0))
            _events.Add(Describe(kind, node));
    }

    private int Count(string name, int change)
    {
        var count = _nodesOfName.GetValueOrDefault(name) + change;
        if (count == 0)
            _nodesOfName.Remove(name);
        else
            _nodesOfName[name] = count;
        return count;
    }

    private string NameOf(Node node) => Convert.ToHexStringLower(_tree.NameOf(node));

    private TreeEvent Describe(TreeEventKind kind, Node node) => new(
        kind,
        NameOf(node),
        NameOf(node.Parent!),
        node.Tenant!.Name,
        node.FirstPosition,
        node.Source == NodeSource.Tokens ? _tree.TokensOf(node).ToArray() : []);
}
