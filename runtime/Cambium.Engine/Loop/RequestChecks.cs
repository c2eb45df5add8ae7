using Cambium.Runtime.Loading;
using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>The checks of a request that need neither its tokens, nor a tokenizer, nor the state of the loop.</summary>
internal static class RequestChecks
{
    /// <param name="request">A copy that no caller can change: <see cref="RequestCopy"/>.</param>
    /// <param name="vocabulary">Token ids are below this.</param>
    /// <param name="options">The limits.</param>
    /// <exception cref="RequestRefusedException">A property has a value with which the request can never be served; names both.</exception>
    public static void Check(Request request, int vocabulary, EngineOptions options)
    {
        if (StoredName.FindError(request.Tenant, options.MaxTenantBytes, $"EngineOptions.{nameof(EngineOptions.MaxTenantBytes)}") is { } error)
            throw new RequestRefusedException($"The name in Tenant {error}.");
        CheckSampling(request, vocabulary);
        CheckEosTokens(request.EosTokens ?? [], vocabulary);
        CheckAnswers(request, options);
        if (request.MaxTokens is < 1)
            throw new RequestRefusedException($"MaxTokens is {request.MaxTokens}; it must be at least 1, or null to fill the context.");
        CheckPin(request);
        if (request.Timeout is { } timeout && timeout <= TimeSpan.Zero)
            throw new RequestRefusedException($"Timeout is {timeout}; it must be positive, or null for no deadline.");
        if (request.MaxTokens > options.MaxTokens)
        {
            throw new RequestRefusedException(
                $"MaxTokens is {request.MaxTokens}, and this engine allows {options.MaxTokens} (EngineOptions.MaxTokens).");
        }
    }

    /// <exception cref="RequestRefusedException">The request needs a tokenizer and there is none.</exception>
    public static void CheckTokenizer(Request request, LoadedCheckpoint? checkpoint)
    {
        // The tokenizer is loaded only for requests that need it.
        if (request.Constraint is not null && checkpoint?.Tokenizer is null)
            throw new RequestRefusedException("A constraint needs a tokenizer, and the checkpoint has none.");
        if (request.Stop.Count > 0 && checkpoint?.Tokenizer is null)
            throw new RequestRefusedException("Stop strings need a tokenizer, and the checkpoint has none; use EosTokens with token ids.");
    }

    private static void CheckSampling(Request request, int vocabulary)
    {
        if (request.Sampling.FindError(vocabulary) is { } error)
            throw new RequestRefusedException(error);
        CheckTop("LogProbabilities", request.LogProbabilities);
        CheckTop("PromptLogProbabilities", request.PromptLogProbabilities);
    }

    private static void CheckEosTokens(IReadOnlyList<int> tokens, int vocabulary)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabulary)
                throw new RequestRefusedException($"EosTokens[{i}] is {tokens[i]}, and the vocabulary has {vocabulary} tokens; leave it out.");
        }
    }

    private static void CheckTop(string name, int? top)
    {
        if (top is < 0 or > LogProbabilities.MaxTop)
            throw new RequestRefusedException($"{name} is {top}; it must be from 0 to {LogProbabilities.MaxTop}, or null for none.");
    }

    private static void CheckAnswers(Request request, EngineOptions options)
    {
        // A request with more answers than places would never be admitted.
        var (most, option) = options.MaxAnswers <= options.MaxQueued
            ? (options.MaxAnswers, nameof(EngineOptions.MaxAnswers))
            : (options.MaxQueued, nameof(EngineOptions.MaxQueued));
        if (request.Count < 1 || request.Count > most)
            throw new RequestRefusedException($"Count is {request.Count}; it must be from 1 to {most} (EngineOptions.{option}).");
        if (request.BestOf is { } best && (best < request.Count || best > most))
        {
            throw new RequestRefusedException(
                $"BestOf is {best}; it must be at least Count, {request.Count}, and at most {most} (EngineOptions.{option}).");
        }

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
