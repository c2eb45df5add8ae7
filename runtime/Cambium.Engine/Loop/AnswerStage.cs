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
            if (answer.Failure is not null)
                continue;
            var token = sampling.TokenOf(output);
            if (token < 0)
                Fail(answer, NoToken(answer));
            else if (!output.IsNewest)
                continue;
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
        counters.Generated++;
        if (!TryTake(answer, token, out var text, out var finish))
            return;
        var usage = default(Usage);
        if (finish != FinishReason.None)
        {
            usage = new Usage(answer.PromptLength, answer.CachedTokens, answer.Generated);
            _ended.Add(answer);
        }

        deliveries.Add(answer, new GeneratedToken(token, text, finish, usage)
        {
            LogProbabilities = answer.Chosen,
            PromptLogProbabilities = answer.Generated == 1 ? answer.PromptLogProbabilities : null,
        });
    }

    // Runs the request's constraint and stop strings, and the checkpoint's tokenizer: their exceptions fail this request alone.
    private bool TryTake(Generation answer, int token, out string text, out FinishReason finish)
    {
        (text, finish) = ("", FinishReason.None);
        try
        {
            answer.Add(token);
            if (!answer.EosTokens.Contains(token))
            {
                answer.Constraint?.Advance(token);
                text = answer.Text?.Append(token) ?? "";
            }

            finish = answer.FinishOf(token);
            if (finish != FinishReason.None && answer.Text is { Stopped: false } rest)
            {
                text += rest.Finish();
                finish = rest.Stopped ? FinishReason.StopString : finish;
            }

            return true;
        }
        catch (ConstraintException error)
        {
            answer.SamplingError = error;
            Fail(answer, NoToken(answer));
        }
        catch (Exception error)
        {
            Fail(answer, new EngineFailedException(
                $"Token {token} could not be added to the answer of {answer.RequestName} at position {answer.Length}: {error.MessageOrType}", error));
        }

        return false;
    }

    private void OnPromptComputed(Generation answer)
    {
        answer.CachedTokens = Math.Max(0, answer.PromptLength - answer.PromptRows);
        counters.Cached += answer.CachedTokens;
        events.OnHit(answer);
        if (answer.Request.Pin is { } time)
            pins.KeepPrompt(answer.Tail, answer.Request.Publish, answer.CachePriority, clock.After(time));
    }

    private void Fail(Generation answer, Exception failure)
    {
        answer.Failure = failure;
        _ended.Add(answer);
    }

    private static EngineFailedException NoToken(Generation answer)
    {
        var reason = answer.SamplingError is { } cause
            ? $"No token could be chosen for position {answer.Length} of {answer.RequestName}: {cause.MessageOrType}"
            : $"The model's scores for position {answer.Length} of {answer.RequestName} have no largest finite one; "
                + "its weights or arithmetic are damaged.";
        return new EngineFailedException(reason, answer.SamplingError ?? new ArithmeticException(reason));
    }

    private EngineFailedException NotReadable(Generation answer, int token)
    {
        var reason = $"The model chose token {token} at position {answer.Length} of {answer.RequestName}, "
            + $"and its vocabulary has {runner.Vocabulary} tokens.";
        return new EngineFailedException(reason, new ArithmeticException(reason));
    }
}
