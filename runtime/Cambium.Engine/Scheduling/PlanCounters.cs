namespace Cambium.Runtime.Scheduling;

/// <summary>Counters of plans, summed over steps.</summary>
internal struct PlanCounters
{
    public long Built;
    public long Reused;
    public long Blocks;
    public long SharedBlocks;

    /// <summary>Chunks read by blocks.</summary>
    public long ChunkReads;

    /// <summary>Chunks that separate sequences would read.</summary>
    public long ChunkReadsUnshared;
}
