namespace Cambium.Runtime.Scheduling;

/// <summary>The two orders of sequences. Aged sequences have the highest rank; all others have that of their priority.</summary>
internal static class Ranking
{
    /// <summary>Order of running sequences: rank, then arrival. The last one is preempted first.</summary>
    public static int CompareRunning(Sequence a, Sequence b) => a.Rank != b.Rank ? b.Rank.CompareTo(a.Rank) : a.Number.CompareTo(b.Number);

    /// <summary>Order of waiting sequences: rank, then those that were preempted, then their rounds, then arrival. Aged sequences are past
    /// their rounds.</summary>
    public static int CompareWaiting(Sequence a, Sequence b) =>
        a.Rank != b.Rank ? b.Rank.CompareTo(a.Rank)
        : a.WasPreempted != b.WasPreempted ? b.WasPreempted.CompareTo(a.WasPreempted)
        : RoundOf(a) != RoundOf(b) ? RoundOf(a).CompareTo(RoundOf(b))
        : a.Number.CompareTo(b.Number);

    private static long RoundOf(Sequence sequence) => sequence.IsAged ? 0 : sequence.Round;
}
