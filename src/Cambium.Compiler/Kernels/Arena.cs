using Cambium.Compiler.Graph;
using Cambium.Compiler.Types;

namespace Cambium.Compiler.Kernels;

/// <summary>A part of an entry point's working memory. It holds one buffer after another.</summary>
/// <param name="Entry">Function of the entry point.</param>
/// <param name="Index">Index among the slots of the entry point.</param>
/// <param name="Rows"><see cref="Size.Rows"/> or <see cref="Size.Outputs"/>.</param>
public sealed record ArenaSlot(string Entry, int Index, Size Rows)
{
    /// <summary>Bytes in a row of each buffer that it holds, without repetition. The slot is as wide as the widest.</summary>
    public List<Size> RowBytes { get; } = [];
}

/// <summary>
/// Working memory: the slot of every buffer. Each entry point has slots of its own, because one entry point runs at a time: an entry point that is
/// never run takes no memory. Offsets are computed at load, when sizes are known.
/// </summary>
public sealed class Arena
{
    private readonly Dictionary<string, List<ArenaSlot>> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Function, int Value), ArenaSlot> _slotOf = [];

    /// <summary>The slots of an entry point, by index.</summary>
    public IReadOnlyList<ArenaSlot> SlotsOf(string entry) => _slots.TryGetValue(entry, out var slots) ? slots : [];

    /// <summary>The slot of a buffer; null for a result of an entry point, which the caller provides.</summary>
    public ArenaSlot? SlotOf(string function, int value) => _slotOf.TryGetValue((function, value), out var slot) ? slot : null;

    /// <summary>A copy whose slots and places can be changed.</summary>
    internal Arena Clone()
    {
        var copy = new Arena();
        var copies = new Dictionary<ArenaSlot, ArenaSlot>();
        foreach (var slot in _slots.Values.SelectMany(static slots => slots))
        {
            var added = copies[slot] = copy.Add(slot.Entry, slot.Rows);
            added.RowBytes.AddRange(slot.RowBytes);
        }

        foreach (var place in _slotOf)
            copy.Place(place.Key.Function, place.Key.Value, copies[place.Value]);
        return copy;
    }

    internal ArenaSlot Add(string entry, Size rows)
    {
        if (!_slots.TryGetValue(entry, out var slots))
            _slots.Add(entry, slots = []);
        var slot = new ArenaSlot(entry, slots.Count, rows);
        slots.Add(slot);
        return slot;
    }

    internal void Place(string function, int value, ArenaSlot slot) => _slotOf[(function, value)] = slot;
}
