using Cambium.Runtime.Cache;

namespace Cambium.Runtime.Scheduling;

/// <summary>How many pages sequences take. Given contents take none, so pages are counted from the first token.</summary>
/// <param name="running">The running sequences.</param>
/// <param name="chunkSize">Tokens in a page.</param>
internal sealed class PageDemand<TSequence>(RunningSet<TSequence> running, int chunkSize)
    where TSequence : Sequence
{
    /// <summary>Token pages of all running sequences if none were shared.</summary>
    public long Unshared
    {
        get
        {
            var pages = 0L;
            foreach (var sequence in running)
                pages += Pages(sequence.Computed + sequence.Rows);
            return pages;
        }
    }

    /// <summary>Pages that a sequence still needs for all tokens that are known and for the next one.</summary>
    public int Missing(TSequence sequence) => Math.Max(0, Pages(sequence.Length + 1) - Pages(sequence.Computed));

    /// <summary>
    /// Pages that the running sequences of a share still need, with a margin: answers can grow for a while before one has to be preempted.
    /// </summary>
    public int Reserved(Budget budget)
    {
        var (sharers, missing) = (0, 0);
        foreach (var sequence in running)
        {
            if (!ReferenceEquals(sequence.Budget, budget))
                continue;
            sharers++;
            missing += Missing(sequence);
        }

        return missing + Math.Min(sharers, budget.Quota / 8);
    }

    private int Pages(int tokens) => (tokens + chunkSize - 1) / chunkSize;
}
