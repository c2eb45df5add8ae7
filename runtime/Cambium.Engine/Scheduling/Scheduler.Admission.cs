using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

// Who may start.
internal sealed partial class Scheduler
{
    // Sequences of one rank that are asked how much of them is cached.
    private const int Window = 32;

    private Sequence? _refused;
    private int _refusedPages;
    private int _refusedRunning;

    private int Pages(int tokens) => (tokens + tree.ChunkSize - 1) / tree.ChunkSize;

    // By rank, as long as the pool has room for what the running sequences know they will compute and for the prompt of the next. Answers grow
    // beyond that: when the pool is full then, the last in rank waits again.
    private void Admit()
    {
        while (NextReady() is { } sequence)
        {
            if (_running.Count == _places.Length)
            {
                if (!GivesWay(_running[^1], sequence))
                    return;
                continue;
            }

            var available = sequence.Budget.Available;
            if (ReferenceEquals(sequence, _refused) && available == _refusedPages && _running.Count == _refusedRunning)
                return;

            Enter(sequence);
            if (LastOf(sequence.Budget, out _) is { } last && MissingPages(sequence) + ReservedPages(sequence.Budget) > sequence.Budget.Available)
            {
                tree.Release(sequence.Tail, sequence.CachePriority);
                sequence.Computed = 0;
                if (GivesWay(last, sequence))
                    continue;
                (_refused, _refusedPages, _refusedRunning) = (sequence, sequence.Budget.Available, _running.Count);
                return;
            }

            _refused = null;
            Start(sequence);
        }
    }

    private void Enter(Sequence sequence)
    {
        sequence.Tail = tree.Enter(sequence.Key);
        sequence.Computed = sequence.WantsAllRows ? 0 : tree.Follow(ref sequence.Tail, sequence.Tokens.AsSpan(0, sequence.Length - 1));
    }

    private void Start(Sequence sequence)
    {
        _waiting.Remove(sequence);
        if (!sequence.WasPreempted)
        {
            for (var waiting = _waiting.First; waiting is not null; waiting = waiting.After)
            {
                if (waiting.Number < sequence.Number)
                    Overtake(waiting);
            }
        }

        sequence.Place = Array.IndexOf(_places, null);
        _places[sequence.Place] = sequence;
        var at = _running.Count;
        while (at > 0 && IsBefore(sequence, _running[at - 1]))
            at--;
        _running.Insert(at, sequence);
    }

    private void Overtake(Sequence sequence) => sequence.IsAged |= ++sequence.Overtakes >= maxOvertakes;

    private static bool IsBefore(Sequence a, Sequence b) => a.Rank != b.Rank ? a.Rank > b.Rank : a.Number < b.Number;

    /// <summary>Takes chunks and place from the last in rank, if its priority is lower.</summary>
    private bool GivesWay(Sequence last, Sequence sequence)
    {
        if (last.IsAged || last.Priority >= sequence.Priority)
            return false;
        Preempt(last);
        return true;
    }

    // The highest rank; in it those that ran before, then those of which the most is cached, then the order of arrival.
    private Sequence? NextReady()
    {
        Sequence? first = null;
        for (var sequence = _waiting.First; sequence is not null; sequence = sequence.After)
        {
            if (IsReady(sequence) && (first is null || IsSooner(sequence, first)))
                first = sequence;
        }

        // Nobody passes the aged, and where nobody can start it does not matter who would be next.
        if (first is null or { IsAged: true } or { WasPreempted: true } || (_running.Count == _places.Length && first.Priority <= _running[^1].Priority))
            return first;
        var (best, cached, asked) = (first, -1, 0);
        for (var sequence = _waiting.First; sequence is not null && asked < Window; sequence = sequence.After)
        {
            if (!IsReady(sequence) || sequence.Rank != first.Rank)
                continue;
            asked++;
            var known = tree.Probe(sequence.Key, sequence.Tokens.AsSpan(0, sequence.Length - 1));
            if (known > cached)
                (best, cached) = (sequence, known);
        }

        return best;
    }

    private static bool IsSooner(Sequence a, Sequence b) => a.Rank != b.Rank ? a.Rank > b.Rank : a.WasPreempted != b.WasPreempted ? a.WasPreempted : a.Number < b.Number;

    // Who waits for its reader does not need to run.
    private static bool IsReady(Sequence sequence) => !sequence.Paused && sequence.SuspectUntil == 0;

    private bool IsAnyReady()
    {
        for (var sequence = _waiting.First; sequence is not null; sequence = sequence.After)
        {
            if (IsReady(sequence))
                return true;
        }

        return false;
    }

    // Pages for all tokens that are known, and for the one that follows.
    private int MissingPages(Sequence sequence) => Math.Max(0, Pages(sequence.Length + 1) - Pages(sequence.Computed));

    private int ReservedPages(Budget budget)
    {
        var (running, missing) = (0, 0);
        foreach (var sequence in _running)
        {
            if (!ReferenceEquals(sequence.Budget, budget))
                continue;
            running++;
            missing += MissingPages(sequence);
        }

        // A margin lets answers grow for a while before somebody has to go.
        return missing + Math.Min(running, budget.Quota / 8);
    }
}
