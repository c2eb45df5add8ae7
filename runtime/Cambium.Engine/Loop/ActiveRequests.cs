using Cambium.Runtime.Sampling;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime;

/// <summary>The requests that wait or run. Adds requests, and removes them when they finish, fail or are cancelled.</summary>
/// <param name="seed">Source of seeds for requests without one.</param>
internal sealed class ActiveRequests(Scheduler<Generation> scheduler, PinBoard pins, LoopClock clock, LoopCounters counters, ulong seed)
{
    private readonly Dictionary<long, ActiveRequest> _requests = [];
    private long _lastNumber;

    public Deadlines Deadlines { get; } = new(clock);

    /// <summary>Sequences that wait or run.</summary>
    public int Count { get; private set; }

    /// <summary>The first answer of a request, if it still waits or runs.</summary>
    public Generation? Find(long number) => _requests.GetValueOrDefault(number)?.Answers[0] is { IsActive: true } first ? first : null;

    /// <summary>Called when the last request that names a prefix has left, if the prefix is to be unloaded.</summary>
    public Action<LoadedPrefix>? Abandoned { get; set; }

    /// <summary>Queues a request.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="RequestRefusedException">A prefix was unloaded meanwhile.</exception>
    public long Add(ActiveRequest request)
    {
        PrefixUsers.Enter(request.Request.Prefixes);
        foreach (var answer in request.Answers)
        {
            answer.Number = ++_lastNumber;
            answer.IsActive = true;
            answer.Round = answer.Fork;
            answer.Before = answer.Fork > 0 ? request.Answers[answer.Fork - 1] : null;
            answer.Seed = SamplingOptions.ForkSeed(request.Request.Sampling.Seed ?? Sampler.Mix(seed + (ulong)request.Number), answer.Fork);
            Count++;
            scheduler.Enqueue(answer);
            Deadlines.Add(answer);
        }

        _requests.Add(request.Number, request);
        return request.Number;
    }

    /// <summary>An answer has its last token.</summary>
    public void Finish(Generation answer)
    {
        if (!answer.IsActive)
            return;
        Leave(answer);
        counters.Finished++;
        if (!answer.Owner.Answers.Any(static other => other.IsActive) && _requests.Remove(answer.Owner.Number))
            LeavePrefixes(answer.Owner);
    }

    /// <summary>Ends a request because of one of its answers; a request fails as a whole.</summary>
    public void Fail(Generation answer, Exception reason)
    {
        var request = answer.Owner;
        if (request.IsClosed)
            return;
        if (answer.IsActive)
            Leave(answer);
        else
            counters.Finished--; // It finished in this step, and its sink refused the last token.
        counters.Failed++;
        Close(request);
        counters.Failed += RemoveAnswers(request);
        request.ReportFailure(reason);
    }

    /// <summary>Fails the requests whose deadline is over.</summary>
    /// <returns>Whether there were any.</returns>
    public bool FailOverdue(long now)
    {
        var failed = false;
        while (Deadlines.TakeOverdue(now) is { } answer)
        {
            Fail(answer, new TimeoutException(
                $"The time of {answer.RequestName} is over: its Timeout is {answer.Request.Timeout}, and it got {answer.Generated} tokens of its "
                + $"answer in {clock.Between(answer.Begun, now)}. Give it more time, or let less run at once."));
            failed = true;
        }

        return failed;
    }

    /// <summary>Ends a request without a call of its sink.</summary>
    /// <returns>Whether it was still there.</returns>
    public bool Cancel(long number)
    {
        if (!_requests.TryGetValue(number, out var request))
            return false;
        Close(request);
        if (request.Answers is [var only])
            KeepTurn(only);
        counters.Cancelled += RemoveAnswers(request);
        return true;
    }

    /// <summary>Cancels all requests; their sinks get the reason.</summary>
    public void CancelAll(Exception reason)
    {
        // A sink may submit or cancel requests while it is called.
        ActiveRequest[] requests = [.. _requests.Values];
        foreach (var request in requests)
        {
            Close(request);
            counters.Cancelled += RemoveAnswers(request);
        }

        foreach (var request in requests)
            request.ReportFailure(reason);
    }

    private void Close(ActiveRequest request)
    {
        request.IsClosed = true;
        _requests.Remove(request.Number);
    }

    private int RemoveAnswers(ActiveRequest request)
    {
        var removed = 0;
        foreach (var answer in request.Answers)
        {
            if (!answer.IsActive)
                continue;
            Remove(answer);
            removed++;
        }

        LeavePrefixes(request);
        return removed;
    }

    private void LeavePrefixes(ActiveRequest request)
    {
        foreach (var prefix in PrefixUsers.Leave(request.Request.Prefixes))
            Abandoned?.Invoke(prefix);
    }

    private void Leave(Generation answer)
    {
        KeepTurn(answer);
        Remove(answer);
    }

    private void Remove(Generation answer)
    {
        answer.IsActive = false;
        Deadlines.Leave(answer);
        Count--;
        scheduler.Remove(answer);
    }

    // However a turn ends, the tokens that it has computed are kept for the next turn of its conversation.
    private void KeepTurn(Generation answer)
    {
        if (answer is not { Request.Turn: { } turn, Place: >= 0 })
            return;
        var end = clock.After(turn.Keep);
        pins.KeepConversation(turn.Conversation, answer.Tail, int.MaxValue, answer.CachePriority, end);
    }
}
