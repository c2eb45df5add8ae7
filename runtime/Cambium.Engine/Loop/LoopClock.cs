namespace Cambium.Runtime;

/// <summary>The loop's time: timestamps, durations between them, and ends of periods.</summary>
internal sealed class LoopClock(TimeProvider time)
{
    public long Now => time.GetTimestamp();

    public TimeSpan Between(long begin, long end) => time.GetElapsedTime(begin, end);

    /// <summary>
    /// When a period ends that begins now. <see cref="long.MaxValue"/>, that is never, for an infinite period or one that the clock cannot count.
    /// </summary>
    public long After(TimeSpan period) => After(Now, period);

    public long After(long begin, TimeSpan period)
    {
        var ticks = period.TotalSeconds * time.TimestampFrequency;
        return period == Timeout.InfiniteTimeSpan || ticks >= long.MaxValue / 2 ? long.MaxValue : begin + (long)ticks;
    }
}
