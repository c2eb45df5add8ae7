namespace Cambium.Constraints;

/// <summary>Where to return to when a rule has been matched. Equal stacks of one <see cref="Epoch"/> are one object.</summary>
internal sealed record Frame(int Return, Frame? Parent, int Id);

/// <summary>A state of the grammar and the calls that led there.</summary>
internal readonly record struct Item(int State, Frame? Frame);

/// <summary>Everything that may come after what was written: all the places where the grammar may be. A state of the deterministic automaton, made when it is first needed.</summary>
internal sealed class AutomatonState(Epoch epoch, Item[] items, bool accepts, int classes)
{
    /// <summary>Nothing valid begins like this.</summary>
    public static readonly AutomatonState Dead = new(null!, [], false, 0);

    private ulong[]? _mask;

    public Epoch Epoch { get; } = epoch;

    /// <summary>Places that take a byte, in ascending order.</summary>
    public Item[] Items { get; } = items;

    /// <summary>Whether what was written is complete.</summary>
    public bool Accepts { get; } = accepts;

    /// <summary>By class of bytes; null where not known yet.</summary>
    public AutomatonState?[] Next { get; } = new AutomatonState?[classes];

    /// <summary>A bit for each token that may come; null where not known yet. Read without a lock.</summary>
    public ulong[]? Mask
    {
        get => Volatile.Read(ref _mask);
        set => Volatile.Write(ref _mask, value);
    }
}
