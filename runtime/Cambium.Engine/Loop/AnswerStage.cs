using Cambium.Constraints;

namespace Cambium.Runtime;

/// <summary>
/// Appends the sampled tokens to their answers: text, end of the answer, and what the sink gets. Ends the answers that are complete or have failed.
/// </summary>
internal sealed class AnswerStage(
    StepRunner runner,
    SamplingStage sampling,
    ActiveRequests requests,
    Deliveries deliveries,
    PinBoard pins,
    TreeEvents events,
    LoopClock clock,
    LoopCounters counters)
{
    private readonly List<Generation> _ended = [];

    /// <summary>The results of the step become tokens of answers.</summary>
    public void Run()
    {
        runner.Observers.TakeFailed(_ended);
        foreach (ref readonly var output in runner.Outputs)
        {
            var answer = output.Answer;
            if (!output.IsNewest || answer.Failure is not null)
                continue;
            var token = sampling.TokenOf(output);
            if (token < 0)
                Fail(answer, NoToken(answer));
            else if (token >= runner.Vocabulary)
                Fail(answer, NotReadable(answer, token));
            else
                Extend(answer, token);
        }

        // After the loop: an answer that ends frees its place, and the results above refer to places.
        EndAnswers();
    }

    /// <summary>After a step that failed: ends the answers whose observer has thrown in it. They are not retried.</summary>
    public void EndFailed()
    {
        runner.Observers.TakeFailed(_ended);
        EndAnswers();
    }

    private void EndAnswers()
    {
        foreach (var answer in _ended)
        {
            if (answer.Failure is { } failure)
                requests.Fail(answer, failure);
            else
                requests.Finish(answer);
        }

        _ended.Clear();
    }

    private void Extend(Generation answer, int token)
    {
        if (answer.Generated == 0)
            OnPromptComputed(answer);
        answer.Add(token);
        counters.Generated++;
        var isEos = answer.IsEos(token);
        if (!isEos && !TryAdvance(answer, token))
            return;
        var text = isEos ? "" : answer.Text?.Append(token) ?? "";
        var finish = answer.FinishOf(token);
        var usage = default(Usage);
        if (finish != FinishReason.None)
        {
            if (answer.Text is { Stopped: false } rest)
            {
                text += rest.Finish();
                finish = rest.Stopped ? FinishReason.StopString : finish;
            }

            usage = new Usage(answer.PromptLength, answer.CachedTokens, answer.Generated);
            _ended.Add(answer);
        }

        deliveries.Add(answer, new GeneratedToken(token, text, finish, usage)
        {
            LogProbabilities = answer.Chosen,
            PromptLogProbabilities = answer.Generated == 1 ? answer.PromptLogProbabilities : null,
        });
    }

    private void OnPromptComputed(Generation answer)
    {
        answer.CachedTokens = Math.Max(0, answer.PromptLength - answer.PromptRows);
        counters.Cached += answer.CachedTokens;
        events.OnHit(answer);
        if (answer.Request.Pin is { } time)
            pins.KeepPrompt(answer.Tail, answer.Request.Publish, answer.Budget, answer.CachePriority, clock.After(time));
    }

    private bool TryAdvance(Generation answer, int token)
    {
        try
        {
            answer.Constraint?.Advance(token);
            return true;
        }
        catch (ConstraintException error)
        {
            answer.SamplingError = error;
            Fail(answer, NoToken(answer));
            return false;
        }
    }

    private void Fail(Generation answer, Exception failure)
    {
        answer.Failure = failure;
        _ended.Add(answer);
    }

    private static EngineFailedException NoToken(Generation answer)
    {
        var reason = answer.SamplingError is { } cause
            ? $"No token could be chosen for position {answer.Length} of request {answer.Number}: {cause.Message}"
            : $"The model's scores for position {answer.Length} of request {answer.Number} have no largest finite one; "
                + "its weights or arithmetic are damaged.";
        return new EngineFailedException(reason, answer.SamplingError ?? new ArithmeticException(reason));
    }

    private EngineFailedException NotReadable(Generation answer, int token)
    {
        var reason = $"The model chose token {token} at position {answer.Length} of request {answer.Number}, "
            + $"and its vocabulary has {runner.Vocabulary} tokens.";
        return new EngineFailedException(reason, new ArithmeticException(reason));
    }
}
