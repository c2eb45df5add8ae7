namespace Cambium.Runtime.Scheduling;

/// <summary>What plans did, summed over steps.</summary>
internal struct PlanCounters
{
    public long Built;
    public long Reused;
    public long Blocks;
    public long SharedBlocks;

    /// <summary>Chunks read by blocks.</summary>
    public long ChunkReads;

    /// <summary>Chunks that sequences would read one by one.</summary>
    public long ChunkReadsUnshared;
}
