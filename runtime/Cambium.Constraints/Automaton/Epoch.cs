namespace Cambium.Constraints;

/// <summary>A cache of states and stacks. When it is too large, a new epoch begins and each running sequence copies its state to it.</summary>
/// <param name="classes">Classes of bytes.</param>
/// <param name="finishes">For each state of the grammar: whether its rule can be ended by tokens of one byte.</param>
internal sealed class Epoch(int classes, bool[] finishes)
{
    private readonly Dictionary<Key, AutomatonState> _states = [];
    private readonly Dictionary<(int Return, int Parent), Frame> _frames = [];

    /// <summary>Approximate memory of the cache, in bytes.</summary>
    public long Bytes { get; set; }

    public int Count => _states.Count;

    public Frame Push(int target, Frame? parent)
    {
        if (_frames.TryGetValue((target, parent?.Id ?? 0), out var frame))
            return frame;
        Bytes += 96;
        frame = new Frame(target, parent, _frames.Count + 1, finishes[target] && parent is null or { Finishes: true });
        _frames.Add((target, parent?.Id ?? 0), frame);
        return frame;
    }

    /// <param name="items">In ascending order, without duplicates. Copied if the state is new.</param>
    public AutomatonState State(List<Item> items, bool accepts)
    {
        var key = new Key(items, accepts);
        if (_states.TryGetValue(key, out var state))
            return state;
        Bytes += 128 + (items.Count * 32L) + (classes * 8L);
        state = new AutomatonState(this, [.. items], accepts, classes);
        _states.Add(new Key(state.Items, accepts), state);
        return state;
    }

    /// <summary>Copies a state of another epoch to this one.</summary>
    public AutomatonState Adopt(AutomatonState other)
    {
        var items = other.Items.Select(item => new Item(item.State, Adopt(item.Frame))).ToList();
        items.Sort(Compare);
        return State(items, other.Accepts);
    }

    public static int Compare(Item a, Item b) => a.State != b.State ? a.State.CompareTo(b.State) : (a.Frame?.Id ?? 0).CompareTo(b.Frame?.Id ?? 0);

    private Frame? Adopt(Frame? frame)
    {
        var returns = new Stack<int>();
        for (; frame is not null; frame = frame.Parent)
            returns.Push(frame.Return);
        Frame? own = null;
        while (returns.TryPop(out var target))
            own = Push(target, own);
        return own;
    }

    private readonly struct Key(IReadOnlyList<Item> items, bool accepts) : IEquatable<Key>
    {
        private readonly IReadOnlyList<Item> _items = items;
        private readonly bool _accepts = accepts;

        public bool Equals(Key other)
        {
            if (_accepts != other._accepts || _items.Count != other._items.Count)
                return false;
            for (var i = 0; i < _items.Count; i++)
            {
                if (_items[i].State != other._items[i].State || !ReferenceEquals(_items[i].Frame, other._items[i].Frame))
                    return false;
            }

            return true;
        }

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_accepts);
            for (var i = 0; i < _items.Count; i++)
            {
                hash.Add(_items[i].State);
                hash.Add(_items[i].Frame?.Id ?? 0);
            }

            return hash.ToHashCode();
        }
    }
}
