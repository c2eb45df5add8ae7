namespace Cambium.Runtime;

/// <summary>Calls the observers of requests. An observer's exception fails only its own request.</summary>
internal sealed class ObserverCalls
{
    // Kept here because a step that fails as well takes its sequences out of the running set.
    private readonly List<Generation> _failed = [];

    /// <summary>Moves the answers whose observer has thrown to a list. They have a <see cref="Generation.Failure"/>.</summary>
    public void TakeFailed(List<Generation> target)
    {
        target.AddRange(_failed);
        _failed.Clear();
    }

    /// <summary>Shows one hidden state.</summary>
    /// <param name="index">As for <see cref="IPromptObserver.Hidden"/>.</param>
    /// <param name="tokenIndex">Index of the row's token in the sequence.</param>
    public void Hidden(Generation answer, int index, int tokenIndex, ReadOnlySpan<float> values)
    {
        if (!IsNew(answer, tokenIndex))
            return;
        try
        {
            answer.Observer!.Hidden(index, tokenIndex, values);
        }
        catch (Exception e)
        {
            Fail(answer, tokenIndex, e);
        }
    }

    /// <summary>Shows one row of a tap.</summary>
    /// <param name="index">As for <see cref="IPromptObserver.Tap"/>.</param>
    /// <param name="tokenIndex">Index of the row's token in the sequence.</param>
    public void Tap(Generation answer, string name, int index, int tokenIndex, ReadOnlySpan<float> values)
    {
        if (!IsNew(answer, tokenIndex))
            return;
        try
        {
            answer.Observer!.Tap(name, index, tokenIndex, values);
        }
        catch (Exception e)
        {
            Fail(answer, tokenIndex, e);
        }
    }

    /// <summary>Shows the logits of one row; its token is not shown again.</summary>
    public void Logits(Generation answer, int tokenIndex, ReadOnlySpan<float> values)
    {
        if (!IsNew(answer, tokenIndex))
            return;
        try
        {
            answer.Observer!.Logits(tokenIndex, values);
        }
        catch (Exception e)
        {
            Fail(answer, tokenIndex, e);
        }

        answer.Observed = tokenIndex + 1;
    }

    // Tokens that are computed again after a preemption were shown before.
    private static bool IsNew(Generation answer, int tokenIndex) =>
        answer is { Observer: not null, Failure: null } && tokenIndex >= answer.Observed;

    private void Fail(Generation answer, int tokenIndex, Exception e)
    {
        answer.Failure = new EngineFailedException(
            $"The observer of {answer.RequestName} failed at position {tokenIndex}: {e.MessageOrType}", e);
        _failed.Add(answer);
    }
}
