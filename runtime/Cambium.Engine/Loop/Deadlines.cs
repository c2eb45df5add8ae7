namespace Cambium.Runtime;

/// <summary>The deadlines of requests with a <see cref="Request.Timeout"/>.</summary>
internal sealed class Deadlines(LoopClock clock)
{
    // Below this the queue is not searched for answers that have ended.
    private const int FewEnded = 64;

    private readonly PriorityQueue<Generation, long> _queue = new();
    private int _ended;

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
        // The caller fails the request, and so ends the answer, which then is not in the queue any more.
        if (!_queue.TryPeek(out _, out var deadline) || deadline > now)
            return null;
        _ended--;
        return _queue.Dequeue();
    }

    /// <summary>
    /// An answer has ended. Its entry leaves the queue at its front, or when half of the entries have ended: deadlines may be years away, and must
    /// not keep answers until then.
    /// </summary>
    public void Leave(Generation generation)
    {
        if (generation.Request.Timeout is null || ++_ended < FewEnded || _ended < _queue.Count / 2)
            return;
        var active = _queue.UnorderedItems.Where(static item => item.Element.IsActive).ToArray();
        _queue.Clear();
        _queue.EnqueueRange(active);
        _ended = 0;
    }

    private void DropEnded()
    {
        while (_queue.TryPeek(out var generation, out _) && !generation.IsActive)
        {
            _queue.Dequeue();
            _ended--;
        }
    }
}
