namespace Cambium.Runtime;

// Requests whose time is up.
public sealed partial class EngineLoop
{
    private readonly PriorityQueue<Generation, long> _deadlines = new();

    /// <summary>Time until the next request is overdue; null if none has a <see cref="Request.Timeout"/>. A loop that has nothing to compute is to be stepped again then.</summary>
    public TimeSpan? UntilNextDeadline
    {
        get
        {
            DropEnded();
            if (!_deadlines.TryPeek(out _, out var deadline))
                return null;
            var left = _clock.GetElapsedTime(_clock.GetTimestamp(), deadline);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    private void SetDeadline(Generation generation)
    {
        if (generation.Request.Timeout is not { } timeout)
            return;
        generation.Begun = _clock.GetTimestamp();
        _deadlines.Enqueue(generation, After(generation.Begun, timeout));
    }

    // By the loop's clock; a time without end, or beyond what the clock counts, is never over.
    private long After(long begin, TimeSpan time)
    {
        var ticks = time.TotalSeconds * _clock.TimestampFrequency;
        return time == Timeout.InfiniteTimeSpan || ticks >= long.MaxValue / 2 ? long.MaxValue : begin + (long)ticks;
    }

    private bool EndOverdue(long now)
    {
        var ended = false;
        while (_deadlines.TryPeek(out var generation, out var deadline) && deadline <= now)
        {
            _deadlines.Dequeue();
            if (!IsThere(generation))
                continue;
            End(generation, new TimeoutException(
                $"Request {generation.Number} had {generation.Request.Timeout} and got {generation.Generated} tokens of its answer in {_clock.GetElapsedTime(generation.Begun, now)}; "
                + $"{_scheduler.Running.Count} requests were running and {_scheduler.WaitingCount} waiting. Give it more time, or let less run at once."));
            ended = true;
        }

        return ended;
    }

    // Those that were answered or cancelled leave the queue when they come to its front.
    private void DropEnded()
    {
        while (_deadlines.TryPeek(out var generation, out _) && !IsThere(generation))
            _deadlines.Dequeue();
    }

    private bool IsThere(Generation generation) => _generations.TryGetValue(generation.Number, out var there) && ReferenceEquals(there, generation);
}
