namespace Cambium.Runtime;

/// <summary>Counters of a loop since its start.</summary>
internal sealed class LoopCounters
{
    public long Cached;
    public long Generated;
    public long Finished;
    public long Cancelled;
    public long Failed;
}
