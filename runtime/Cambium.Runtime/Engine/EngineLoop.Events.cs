using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Engine;

// What happens to the tree, for those who want to know.
public sealed unsafe partial class EngineLoop
{
    private readonly List<TreeEvent> _events = [];

    /// <summary>Told between two steps, in the order in which things happened. Chunks are named then, which costs a SHA-256 each; nothing while nobody listens.</summary>
    public event Action<TreeEvent>? TreeChanged;

    /// <summary>Complete chunks as they are now, parents before their children, as if each had just been stored: where to begin with <see cref="TreeChanged"/>.</summary>
    public IReadOnlyList<TreeEvent> StoredChunks() => [.. _tree.StoredNodes().Select(node => Describe(TreeEventKind.Stored, node))];

    private void Note(TreeEventKind kind, Node node)
    {
        if (TreeChanged is not null)
            _events.Add(Describe(kind, node));
    }

    private void NoteHit(Generation generation)
    {
        if (TreeChanged is null)
            return;
        var (node, end) = (_tree.At(generation.Tail), _tree.Keys(generation.Tail));
        while (end > generation.CachedTokens || !node.Stored)
        {
            if (node.Parent is not { } parent)
                return;
            end -= node.Scheduled;
            node = parent;
        }

        _events.Add(Describe(TreeEventKind.Hit, node) with { Request = generation.Number });
    }

    private TreeEvent Describe(TreeEventKind kind, Node node) => new(
        kind,
        Convert.ToHexStringLower(_tree.NameOf(node)),
        Convert.ToHexStringLower(_tree.NameOf(node.Parent!)),
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
                TreeChanged?.Invoke(change);
        }
    }
}
