namespace Cambium.Runtime.Scheduling;

/// <summary>
/// Takes chunks and place from running sequences. They keep their tokens, so that they continue later as if nothing had happened. Who is preempted is
/// decided here and in <see cref="Ranking"/>; when, where a page is missing: in
/// <see cref="Decode{TSequence}"/>, <see cref="Admission{TSequence}"/> and
/// <see cref="Scheduler{TSequence}.Select"/>.
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

    /// <summary>Puts a running sequence back into the queue.</summary>
    public void Suspend(TSequence sequence)
    {
        sequence.WasPreempted = true;
        Stop(sequence);
        waiting.Add(sequence);
    }

    /// <summary>Takes a running sequence out.</summary>
    public void Stop(TSequence sequence)
    {
        paths.Release(sequence);
        running.Remove(sequence);
    }
}
