using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Engine;

// Prompts that stay in the tree for a time.
public sealed unsafe partial class EngineLoop
{
    private readonly Dictionary<NodeHandle, Pin> _pins = [];

    /// <summary>Prompts that are kept now.</summary>
    public int Pins => _pins.Count;

    /// <summary>Ends every pin: their chunks are cached like others from now on.</summary>
    public void Unpin()
    {
        foreach (var pin in _pins.Values)
            _tree.Unpin(pin.At, pin.Published);
        _pins.Clear();
    }

    // The prompt of this request has been computed.
    private void TakePin(Generation generation)
    {
        if (generation.Request.Pin is not { } time)
            return;
        var chunks = _tree.Pin(generation.Tail, generation.Request.Publish, out var at);
        if (chunks == 0)
            return;
        var now = _clock.GetTimestamp();
        var ticks = time.TotalSeconds * _clock.TimestampFrequency;
        var end = time == Timeout.InfiniteTimeSpan || ticks >= long.MaxValue / 2 ? long.MaxValue : now + (long)ticks;
        var pin = new Pin(at, generation.Request.Publish, generation.Budget, chunks, end);
        if (_pins.Remove(at, out var earlier))
        {
            pin = pin with { Published = earlier.Published || pin.Published, End = Math.Max(earlier.End, pin.End) };
            _tree.Unpin(at, earlier.Published && generation.Request.Publish);
        }

        // Half of a share stays for what runs; the pins that would end first make room.
        while (PinsOf(pin.Budget).Sum(static other => (long)other.Chunks) + chunks > pin.Budget.Quota / 2 && EndFirstPin(pin.Budget))
        {
        }

        if (chunks > pin.Budget.Quota / 2)
            _tree.Unpin(at, pin.Published);
        else
            _pins.Add(at, pin);
    }

    private IEnumerable<Pin> PinsOf(Budget budget) => _pins.Values.Where(pin => ReferenceEquals(pin.Budget, budget));

    private bool EndFirstPin(Budget budget)
    {
        if (_pins.Count == 0 || PinsOf(budget).MinBy(static pin => pin.End) is not { } first)
            return false;
        End(first);
        return true;
    }

    private void EndPins(long now)
    {
        while (_pins.Count > 0 && _pins.Values.MinBy(static pin => pin.End) is { } first && first.End <= now)
            End(first);
    }

    private void End(Pin pin)
    {
        _tree.Unpin(pin.At, pin.Published);
        _pins.Remove(pin.At);
    }

    private sealed record Pin(NodeHandle At, bool Published, Budget Budget, int Chunks, long End);
}
