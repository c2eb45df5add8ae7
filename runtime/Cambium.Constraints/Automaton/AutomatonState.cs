namespace Cambium.Constraints;

/// <summary>
/// A stack of return addresses: the state to continue at when the called rule ends. Equal stacks of one <see cref="Epoch"/> are one object.
/// </summary>
/// <param name="Return">The state to continue at.</param>
/// <param name="Parent">The rest of the stack.</param>
/// <param name="Id">Its number within the epoch.</param>
/// <param name="Finishes">Whether all calls can be ended by tokens of one byte.</param>
internal sealed record Frame(int Return, Frame? Parent, int Id, bool Finishes);

/// <summary>A position: a state of the grammar and the stack of calls that led to it.</summary>
internal readonly record struct Item(int State, Frame? Frame);

/// <summary>A state of the deterministic automaton: all positions at which the grammar may be after a text. Created when first reached.</summary>
internal sealed class AutomatonState(Epoch epoch, Item[] items, bool accepts, int classes)
{
    /// <summary>No valid text begins like this.</summary>
    public static readonly AutomatonState Dead = new(null!, [], false, 0);

    private ulong[]? _mask;

    public Epoch Epoch { get; } = epoch;

    /// <summary>Positions with an edge over a byte, in ascending order.</summary>
    public Item[] Items { get; } = items;

    /// <summary>Whether the text so far is complete.</summary>
    public bool Accepts { get; } = accepts;

    /// <summary>Whether tokens can complete the text; null where not computed yet.</summary>
    public bool? IsLive { get; set; }

    /// <summary>The next state by class of bytes; null where not computed yet.</summary>
    public AutomatonState?[] Next { get; } = new AutomatonState?[classes];

    /// <summary>One bit for each token: whether it is allowed; null where not computed yet. Read without a lock.</summary>
    public ulong[]? Mask
    {
        get => Volatile.Read(ref _mask);
        set => Volatile.Write(ref _mask, value);
    }
}
