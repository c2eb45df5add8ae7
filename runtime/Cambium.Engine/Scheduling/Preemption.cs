using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Preempts running sequences: takes their chunks and their place in the batch. They keep their tokens, so that they continue later with the same
/// result. This class and <see cref="Ranking"/> decide which sequence is preempted. <see cref="Decode{TSequence}"/>,
/// <see cref="Admission{TSequence}"/> and <see cref="Scheduler{TSequence}.Select"/> decide when, because they find that a page is missing.
/// </summary>
internal sealed class Preemption<TSequence>(RunningSet<TSequence> running, WaitingQueue<TSequence> waiting, SequencePaths paths)
    where TSequence : Sequence
{
    /// <summary>Preemptions so far.</summary>
    public long Count { get; private set; }

    /// <summary>Preempts a running sequence for a waiting one, if its priority is lower and it is not aged.</summary>
    public bool TryPreemptFor(TSequence last, TSequence sequence)
    {
        if (last.IsAged || last.Priority >= sequence.Priority)
            return false;
        Preempt(last);
        return true;
    }

    /// <summary>Preempts a sequence for others. It counts as a bypass.</summary>
    public void Preempt(TSequence sequence)
    {
        Count++;
        sequence.Bypasses++;
        Suspend(sequence);
    }

    /// <summary>
    /// Preempts a sequence of another share of the pool that reads chunks of this one, which were published: the one of the lowest rank.
    /// </summary>
    /// <param name="budget">A share in which at most one sequence runs, and which has no page.</param>
    /// <param name="isRead">Whether one reads them that has tokens in the coming step, which is not preempted.</param>
    public bool TryPreemptReader(Budget budget, out bool isRead)
    {
        isRead = false;
        for (var i = running.Count - 1; i >= 0; i--)
        {
            var reader = running[i];
            if (ReferenceEquals(reader.Budget, budget) || !paths.Uses(reader, budget))
                continue;
            if (reader.Rows == 0)
            {
                Preempt(reader);
                return true;
            }

            isRead = true;
        }

        return false;
    }

    /// <summary>Puts a running sequence back into the queue.</summary>
    public void Suspend(TSequence sequence)
    {
        sequence.WasPreempted = true;
        Stop(sequence);
        waiting.Add(sequence);
    }

    /// <summary>Removes a sequence from the running ones and releases its chunks.</summary>
    public void Stop(TSequence sequence)
    {
        paths.Release(sequence);
        running.Remove(sequence);
    }
}
