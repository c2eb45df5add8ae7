namespace Cambium.Constraints;

/// <summary>
/// A grammar made deterministic on demand, over the tokens of a vocabulary. Its results depend only on the grammar, the vocabulary and the text so
/// far. Earlier queries of other sequences change only the time. Thread-safe.
/// </summary>
internal sealed class Automaton
{
    /// <summary>Memory of states and masks at which a new <see cref="Epoch"/> begins.</summary>
    private const long MaxBytes = 48L << 20;

    /// <summary>Largest number of grammar positions in one state.</summary>
    private const int MaxItems = 8192;

    /// <summary>Most edges visited for one mask: about one second.</summary>
    private const long MaxWork = 100_000_000;

    /// <summary>Most states searched for one that can be completed.</summary>
    private const int MaxSearched = 10_000;

    private readonly Lock _gate = new();
    private readonly Grammar _grammar;
    private readonly TokenVocabulary _vocabulary;
    private readonly long _maxBytes;
    private readonly List<Item> _items = [];
    private readonly HashSet<Item> _seen = [];
    private readonly Stack<Item> _open = new();
    private readonly bool[] _finishes;
    private readonly bool _hasAllBytes;
    private Epoch _epoch;
    private bool _accepts;
    private long _work;

    /// <param name="maxBytes">For tests.</param>
    public Automaton(Grammar grammar, TokenVocabulary vocabulary, long maxBytes = MaxBytes)
    {
        _grammar = grammar;
        _vocabulary = vocabulary;
        _maxBytes = maxBytes;
        _hasAllBytes = grammar.Edges.All(edges => edges.All(edge => !edge.IsByte || vocabulary.HasBytes(edge.First, edge.Last)));
        _finishes = Reachability.OfEnds(grammar.Edges, grammar.Rules, edge => vocabulary.HasAnyByte(edge.First, edge.Last));
        _epoch = new Epoch(grammar.Classes, _finishes);
    }

    /// <summary>The state before the first byte.</summary>
    public AutomatonState Start()
    {
        lock (_gate)
        {
            Begin();
            Open(_grammar.Rules[0].Start, null);
            return Closure();
        }
    }

    /// <summary>The state after a token.</summary>
    /// <returns><see cref="AutomatonState.Dead"/> if the token is not allowed.</returns>
    public AutomatonState Advance(AutomatonState state, int token) => Advance(state, _vocabulary.Bytes(token));

    /// <inheritdoc cref="Advance(AutomatonState, int)"/>
    public AutomatonState Advance(AutomatonState state, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            state = Enter(state);
            foreach (var value in bytes)
                state = Next(state, value);
            return bytes.IsEmpty ? AutomatonState.Dead : state;
        }
    }

    /// <summary>One bit for each token: whether it is allowed next.</summary>
    /// <exception cref="ConstraintException">Computing it takes too long.</exception>
    public ulong[] Mask(AutomatonState state)
    {
        if (state.Mask is { } known)
            return known;
        lock (_gate)
        {
            state = Enter(state);
            return state.Mask ??= MakeMask(state);
        }
    }

    /// <summary>Whether the text is complete and no token may follow.</summary>
    /// <exception cref="ConstraintException">Computing it takes too long.</exception>
    public bool MustEnd(AutomatonState state) =>
        state.Accepts && (state.Items.Length == 0 || (!_hasAllBytes && !Mask(state).AsSpan().ContainsAnyExcept(0UL)));

    // Tokens are sorted by their bytes: if a prefix is dead, all tokens that begin with it are skipped.
    private ulong[] MakeMask(AutomatonState start)
    {
        var mask = new ulong[(_vocabulary.Size + 63) / 64];
        _epoch.Bytes += mask.Length * 8L;
        foreach (var (token, next) in Successors(start))
        {
            if (IsLive(next))
                mask[token >> 6] |= 1UL << (token & 63);
        }

        return mask;
    }

    private IEnumerable<(int Token, AutomatonState Next)> Successors(AutomatonState start)
    {
        var path = new AutomatonState[_vocabulary.Longest + 1];
        path[0] = start;
        var dead = int.MaxValue;
        for (var i = 0; i < _vocabulary.Order.Length; i++)
        {
            var common = _vocabulary.Common[i];
            if (common > dead)
                continue;
            dead = int.MaxValue;
            var token = _vocabulary.Order[i];
            var length = _vocabulary.Bytes(token).Length;
            for (var at = common; at < length; at++)
            {
                var next = Next(path[at], _vocabulary.Bytes(token)[at]);
                if (ReferenceEquals(next, AutomatonState.Dead))
                {
                    dead = at;
                    break;
                }

                path[at + 1] = next;
            }

            if (dead == int.MaxValue)
                yield return (token, path[length]);
        }
    }

    // Every text that the grammar began can be completed byte by byte. If a byte is not a token, a branch may need a token that does not exist: then
    // the states that tokens reach from here are searched for one that surely ends.
    private bool IsLive(AutomatonState state)
    {
        if (_hasAllBytes)
            return true;
        if (state.IsLive is { } known)
            return known;
        if (EndsByBytes(state))
        {
            state.IsLive = true;
            return true;
        }

        var cameFrom = new Dictionary<AutomatonState, AutomatonState?>(ReferenceEqualityComparer.Instance) { [state] = null };
        var open = new Stack<AutomatonState>([state]);
        while (open.TryPop(out var at))
        {
            foreach (var (_, next) in Successors(at))
            {
                if (!cameFrom.TryAdd(next, at) || next.IsLive == false)
                    continue;
                if (next.IsLive == true || EndsByBytes(next))
                {
                    for (var live = next; live is not null; live = cameFrom[live])
                        live.IsLive = true;
                    return true;
                }

                open.Push(next);
            }

            if (cameFrom.Count > MaxSearched)
            {
                throw new ConstraintException(
                    "The tokenizer lacks tokens for single characters of the constraint, "
                    + $"and more than {MaxSearched} continuations were searched for one that it can complete; use other characters.");
            }
        }

        foreach (var searched in cameFrom.Keys)
            searched.IsLive = false;
        return false;
    }

    private bool EndsByBytes(AutomatonState state) =>
        state.Accepts || Array.Exists(state.Items, item => _finishes[item.State] && item.Frame is null or { Finishes: true });

    private void Begin()
    {
        _work = 0;
        if (_epoch.Bytes > _maxBytes)
            _epoch = new Epoch(_grammar.Classes, _finishes);
    }

    private AutomatonState Enter(AutomatonState state)
    {
        Begin();
        return ReferenceEquals(state.Epoch, _epoch) || ReferenceEquals(state, AutomatonState.Dead) ? state : _epoch.Adopt(state);
    }

    private AutomatonState Next(AutomatonState state, byte value)
    {
        if (ReferenceEquals(state, AutomatonState.Dead))
            return state;
        ref var next = ref state.Next[_grammar.ClassOf[value]];
        if (next is not null)
            return next;
        foreach (var item in state.Items)
        {
            foreach (var edge in _grammar.Edges[item.State])
            {
                _work++;
                if (edge.IsByte && edge.Takes(value))
                    Open(edge.Target, item.Frame);
            }
        }

        return next = Closure();
    }

    private void Open(int state, Frame? frame)
    {
        var item = new Item(state, frame);
        if (_seen.Add(item))
            _open.Push(item);
    }

    // Follows edges without a byte, into calls and back from them.
    private AutomatonState Closure()
    {
        try
        {
            while (_open.TryPop(out var item))
                Follow(item);
            _items.Sort(Epoch.Compare);
            return _items.Count == 0 && !_accepts ? AutomatonState.Dead : _epoch.State(_items, _accepts);
        }
        finally
        {
            _items.Clear();
            _seen.Clear();
            _open.Clear();
            _accepts = false;
        }
    }

    private void Follow(Item item)
    {
        if (_grammar.IsEnd[item.State])
        {
            if (item.Frame is { } frame)
                Open(frame.Return, frame.Parent);
            else
                _accepts = true;
            return;
        }

        var takesBytes = false;
        foreach (var edge in _grammar.Edges[item.State])
        {
            _work++;
            if (edge.IsCall)
                Open(_grammar.Rules[edge.Rule].Start, _epoch.Push(edge.Target, item.Frame));
            else if (!edge.IsByte)
                Open(edge.Target, item.Frame);
            takesBytes |= edge.IsByte;
        }

        if (takesBytes)
            _items.Add(item);
        if (_seen.Count > MaxItems)
            throw new ConstraintException(
                $"The constraint has more than {MaxItems} possible readings at one position; make its alternatives differ where they begin.");
        if (_work > MaxWork || _epoch.Bytes > 8 * MaxBytes)
            throw new ConstraintException(
                "It takes too long to find the tokens that the constraint allows; "
                    + "make its counts smaller or its alternatives differ where they begin.");
    }
}
