using Cambium.Runtime.Sampling;

namespace Cambium.Runtime;

/// <summary>
/// Copies what the caller of a request could change while it waits or runs, before anything is checked: the loop's thread reads only what was
/// checked. No list is read beyond its limit.
/// </summary>
internal static class RequestCopy
{
    /// <param name="options">The limits.</param>
    /// <param name="longestPrompt">A longer prompt is not copied: it is refused by its length.</param>
    /// <exception cref="RequestRefusedException">A property is null, or exceeds a limit; names the property, both numbers and the option.</exception>
    public static Request Of(Request request, EngineOptions options, int longestPrompt)
    {
        RequireValue(request.Stop, "Stop", "leave it out or give an empty one");
        RequireValue(request.Tenant, "Tenant", "leave it out or give an empty one");
        RequireValue(request.Prefixes, "Prefixes", "leave it out or give an empty one");
        RequireValue(request.Sampling, "Sampling", "leave it out for greedy decoding");
        return request with
        {
            PromptTokens = request.PromptTokens.Length <= longestPrompt ? request.PromptTokens.ToArray() : request.PromptTokens,
            Stop = Stops(request.Stop, options),
            Prefixes = Take(request.Prefixes, nameof(Request.Prefixes), "prefixes", options.MaxPrefixes, nameof(EngineOptions.MaxPrefixes)),
            EosTokens = request.EosTokens is { } tokens
                ? Take(tokens, nameof(Request.EosTokens), "tokens", options.MaxEosTokens, nameof(EngineOptions.MaxEosTokens))
                : null,
            Sampling = request.Sampling.LogitBias is { } biases
                ? request.Sampling with { LogitBias = Biases(biases, options) }
                : request.Sampling,
        };
    }

    private static string[] Stops(IReadOnlyList<string> stops, EngineOptions options)
    {
        var copy = Take(stops, nameof(Request.Stop), "strings", options.MaxStopStrings, nameof(EngineOptions.MaxStopStrings));
        for (var i = 0; i < copy.Length; i++)
        {
            if (copy[i]?.Length > options.MaxStopLength)
            {
                throw new RequestRefusedException(
                    $"Stop[{i}] has {copy[i].Length} characters, and this engine allows {options.MaxStopLength} (EngineOptions.MaxStopLength).");
            }
        }

        return copy;
    }

    private static Dictionary<int, float> Biases(IReadOnlyDictionary<int, float> biases, EngineOptions options)
    {
        var copy = new Dictionary<int, float>();
        foreach (var (token, bias) in Take(biases, nameof(SamplingOptions.LogitBias), "tokens", options.MaxLogitBiases,
            nameof(EngineOptions.MaxLogitBiases)))
        {
            copy[token] = bias;
        }

        return copy;
    }

    // Enumerated, because the count of a foreign collection need not be true, or may change meanwhile.
    private static T[] Take<T>(IEnumerable<T> items, string property, string what, int most, string option)
    {
        T[] copy = [.. items.Take(most + 1)];
        return copy.Length <= most
            ? copy
            : throw new RequestRefusedException(
                $"{property} has more than {most} {what}, the most that this engine allows (EngineOptions.{option}).");
    }

    private static void RequireValue(object? value, string property, string fix)
    {
        if (value is null)
            throw new RequestRefusedException($"{property} is null; {fix}.");
    }
}
