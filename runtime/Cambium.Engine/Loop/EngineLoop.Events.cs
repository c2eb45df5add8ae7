using Cambium.Checkpoints;
using Cambium.Runtime.Cache;
using Cambium.Text.Templates;

namespace Cambium.Runtime;

// What happens to the tree, for those who want to know.
public sealed partial class EngineLoop
{
    private readonly List<TreeEvent> _events = [];
    private readonly Dictionary<string, int> _named = new(StringComparer.Ordinal);
    private Action<TreeEvent>? _listeners;

    /// <summary>Told between two steps, in the order in which things happened. Chunks are named then, which costs a SHA-256 each; nothing while nobody listens.</summary>
    public event Action<TreeEvent>? TreeChanged
    {
        add
        {
            if (!IsWatched)
            {
                foreach (var node in _tree.StoredNodes())
                    Count(NameOf(node), 1);
            }

            _listeners += value;
        }

        remove
        {
            _listeners -= value;
            if (!IsWatched)
                _named.Clear();
        }
    }

    /// <summary>Whether anybody listens.</summary>
    internal bool IsWatched => _listeners is not null;

    /// <summary>Complete chunks as they are now, parents before their children, as if each had just been stored: where to begin with <see cref="TreeChanged"/>.</summary>
    public IReadOnlyList<TreeEvent> StoredChunks() => [.. _tree.StoredNodes().Select(node => Describe(TreeEventKind.Stored, node)).DistinctBy(static chunk => chunk.Name)];

    // Two sequences that compute the same in one step may leave two nodes of one name: it is stored with the first and removed with the last.
    private void Note(TreeEventKind kind, Node node)
    {
        if (!IsWatched)
            return;
        var count = Count(NameOf(node), kind == TreeEventKind.Stored ? 1 : -1);
        if (count == (kind == TreeEventKind.Stored ? 1 : 0))
            _events.Add(Describe(kind, node));
    }

    private int Count(string name, int change)
    {
        var count = _named.GetValueOrDefault(name) + change;
        if (count == 0)
            _named.Remove(name);
        else
            _named[name] = count;
        return count;
    }

    private string NameOf(Node node) => Convert.ToHexStringLower(_tree.NameOf(node));

    private void NoteHit(Generation generation)
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

        _events.Add(Describe(TreeEventKind.Hit, node) with { Request = generation.Forks?.Number ?? generation.Number });
    }

    private TreeEvent Describe(TreeEventKind kind, Node node) => new(
        kind,
        NameOf(node),
        NameOf(node.Parent!),
        node.Tenant!.Name,
        node.FirstPosition,
        node.Source == NodeSource.Tokens ? _tree.TokensOf(node).ToArray() : []);

    private void RaiseEvents()
    {
        // One that throws does not hear the same again.
        while (_events.Count > 0)
        {
            var events = _events.ToArray();
            _events.Clear();
            foreach (var change in events)
                _listeners?.Invoke(change);
        }
    }
}
