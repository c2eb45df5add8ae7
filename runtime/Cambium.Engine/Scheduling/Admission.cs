namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Starts waiting sequences while the pool has room for the known tokens of the running ones and for the prompt of the next one. Answers grow
/// beyond that: when the pool is full, the sequence of the lowest rank is preempted.
/// </summary>
internal sealed class Admission<TSequence>(
    RunningSet<TSequence> running,
    WaitingQueue<TSequence> waiting,
    SequencePaths paths,
    PageDemand<TSequence> demand,
    Preemption<TSequence> preemption)
    where TSequence : Sequence
{
    // Sequences of one rank that are compared by how much of them is cached.
    private const int Window = 32;

    // The sequence that was not admitted for lack of pages, and the state at that time. Until the state changes, it need not be tried again.
    private TSequence? _refused;
    private int _refusedPages;
    private int _refusedRunning;

    /// <summary>Starts as many sequences as there is room for.</summary>
    public void Admit()
    {
        while (Next() is { } sequence)
        {
            if (running.IsFull)
            {
                if (!preemption.TryPreemptFor(running.Last, sequence))
                    return;
                continue;
            }

            var available = sequence.Budget.Available;
            if (ReferenceEquals(sequence, _refused) && available == _refusedPages && running.Count == _refusedRunning)
                return;

            // The pages of its cached prefix are in use from here on and no longer available for eviction.
            paths.Enter(sequence);
            if (running.LastOf(sequence.Budget, out _) is { } last
                && demand.Missing(sequence) + demand.Reserved(sequence.Budget) > sequence.Budget.Available)
            {
                paths.Release(sequence);
                if (preemption.TryPreemptFor(last, sequence))
                    continue;
                (_refused, _refusedPages, _refusedRunning) = (sequence, sequence.Budget.Available, running.Count);
                return;
            }

            _refused = null;
            Start(sequence);
        }
    }

    /// <summary>Moves a sequence that has entered the tree from the queue to the running ones.</summary>
    public void Start(TSequence sequence)
    {
        waiting.Remove(sequence);
        if (!sequence.WasPreempted)
            waiting.CountBypasses(sequence);
        running.Add(sequence);
    }

    /// <summary>The next sequence to start: by rank, then those that were preempted, then the largest cached prefix, then arrival.</summary>
    private TSequence? Next()
    {
        var index = waiting.FirstReady;
        if (index < 0)
            return null;
        var first = waiting[index];
        // No sequence bypasses an aged one. If no sequence can start, the choice of the next one does not matter.
        if (first.IsAged || first.WasPreempted || (running.IsFull && first.Priority <= running.Last.Priority))
            return first;

        var (best, cached) = (first, -1);
        for (var asked = 0; index < waiting.Count && waiting[index].Rank == first.Rank && asked < Window; index++)
        {
            var sequence = waiting[index];
            if (!sequence.IsReady)
                continue;
            asked++;
            var known = paths.CachedTokens(sequence);
            if (known > cached)
                (best, cached) = (sequence, known);
        }

        return best;
    }
}
