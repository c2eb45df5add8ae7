using System.Diagnostics;
using System.Globalization;

namespace Cambium.Runtime;

// What is counted.
public sealed partial class EngineLoop
{
    /// <summary>Counters up to now.</summary>
    public EngineStatistics Statistics
    {
        get
        {
            ref readonly var plans = ref _planner.Counters;
            return new EngineStatistics
            {
                Steps = _counters.Steps,
                TokensPrefilled = _counters.Prefilled,
                TokensCached = _counters.Cached,
                TokensGenerated = _counters.Generated,
                StepTime = _clock.GetElapsedTime(0, _counters.StepTicks),
                PlanTime = _clock.GetElapsedTime(0, _counters.PlanTicks),
                AttentionTime = Stopwatch.GetElapsedTime(0, _program.AttentionTicks),
                Waiting = _scheduler.WaitingCount,
                Running = _scheduler.Running.Count,
                Finished = _counters.Finished,
                Cancelled = _counters.Cancelled,
                Failed = _counters.Failed,
                Preemptions = _scheduler.Preemptions,
                Retries = _scheduler.Retries,
                PoolBytes = _tree.Pages * _tree.ChunkBytes,
                KvBytesInUse = _tree.PagesInUse * _tree.ChunkBytes,
                KvBytesUnshared = UnsharedChunks() * _tree.ChunkBytes,
                PeakKvBytesInUse = _counters.PeakChunks * _tree.ChunkBytes,
                PeakKvBytesUnshared = _counters.PeakUnsharedChunks * _tree.ChunkBytes,
                KvBytesCached = _tree.CachedPages * _tree.ChunkBytes,
                Evictions = _tree.Evictions,
                PlansBuilt = plans.Built,
                PlansReused = plans.Reused,
                Blocks = plans.Blocks,
                SharedBlocks = plans.SharedBlocks,
                LastAttention = LastAttention,
                AttentionTimeSaved = Stopwatch.GetElapsedTime(0, (long)_counters.AttentionTicksSaved),
                ChunkReads = plans.ChunkReads,
                ChunkReadsUnshared = plans.ChunkReadsUnshared,
            };
        }
    }

    private AttentionDecision LastAttention => new(_program.Batch.Rows, _planner.Plan.Blocks.Count, _planner.SharedBlocks, _planner.EstimatedSaving, _program.AttentionSaving);

    /// <summary>The plan of the last step's attention: its nodes, its blocks, and what was expected of them.</summary>
    public string DescribePlan()
    {
        var last = LastAttention;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{last.Rows} rows in {last.Blocks} blocks, {last.SharedBlocks} of them of several sequences; saves {last.EstimatedSaving:P0} of the time by estimate, {(last.MeasuredSaving is { } saving ? $"{saving:P0}" : "nothing yet")} as measured\n{_planner.Plan}");
    }

    private long UnsharedChunks()
    {
        var chunks = 0L;
        foreach (var sequence in _scheduler.Running)
            chunks += (sequence.Computed + sequence.Rows + _tree.ChunkSize - 1) / _tree.ChunkSize;
        return chunks;
    }

    private void CountSaving(long attentionTicks)
    {
        if (_planner.SharedBlocks == 0)
            return;
        var saving = _program.AttentionSaving ?? _planner.EstimatedSaving;
        _counters.AttentionTicksSaved += attentionTicks * saving / (1 - saving);
    }

    private void CountMemory()
    {
        _counters.Prefilled += _scheduler.PromptRows;
        _counters.PeakChunks = Math.Max(_counters.PeakChunks, _tree.PagesInUse);
        _counters.PeakUnsharedChunks = Math.Max(_counters.PeakUnsharedChunks, UnsharedChunks());
    }

    private struct Counters
    {
        public long Steps;
        public long Prefilled;
        public long Cached;
        public long Generated;
        public long StepTicks;
        public long PlanTicks;
        public double AttentionTicksSaved;
        public long Finished;
        public long Cancelled;
        public long Failed;
        public long PeakChunks;
        public long PeakUnsharedChunks;
    }
}
