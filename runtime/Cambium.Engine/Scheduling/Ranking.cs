namespace Cambium.Runtime.Scheduling;

/// <summary>The two orders of sequences. Aged sequences have the highest rank; all others have that of their priority.</summary>
internal static class Ranking
{
    /// <summary>Order of running sequences: rank, then arrival. The last one is preempted first.</summary>
    public static int CompareRunning(Sequence a, Sequence b) => a.Rank != b.Rank ? b.Rank.CompareTo(a.Rank) : a.Number.CompareTo(b.Number);

    /// <summary>Order of waiting sequences: rank, then those that were preempted, then arrival.</summary>
    public static int CompareWaiting(Sequence a, Sequence b) =>
        a.Rank == b.Rank && a.WasPreempted != b.WasPreempted ? b.WasPreempted.CompareTo(a.WasPreempted) : CompareRunning(a, b);
}
