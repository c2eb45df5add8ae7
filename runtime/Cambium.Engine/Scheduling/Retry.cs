namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Repeats a failed step one sequence at a time. It is unknown which row made the step fail, and the values of a sequence do not depend on the other
/// sequences of a step: so the faulty one fails alone.
/// </summary>
/// <param name="maxRows">Prompt rows in one step.</param>
internal sealed class Retry<TSequence>(
    RunningSet<TSequence> running,
    WaitingQueue<TSequence> waiting,
    SequencePaths paths,
    Admission<TSequence> admission,
    Preemption<TSequence> preemption,
    int maxRows)
    where TSequence : Sequence
{
    private int _retried;

    /// <summary>Failed steps with several sequences so far.</summary>
    public long Count { get; private set; }

    /// <summary>The next sequence to run alone; null if none is left.</summary>
    public TSequence? Next
    {
        get
        {
            if (_retried == 0)
                return null;
            foreach (var sequence in running)
            {
                if (sequence is { IsRetried: true, Paused: false })
                    return sequence;
            }

            for (var i = 0; i < waiting.Count; i++)
            {
                if (waiting[i] is { IsRetried: true, Paused: false } sequence)
                    return sequence;
            }

            return null;
        }
    }

    /// <summary>Call this if a step has not run. Drops the tokens that were placed for it.</summary>
    /// <returns>The faulty sequence, which is still there; null if there were several, which run alone from now on.</returns>
    public TSequence? Fail()
    {
        var participants = 0;
        foreach (var sequence in running)
            participants += sequence.Rows > 0 ? 1 : 0;
        if (participants > 1)
            Count++;

        TSequence? faulty = null;
        for (var i = running.Count - 1; i >= 0; i--)
        {
            var sequence = running[i];
            if (sequence.Rows > 0)
            {
                Clear(sequence);
                if (participants == 1)
                    faulty = sequence;
                else
                    Mark(sequence);
                preemption.Suspend(sequence);
            }
            else if (!paths.IsComputed(sequence))
            {
                // It was about to read keys that the failed step would have computed.
                preemption.Suspend(sequence);
            }
        }

        return faulty;
    }

    /// <summary>Places the tokens of a sequence that runs alone.</summary>
    /// <param name="isStarved">Whether it finds no page although no other sequence uses its share.</param>
    /// <returns>Rows placed.</returns>
    public int Place(TSequence sequence, out bool isStarved)
    {
        isStarved = false;
        if (sequence.IsWaiting)
        {
            if (running.IsFull)
                preemption.Suspend(running.Last);
            paths.Enter(sequence);
            admission.Start(sequence);
        }

        while (true)
        {
            // No other sequence computes in this step, so there is nothing to wait for.
            if (!sequence.WantsAllRows)
                paths.CatchUp(sequence);
            var wanted = sequence.IsGenerating ? 1 : Math.Min(maxRows, sequence.Length - sequence.Computed);
            var placed = paths.Place(sequence, sequence.WantsAllRows ? Math.Min(wanted, 1 + running.Free) : wanted);
            if (placed > 0)
                return placed;

            if (running.LastSharingWith(sequence) is { } other)
            {
                preemption.Suspend(other);
            }
            else if (!preemption.TryPreemptReader(sequence.Budget, out _))
            {
                isStarved = true;
                return 0;
            }
        }
    }

    /// <summary>Lets a sequence run with others again.</summary>
    public void Clear(TSequence sequence)
    {
        if (!sequence.IsRetried)
            return;
        sequence.RetryUntil = 0;
        _retried--;
    }

    private void Mark(TSequence sequence)
    {
        sequence.RetryUntil = sequence.Computed + sequence.Rows;
        _retried++;
    }
}
