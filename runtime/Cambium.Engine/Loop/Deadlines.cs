namespace Cambium.Runtime;

/// <summary>The deadlines of requests with a <see cref="Request.Timeout"/>.</summary>
internal sealed class Deadlines(LoopClock clock)
{
    private readonly PriorityQueue<Generation, long> _queue = new();

    /// <summary>Time until the next deadline; null if there is none.</summary>
    public TimeSpan? UntilNext
    {
        get
        {
            DropEnded();
            if (!_queue.TryPeek(out _, out var deadline))
                return null;
            var left = clock.Between(clock.Now, deadline);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Starts the time of an answer, if it has a limit.</summary>
    public void Add(Generation generation)
    {
        if (generation.Request.Timeout is not { } timeout)
            return;
        generation.Begun = clock.Now;
        _queue.Enqueue(generation, clock.After(generation.Begun, timeout));
    }

    /// <summary>The next answer whose deadline is over; null if there is none.</summary>
    public Generation? TakeOverdue(long now)
    {
        DropEnded();
        return _queue.TryPeek(out _, out var deadline) && deadline <= now ? _queue.Dequeue() : null;
    }

    // Answers that have ended leave the queue when they come to its front.
    private void DropEnded()
    {
        while (_queue.TryPeek(out var generation, out _) && !generation.IsActive)
            _queue.Dequeue();
    }
}
