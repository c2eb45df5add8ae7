namespace Cambium.Constraints;

/// <summary>The progress of one sequence through a constraint.</summary>
internal sealed class ConstraintCursor
{
    private readonly Automaton _automaton;
    private AutomatonState _state;

    /// <exception cref="ConstraintException">Computing the first state takes too long.</exception>
    public ConstraintCursor(Automaton automaton)
    {
        _automaton = automaton;
        _state = automaton.Start();
        MustEnd = automaton.MustEnd(_state);
    }

    /// <summary>Whether the answer may end here.</summary>
    public bool MayEnd => _state.Accepts;

    /// <summary>Whether the answer is complete and nothing may follow.</summary>
    public bool MustEnd { get; private set; }

    /// <summary>One bit for each token: whether it is allowed next.</summary>
    /// <exception cref="ConstraintException">No token is allowed, and the answer may not end; or computing it takes too long.</exception>
    public ReadOnlySpan<ulong> Allowed()
    {
        ReadOnlySpan<ulong> allowed = _automaton.Mask(_state);
        return MayEnd || allowed.ContainsAnyExcept(0UL)
            ? allowed
            : throw new ConstraintException(
                "No token is left: the tokenizer has no tokens for any text that the constraint allows; allow other characters.");
    }

    /// <exception cref="ConstraintException">Computing the state takes too long.</exception>
    public void Advance(int token)
    {
        _state = _automaton.Advance(_state, token);
        MustEnd = _automaton.MustEnd(_state);
    }
}
