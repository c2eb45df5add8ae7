using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>The checks of a request that need neither its tokens nor the state of the loop.</summary>
internal static class RequestChecks
{
    private const int MaxAnswers = 1024;

    /// <param name="vocabulary">Token ids are below this.</param>
    /// <param name="maxTokens"><see cref="EngineOptions.MaxTokens"/>.</param>
    /// <exception cref="RequestRefusedException">A property has a value with which the request can never be served; names both.</exception>
    public static void Check(Request request, LoadedCheckpoint? checkpoint, int vocabulary, int? maxTokens)
    {
        CheckSampling(request, checkpoint, vocabulary);
        CheckAnswers(request);
        if (request.MaxTokens is < 1)
            throw new RequestRefusedException($"MaxTokens is {request.MaxTokens}; it must be at least 1, or null to fill the context.");
        CheckPin(request);
        if (request.Timeout is { } timeout && timeout <= TimeSpan.Zero)
            throw new RequestRefusedException($"Timeout is {timeout}; it must be positive, or null for no deadline.");
        if (request.MaxTokens > maxTokens)
            throw new RequestRefusedException($"MaxTokens is {request.MaxTokens}, and this engine allows {maxTokens} (EngineOptions.MaxTokens).");
        if (request.Stop is null || request.Tenant is null)
            throw new RequestRefusedException($"{(request.Stop is null ? "Stop" : "Tenant")} is null; leave it out or give an empty one.");
    }

    /// <exception cref="RequestRefusedException">There are stop strings and no tokenizer.</exception>
    public static void CheckStop(Request request, LoadedCheckpoint? checkpoint)
    {
        if (request.Stop.Count > 0 && checkpoint?.Tokenizer is null)
            throw new RequestRefusedException("Stop strings need a tokenizer, and the checkpoint has none; use EosTokens with token ids.");
    }

    private static void CheckSampling(Request request, LoadedCheckpoint? checkpoint, int vocabulary)
    {
        if (request.Sampling is null)
            throw new RequestRefusedException("Sampling is null; leave it out for greedy decoding.");
        if (request.Sampling.FindError(vocabulary) is { } error)
            throw new RequestRefusedException(error);
        CheckTop("LogProbabilities", request.LogProbabilities);
        CheckTop("PromptLogProbabilities", request.PromptLogProbabilities);
        // The tokenizer is loaded only for requests that need it.
        if (request.Constraint is not null && checkpoint?.Tokenizer is null)
            throw new RequestRefusedException("A constraint needs a tokenizer, and the checkpoint has none.");
    }

    private static void CheckTop(string name, int? top)
    {
        if (top is < 0 or > LogProbabilities.MaxTop)
            throw new RequestRefusedException($"{name} is {top}; it must be from 0 to {LogProbabilities.MaxTop}, or null for none.");
    }

    private static void CheckAnswers(Request request)
    {
        if (request.Count is < 1 or > MaxAnswers)
            throw new RequestRefusedException($"Count is {request.Count}; it must be from 1 to {MaxAnswers}.");
        if (request.BestOf is { } best && (best < request.Count || best > MaxAnswers))
            throw new RequestRefusedException($"BestOf is {best}; it must be at least Count, {request.Count}, and at most {MaxAnswers}.");
        if (request.Observer is not null && (request.BestOf ?? request.Count) > 1)
        {
            throw new RequestRefusedException(
                $"Observer sees one sequence, but Count is {request.Count} and BestOf {request.BestOf ?? request.Count}; "
                + "set both to 1 or leave Observer out.");
        }
    }

    private static void CheckPin(Request request)
    {
        if (request.Pin is { } pin && pin <= TimeSpan.Zero && pin != Timeout.InfiniteTimeSpan)
            throw new RequestRefusedException($"Pin is {pin}; it must be positive, Timeout.InfiniteTimeSpan, or null.");
        if (!request.Publish)
            return;
        if (request.Pin is null)
            throw new RequestRefusedException("Publish needs Pin; set Pin to how long the prompt stays readable.");
        if (request.Tenant is not "")
        {
            throw new RequestRefusedException(
                $"Publish is set for tenant '{request.Tenant}'; only prompts of requests without a tenant can be published.");
        }
    }
}
