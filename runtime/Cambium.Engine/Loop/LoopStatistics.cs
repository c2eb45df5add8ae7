using System.Diagnostics;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime;

/// <summary>Counts steps, and puts all counters of a loop together.</summary>
internal sealed class LoopStatistics(LoopClock clock, PrefixTree tree, Scheduler<Generation> scheduler, StepRunner runner, LoopCounters counters)
{
    private long _steps;
    private long _prefilled;
    private long _stepTicks;
    private long _planTicks;
    private double _attentionTicksSaved;
    private long _peakChunks;
    private long _peakUnsharedChunks;

    /// <summary>Counters up to now.</summary>
    public EngineStatistics Current
    {
        get
        {
            ref readonly var plans = ref runner.PlanCounters;
            return new EngineStatistics
            {
                Steps = _steps,
                TokensPrefilled = _prefilled,
                TokensCached = counters.Cached,
                TokensGenerated = counters.Generated,
                StepTime = clock.Between(0, _stepTicks),
                PlanTime = clock.Between(0, _planTicks),
                AttentionTime = Stopwatch.GetElapsedTime(0, runner.AttentionTicks),
                Waiting = scheduler.Waiting.Count,
                Running = scheduler.Running.Count,
                Finished = counters.Finished,
                Cancelled = counters.Cancelled,
                Failed = counters.Failed,
                Preemptions = scheduler.Preemptions,
                Retries = scheduler.Retries,
                PoolBytes = tree.Pages * tree.ChunkBytes,
                KvBytesInUse = tree.PagesInUse * tree.ChunkBytes,
                KvBytesUnshared = scheduler.Demand.Unshared * tree.ChunkBytes,
                PeakKvBytesInUse = _peakChunks * tree.ChunkBytes,
                PeakKvBytesUnshared = _peakUnsharedChunks * tree.ChunkBytes,
                KvBytesCached = tree.CachedPages * tree.ChunkBytes,
                Evictions = tree.Evictions,
                PlansBuilt = plans.Built,
                PlansReused = plans.Reused,
                Blocks = plans.Blocks,
                SharedBlocks = plans.SharedBlocks,
                LastAttention = runner.LastAttention,
                AttentionTimeSaved = Stopwatch.GetElapsedTime(0, (long)_attentionTicksSaved),
                ChunkReads = plans.ChunkReads,
                ChunkReadsUnshared = plans.ChunkReadsUnshared,
            };
        }
    }

    /// <summary>The model has run; the rows of the step are not committed yet.</summary>
    /// <param name="attentionTicks">Time that its attention took.</param>
    public void CountRows(long attentionTicks)
    {
        _prefilled += scheduler.PromptRows;
        _peakChunks = Math.Max(_peakChunks, tree.PagesInUse);
        _peakUnsharedChunks = Math.Max(_peakUnsharedChunks, scheduler.Demand.Unshared);
        var saving = runner.AttentionSaving;
        _attentionTicksSaved += attentionTicks * saving / (1 - saving);
    }

    /// <summary>A step is done.</summary>
    public void CountStep(long begun, long planned)
    {
        _steps++;
        _planTicks += planned - begun;
        _stepTicks += clock.Now - begun;
    }
}
