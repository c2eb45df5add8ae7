using Cambium.Runtime.Cache;

namespace Cambium.Runtime;

// Prompts and conversations that stay in the tree for a time.
public sealed partial class EngineLoop
{
    private readonly PinBoard _pins;
    private long _lastConversation;

    /// <summary>Prompts and conversations that are kept now.</summary>
    public int Pins => _pins.Count;

    /// <summary>Ends every pin: their chunks are cached like others from now on.</summary>
    public void Unpin() => _pins.Clear();

    /// <summary>A number for a conversation, to be given to <see cref="Request.Turn"/>. May be called from any thread.</summary>
    internal long NewConversation() => Interlocked.Increment(ref _lastConversation);

    /// <summary>Keeps for one conversation what is kept of another.</summary>
    internal void Fork(long conversation, long fork)
    {
        if (_pins.Find(conversation) is { } pin)
            _pins.KeepConversation(fork, pin.At, int.MaxValue, pin.Budget, pin.Priority, pin.End);
    }

    /// <summary>Keeps no more than the first tokens of a conversation.</summary>
    internal void Rewind(long conversation, int tokens)
    {
        if (_pins.Find(conversation) is { } pin)
            _pins.KeepConversation(conversation, pin.At, tokens, pin.Budget, pin.Priority, pin.End);
    }

    /// <summary>Keeps nothing of a conversation any more: its chunks are cached like others.</summary>
    internal void EndConversation(long conversation) => _pins.EndConversation(conversation);

    /// <summary>Gives up what is cached of a sequence and nobody else uses or continues.</summary>
    /// <returns>Chunks given up.</returns>
    public int Forget(ReadOnlySpan<int> tokens, string tenant = "")
    {
        var gone = _tree.Forget(KeyOf(tenant), tokens);
        RaiseEvents();
        return gone;
    }

    // The prompt of this request has been computed.
    private void TakePin(Generation generation)
    {
        if (generation.Request.Pin is { } time)
            _pins.KeepPrompt(generation.Tail, generation.Request.Publish, generation.Budget, generation.CachePriority, After(_clock.GetTimestamp(), time));
    }

    // The request ends, in whichever way. What it has computed of a conversation is kept for the next turn.
    private void Leave(Generation generation)
    {
        if (generation is { Request.Turn: { } turn, Place: >= 0 })
            _pins.KeepConversation(turn.Conversation, generation.Tail, int.MaxValue, generation.Budget, generation.CachePriority, After(_clock.GetTimestamp(), turn.Keep));
        _scheduler.Remove(generation);
    }
}
