namespace Cambium.Runtime.Scheduling;

/// <summary>Places one token of every generating sequence.</summary>
internal sealed class Decode<TSequence>(RunningSet<TSequence> running, SequencePaths paths, Preemption<TSequence> preemption)
    where TSequence : Sequence
{
    /// <summary>Places the tokens; preempts sequences where the pool is full.</summary>
    /// <param name="starved">A sequence that is alone in its share of the pool and finds no page.</param>
    /// <returns>Rows placed.</returns>
    public int Place(out TSequence? starved)
    {
        starved = null;
        var rows = 0;
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
                if (isAlone)
                {
                    starved = sequence;
                    return 0;
                }

                preemption.Preempt(last);
                if (ReferenceEquals(last, sequence))
                {
                    i--;
                    break;
                }
            }

            rows += sequence.Rows;
        }

        return rows;
    }
}
