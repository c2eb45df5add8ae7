using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

/// <summary>
/// The prompts and conversations that stay in the tree for a time: at most half of each share of the pool, so that the rest is left for running
/// sequences. The pins that would end first make room for others.
/// </summary>
/// <param name="tree">The KV cache.</param>
internal sealed class PinBoard(PrefixTree tree)
{
    private readonly Dictionary<NodeHandle, Pin> _prompts = [];
    private readonly Dictionary<long, Pin> _conversations = [];
    private readonly Dictionary<Budget, SortedSet<Pin>> _byBudget = [];
    private readonly SortedSet<Pin> _byEnd = [];
    private long _lastNumber;

    public int Count => _byEnd.Count;

    /// <summary>Keeps a prompt; a prompt that is kept already stays until the later end.</summary>
    public void KeepPrompt(NodeHandle at, bool publish, int priority, long end)
    {
        if (!tree.TryPin(at, int.MaxValue, publish, out var handle))
            return;
        var pin = new Pin(++_lastNumber, handle, publish, tree.BudgetsOf(handle), priority, end, 0);
        if (_prompts.TryGetValue(handle, out var earlier))
        {
            // It is published if either was. The tree has counted both pins: the earlier pin is released.
            End(earlier with { Published = earlier.Published && publish });
            pin = pin with
            {
                Published = earlier.Published || publish,
                End = Math.Max(earlier.End, end),
                Priority = Math.Max(earlier.Priority, priority),
            };
        }

        _prompts[handle] = pin;
        Add(pin);
    }

    /// <summary>Pins the path of a conversation and removes the earlier pin of this conversation.</summary>
    /// <param name="tokens">Tokens to keep at most.</param>
    public void KeepConversation(long conversation, NodeHandle at, int tokens, int priority, long end)
    {
        var kept = tree.TryPin(at, tokens, publish: false, out var handle);
        EndConversation(conversation);
        if (!kept)
            return;
        var pin = new Pin(++_lastNumber, handle, false, tree.BudgetsOf(handle), priority, end, conversation);
        _conversations.Add(conversation, pin);
        Add(pin);
    }

    /// <summary>Pins for the fork the path that is pinned for the conversation.</summary>
    public void ForkConversation(long conversation, long fork) => KeepFrom(conversation, fork, int.MaxValue);

    /// <summary>Keeps only the first tokens of a conversation.</summary>
    public void RewindConversation(long conversation, int tokens) => KeepFrom(conversation, conversation, tokens);

    /// <summary>Ends the pin of a conversation.</summary>
    public void EndConversation(long conversation)
    {
        if (_conversations.TryGetValue(conversation, out var pin))
            End(pin);
    }

    /// <summary>Ends the pin that would end first, of those that keep chunks of a share of the pool, whoever's they are.</summary>
    /// <returns>Whether there was one.</returns>
    public bool EndFirst(Budget budget)
    {
        if (!_byBudget.TryGetValue(budget, out var pins) || pins.Min is not { } first)
            return false;
        End(first);
        return true;
    }

    /// <summary>Ends the pins whose time is over.</summary>
    public void EndOverdue(long now)
    {
        while (_byEnd.Min is { } first && first.End <= now)
            End(first);
    }

    /// <summary>Ends the pins of paths with a content.</summary>
    public void EndUsing(NodeContent content)
    {
        foreach (var pin in _byEnd.Where(pin => tree.Uses(pin.At, content)).ToList())
            End(pin);
    }

    /// <summary>Ends all pins.</summary>
    public void Clear()
    {
        while (_byEnd.Min is { } first)
            End(first);
    }

    private void KeepFrom(long conversation, long target, int tokens)
    {
        if (_conversations.TryGetValue(conversation, out var pin))
            KeepConversation(target, pin.At, tokens, pin.Priority, pin.End);
    }

    private void Add(Pin pin)
    {
        _byEnd.Add(pin);
        foreach (var budget in pin.Budgets)
        {
            if (!_byBudget.TryGetValue(budget, out var pins))
                _byBudget.Add(budget, pins = []);
            pins.Add(pin);
        }

        foreach (var budget in pin.Budgets)
        {
            while (budget.Pinned > budget.Quota / 2 && EndFirst(budget))
            {
            }
        }
    }

    private void End(Pin pin)
    {
        _byEnd.Remove(pin);
        foreach (var budget in pin.Budgets)
            _byBudget[budget].Remove(pin);
        if (pin.Conversation == 0)
            _prompts.Remove(pin.At);
        else
            _conversations.Remove(pin.Conversation);
        tree.Unpin(pin.At, pin.Published, pin.Priority);
    }
}
