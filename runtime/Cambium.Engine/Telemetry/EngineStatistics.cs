namespace Cambium.Runtime;

/// <summary>Counters since an engine's start, read between two steps.</summary>
public readonly record struct EngineStatistics
{
    /// <summary>Steps: passes of the model.</summary>
    public long Steps { get; init; }

    /// <summary>Prefill rows: prompts, and recomputation after preemption.</summary>
    public long TokensPrefilled { get; init; }

    /// <summary>Prompt tokens that were read from the KV cache.</summary>
    public long TokensCached { get; init; }

    /// <summary>Tokens sampled.</summary>
    public long TokensGenerated { get; init; }

    /// <summary>Time in steps.</summary>
    public TimeSpan StepTime { get; init; }

    /// <summary>The part of <see cref="StepTime"/> in attention.</summary>
    public TimeSpan AttentionTime { get; init; }

    /// <summary>The part of <see cref="StepTime"/> in scheduling and planning.</summary>
    public TimeSpan PlanTime { get; init; }

    /// <summary>Throughput: tokens generated per second of <see cref="StepTime"/>.</summary>
    public double TokensPerSecond => StepTime > TimeSpan.Zero ? TokensGenerated / StepTime.TotalSeconds : 0;

    /// <summary>Requests waiting for room.</summary>
    public int Waiting { get; init; }

    /// <summary>Sequences running.</summary>
    public int Running { get; init; }

    /// <summary>Requests that were answered.</summary>
    public long Finished { get; init; }

    /// <summary>Requests that were cancelled.</summary>
    public long Cancelled { get; init; }

    /// <summary>Requests that failed.</summary>
    public long Failed { get; init; }

    /// <summary>Preemptions: a running sequence released its chunks for a full pool or a request of higher priority.</summary>
    public long Preemptions { get; init; }

    /// <summary>Failed steps of several requests, which were repeated one by one.</summary>
    public long Retries { get; init; }

    /// <summary>Bytes of the pool.</summary>
    public long PoolBytes { get; init; }

    /// <summary>Bytes of chunks that running sequences use now, each counted once.</summary>
    public long KvBytesInUse { get; init; }

    /// <summary>The bytes that the running sequences would use now without sharing.</summary>
    public long KvBytesUnshared { get; init; }

    /// <summary>The largest <see cref="KvBytesInUse"/> so far.</summary>
    public long PeakKvBytesInUse { get; init; }

    /// <summary>The largest <see cref="KvBytesUnshared"/> so far.</summary>
    public long PeakKvBytesUnshared { get; init; }

    /// <summary>Bytes of cached chunks without users.</summary>
    public long KvBytesCached { get; init; }

    /// <summary>Cached chunks evicted.</summary>
    public long Evictions { get; init; }

    /// <summary>Attention plans built.</summary>
    public long PlansBuilt { get; init; }

    /// <summary>Steps that reused the plan of the previous step.</summary>
    public long PlansReused { get; init; }

    /// <summary>Blocks of rows over all steps.</summary>
    public long Blocks { get; init; }

    /// <summary>Blocks that fold rows of more than one sequence together: two-phase attention.</summary>
    public long SharedBlocks { get; init; }

    /// <summary>The blocks of the last step's attention.</summary>
    public AttentionDecision LastAttention { get; init; }

    /// <summary>
    /// Time that two-phase attention saved, compared with separate sequences: by measured savings, and by the estimate before the first measurement.
    /// </summary>
    public TimeSpan AttentionTimeSaved { get; init; }

    /// <summary>Chunks read by blocks over all steps (per layer and head).</summary>
    public long ChunkReads { get; init; }

    /// <summary>Chunks that separate sequences would have read.</summary>
    public long ChunkReadsUnshared { get; init; }
}
