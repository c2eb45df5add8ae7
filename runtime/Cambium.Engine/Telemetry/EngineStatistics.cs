namespace Cambium.Runtime;

/// <summary>Counters since an engine's start, as they were between two steps.</summary>
public readonly record struct EngineStatistics
{
    /// <summary>Passes of the model.</summary>
    public long Steps { get; init; }

    /// <summary>Rows computed that were not the newest token of a sequence: prompts, and recomputation after preemption.</summary>
    public long TokensPrefilled { get; init; }

    /// <summary>Prompt tokens that were read from the tree.</summary>
    public long TokensCached { get; init; }

    /// <summary>Tokens sampled.</summary>
    public long TokensGenerated { get; init; }

    /// <summary>Time spent in steps.</summary>
    public TimeSpan StepTime { get; init; }

    /// <summary>Part of it spent in attention.</summary>
    public TimeSpan AttentionTime { get; init; }

    /// <summary>Part of it spent on choosing rows and planning attention.</summary>
    public TimeSpan PlanTime { get; init; }

    /// <summary>Tokens generated per second of <see cref="StepTime"/>.</summary>
    public double TokensPerSecond => StepTime > TimeSpan.Zero ? TokensGenerated / StepTime.TotalSeconds : 0;

    /// <summary>Requests waiting for room.</summary>
    public int Waiting { get; init; }

    /// <summary>Sequences running.</summary>
    public int Running { get; init; }

    /// <summary>Requests that ended by themselves.</summary>
    public long Finished { get; init; }

    /// <summary>Requests that were cancelled.</summary>
    public long Cancelled { get; init; }

    /// <summary>Requests that ended by an error.</summary>
    public long Failed { get; init; }

    /// <summary>Times a running sequence gave its chunks back because the pool was full or a request of higher priority came.</summary>
    public long Preemptions { get; init; }

    /// <summary>Steps that failed with several requests in them, which were tried again one by one.</summary>
    public long Retries { get; init; }

    /// <summary>Bytes of the pool.</summary>
    public long PoolBytes { get; init; }

    /// <summary>Bytes of chunks that running sequences read or write now, each counted once.</summary>
    public long KvBytesInUse { get; init; }

    /// <summary>What the running sequences would take now if none shared a chunk.</summary>
    public long KvBytesUnshared { get; init; }

    /// <summary>The largest <see cref="KvBytesInUse"/> so far.</summary>
    public long PeakKvBytesInUse { get; init; }

    /// <summary>The largest <see cref="KvBytesUnshared"/> so far.</summary>
    public long PeakKvBytesUnshared { get; init; }

    /// <summary>Bytes of chunks that no running sequence uses, kept for requests to come.</summary>
    public long KvBytesCached { get; init; }

    /// <summary>Cached chunks given up for room.</summary>
    public long Evictions { get; init; }

    /// <summary>Attention plans made anew.</summary>
    public long PlansBuilt { get; init; }

    /// <summary>Steps that reused the plan of the step before.</summary>
    public long PlansReused { get; init; }

    /// <summary>Blocks of rows over all steps.</summary>
    public long Blocks { get; init; }

    /// <summary>Blocks that fold rows of more than one sequence together: two-phase attention.</summary>
    public long SharedBlocks { get; init; }

    /// <summary>How the last step's attention was cut.</summary>
    public AttentionDecision LastAttention { get; init; }

    /// <summary>What <see cref="AttentionTime"/> would have been longer by, had every sequence been computed by itself: by measured savings where there are some, and estimated ones before.</summary>
    public TimeSpan AttentionTimeSaved { get; init; }

    /// <summary>Chunks read by blocks over all steps (per layer and head).</summary>
    public long ChunkReads { get; init; }

    /// <summary>Chunks that would have been read with every sequence on its own.</summary>
    public long ChunkReadsUnshared { get; init; }
}
