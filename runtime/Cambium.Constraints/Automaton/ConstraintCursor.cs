namespace Cambium.Constraints;

/// <summary>The progress of one sequence through a constraint.</summary>
internal sealed class ConstraintCursor(Automaton automaton)
{
    private AutomatonState _state = automaton.Start();

    /// <summary>Whether the answer may end here.</summary>
    public bool MayEnd => _state.Accepts;

    /// <summary>Whether the answer is complete and nothing may follow.</summary>
    public bool MustEnd => _state is { Accepts: true, Items.Length: 0 };

    /// <summary>One bit for each token: whether it is allowed next.</summary>
    /// <exception cref="ConstraintException">Computing it takes too long.</exception>
    public ReadOnlySpan<ulong> Allowed() => automaton.Mask(_state);

    public void Advance(int token) => _state = automaton.Advance(_state, token);
}
