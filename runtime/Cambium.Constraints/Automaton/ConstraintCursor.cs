namespace Cambium.Constraints;

/// <summary>How far one sequence has come.</summary>
internal sealed class ConstraintCursor(Automaton automaton)
{
    private AutomatonState _state = automaton.Start();

    /// <summary>Whether the answer may end here.</summary>
    public bool MayEnd => _state.Accepts;

    /// <summary>Whether the answer is complete and nothing may follow.</summary>
    public bool MustEnd => _state is { Accepts: true, Items.Length: 0 };

    /// <summary>A bit for each token that may come.</summary>
    /// <exception cref="ConstraintException">It takes too long to find out.</exception>
    public ReadOnlySpan<ulong> Allowed() => automaton.Mask(_state);

    public void Advance(int token) => _state = automaton.Advance(_state, token);
}
