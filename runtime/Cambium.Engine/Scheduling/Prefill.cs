using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>Places tokens of prompts, and of preempted sequences that are computed again, up to a number of rows.</summary>
/// <param name="maxRows">Prompt rows in one step.</param>
internal sealed class Prefill<TSequence>(RunningSet<TSequence> running, SequencePaths paths, int maxRows)
    where TSequence : Sequence
{
    /// <summary>Places the tokens.</summary>
    /// <param name="lacking">A share of the pool that had no page for a prompt.</param>
    /// <returns>Rows placed.</returns>
    public int Place(out Budget? lacking)
    {
        lacking = null;
        var rows = 0;
        var (hasPrompt, oldest) = (false, default(TSequence));
        foreach (var sequence in running)
        {
            if (sequence.IsGenerating)
                continue;
            hasPrompt = true;
            rows += sequence.Rows;
            var isUnplaced = sequence.Rows == 0 && sequence.Computed < sequence.Length - 1 && !sequence.IsRetried;
            if (isUnplaced && (oldest is null || sequence.Number < oldest.Number))
                oldest = sequence;
        }

        // Most steps decode only.
        if (!hasPrompt)
            return 0;

        // The oldest prompt advances in every step, so that a stream of prompts of higher rank cannot starve it; then by rank.
        var spareResults = running.Free;
        for (var i = oldest is null ? 0 : -1; i < running.Count && rows < maxRows; i++)
        {
            var sequence = i < 0 ? oldest! : running[i];
            // Other sequences may wait for the prompt of a paused one, so it is computed, but not the last token, whose row gives a result.
            var end = sequence.Paused ? sequence.Length - 1 : sequence.Length;
            if (sequence.Rows > 0 || sequence.Computed >= end || sequence.IsRetried)
                continue;
            if (!sequence.WantsAllRows && !paths.CatchUp(sequence))
                continue;

            var wanted = Math.Min(maxRows - rows, end - sequence.Computed);
            if (wanted == 0)
                continue;
            if (sequence.WantsAllRows)
                wanted = Math.Min(wanted, 1 + spareResults);
            var placed = paths.Place(sequence, wanted);
            if (sequence.WantsAllRows)
                spareResults -= Math.Max(0, placed - 1);
            if (placed == 0)
                lacking ??= sequence.Budget;
            rows += placed;
        }

        return rows;
    }
}
