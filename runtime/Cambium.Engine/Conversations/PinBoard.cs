using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>
/// The paths that stay in the tree, of prompts and of conversations: at most half of a share of the pool, so that something is left for what runs. Those that would end first make room.
/// </summary>
/// <param name="tree">The tree.</param>
internal sealed class PinBoard(PrefixTree tree)
{
    private readonly Dictionary<NodeHandle, Pin> _prompts = [];
    private readonly Dictionary<long, Pin> _conversations = [];
    private readonly SortedSet<Pin> _byEnd = [];
    private long _lastNumber;

    public int Count => _byEnd.Count;

    /// <summary>Keeps a prompt; one that is kept already stays until the later end.</summary>
    public void KeepPrompt(NodeHandle at, bool publish, Budget budget, int priority, long end)
    {
        if (!tree.TryPin(at, int.MaxValue, publish, out var handle))
            return;
        var pin = new Pin(++_lastNumber, handle, publish, budget, priority, end, 0);
        if (_prompts.TryGetValue(handle, out var earlier))
        {
            // Seen by all if either was; the tree's own pin of the one that is not needed any more is given back.
            End(earlier with { Published = earlier.Published && publish });
            pin = pin with { Published = earlier.Published || publish, End = Math.Max(earlier.End, end), Priority = Math.Max(earlier.Priority, priority) };
        }

        _prompts[handle] = pin;
        Add(pin);
    }

    /// <summary>Keeps a conversation as far as this path goes, in place of what was kept of it before.</summary>
    public void KeepConversation(long conversation, NodeHandle at, int keys, Budget budget, int priority, long end)
    {
        var kept = tree.TryPin(at, keys, publish: false, out var handle);
        EndConversation(conversation);
        if (!kept)
            return;
        var pin = new Pin(++_lastNumber, handle, false, budget, priority, end, conversation);
        _conversations.Add(conversation, pin);
        Add(pin);
    }

    /// <summary>What is kept of a conversation; null if nothing is.</summary>
    public Pin? Find(long conversation) => _conversations.GetValueOrDefault(conversation);

    /// <summary>Ends what is kept of a conversation.</summary>
    public void EndConversation(long conversation)
    {
        if (Find(conversation) is { } pin)
            End(pin);
    }

    /// <summary>Ends the pin of a share that would end first.</summary>
    /// <returns>Whether there was one.</returns>
    public bool EndFirst(Budget budget)
    {
        if (budget.Pinned == 0)
            return false;
        foreach (var pin in _byEnd)
        {
            if (!ReferenceEquals(pin.Budget, budget))
                continue;
            End(pin);
            return true;
        }

        return false;
    }

    /// <summary>Ends those whose time is over.</summary>
    public void EndOverdue(long now)
    {
        while (_byEnd.Min is { } first && first.End <= now)
            End(first);
    }

    /// <summary>Ends all.</summary>
    public void Clear()
    {
        while (_byEnd.Min is { } first)
            End(first);
    }

    private void Add(Pin pin)
    {
        _byEnd.Add(pin);
        while (pin.Budget.Pinned > pin.Budget.Quota / 2 && EndFirst(pin.Budget))
        {
        }
    }

    private void End(Pin pin)
    {
        _byEnd.Remove(pin);
        if (pin.Conversation == 0)
            _prompts.Remove(pin.At);
        else
            _conversations.Remove(pin.Conversation);
        tree.Unpin(pin.At, pin.Published, pin.Priority);
    }
}
