using Cambium.Runtime.Cache;
using Cambium.Runtime.Scheduling;

namespace Cambium.Runtime;

/// <summary>One step, from ending overdue requests to the new tokens of answers.</summary>
internal sealed class LoopStep(
    LoopClock clock,
    PrefixTree tree,
    Scheduler<Generation> scheduler,
    StepRunner runner,
    SamplingStage sampling,
    AnswerStage answers,
    ActiveRequests requests,
    PinBoard pins,
    LoopStatistics statistics)
{
    private readonly List<Generation> _failed = [];

    /// <summary>Runs it.</summary>
    /// <returns>False if there was nothing to do.</returns>
    public bool Run()
    {
        var begun = clock.Now;
        var ended = requests.FailOverdue(begun);
        pins.EndOverdue(begun);
        ended |= PauseSlowConsumers();
        var rows = SelectRows(ref ended);
        if (rows == 0)
            return ended;

        runner.Plan(rows);
        var planned = clock.Now;
        if (!TryRunModel())
            return true;
        scheduler.Commit();
        runner.ShowLogits();
        sampling.Run();
        answers.Run();
        statistics.CountStep(begun, planned);
        return true;
    }

    // A preempted sequence is paused as well: it need not start while its consumer is slow.
    private bool PauseSlowConsumers()
    {
        foreach (var answer in scheduler.Running)
            AskConsumer(answer);
        var left = scheduler.Waiting.PreemptedCount;
        for (var i = 0; left > 0; i++)
        {
            var answer = scheduler.Waiting[i];
            if (!answer.WasPreempted)
                continue;
            AskConsumer(answer);
            left--;
        }

        foreach (var answer in _failed)
            requests.Fail(answer, answer.Failure!);
        var failed = _failed.Count > 0;
        _failed.Clear();
        return failed;
    }

    // A sink that throws fails its own request, after the enumeration of the sequences.
    private void AskConsumer(Generation answer)
    {
        answer.Paused = !answer.Owner.IsReady(out var error);
        if (error is null || answer.Failure is not null)
            return;
        answer.Failure = new EngineFailedException($"The sink of {answer.RequestName} cannot say whether it is ready: {error.MessageOrType}", error);
        _failed.Add(answer);
    }

    private int SelectRows(ref bool ended)
    {
        while (true)
        {
            var rows = scheduler.Select(out var starved);
            if (starved is null)
                return rows;
            if (pins.EndFirst(starved.Budget))
                continue;
            requests.Fail(starved, PoolIsFull(starved));
            ended = true;
        }
    }

    private EngineFailedException PoolIsFull(Generation starved) => new(
        $"The pool is full: {starved.RequestName} needs one more chunk after {starved.Computed} tokens, and its share of the pool has "
        + $"{starved.Budget.Quota}. "
        + $"Raise PoolTokens or PoolBytes{(starved.Budget.Quota < tree.Pages ? ", or change Quotas" : "")}.",
        new InsufficientMemoryException());

    private bool TryRunModel()
    {
        var attention = runner.AttentionTicks;
        try
        {
            runner.Run();
        }
        catch (Exception e)
        {
            // With several sequences in the step it is unknown which was at fault: the scheduler repeats it one sequence at a time.
            var alone = scheduler.Fail();
            answers.EndFailed();
            if (alone is { } faulty)
            {
                requests.Fail(faulty, new EngineFailedException(
                    $"A step of {faulty.RequestName} failed, which ran alone in it after {faulty.Generated} generated tokens: {e.MessageOrType}", e));
            }

            return false;
        }

        statistics.CountRows(runner.AttentionTicks - attention);
        return true;
    }
}
