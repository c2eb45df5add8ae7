namespace Cambium.Runtime.Scheduling;

/// <summary>Places one token of every generating sequence.</summary>
internal sealed class Decode<TSequence>(RunningSet<TSequence> running, SequencePaths paths, Preemption<TSequence> preemption)
    where TSequence : Sequence
{
    /// <summary>Places the tokens; preempts sequences where the pool is full.</summary>
    /// <param name="starved">A sequence that finds no page although no other one uses its share of the pool.</param>
    /// <returns>Rows placed.</returns>
    public int Place(out TSequence? starved)
    {
        starved = null;
        for (var i = 0; i < running.Count; i++)
        {
            var sequence = running[i];
            if (!sequence.IsGenerating || !sequence.IsReady)
                continue;

            // It may have been placed already, before another sequence was found to starve.
            while (sequence.Rows == 0 && paths.Place(sequence, 1) == 0)
            {
                // The sequence of the lowest rank loses the least work. It comes after all sequences of its share that have a token in this step.
                var last = running.LastOf(sequence.Budget, out var isAlone)!;
                if (!isAlone)
                {
                    preemption.Preempt(last);
                }
                else if (!preemption.TryPreemptReader(sequence.Budget, out var isRead))
                {
                    // A reader of its chunks with a token in this step gives them back when its answer ends.
                    if (isRead)
                        break;
                    starved = sequence;
                    return 0;
                }

                // The preempted sequence is this one, or one before it.
                if (i == running.Count || !ReferenceEquals(running[i], sequence))
                    i--;
                if (sequence.Place < 0)
                    break;
            }
        }

        var rows = 0;
        foreach (var sequence in running)
            rows += sequence.IsGenerating ? sequence.Rows : 0;
        return rows;
    }
}
