namespace Cambium.Runtime.Sampling;

/// <summary>Changes scores by token id: bias, and penalties for repeated tokens.</summary>
internal static class Penalties
{
    /// <param name="counts">[vocabulary] scratch.</param>
    public static void Apply(in SamplerInput input, Span<float> scores, Span<int> counts)
    {
        var options = input.Options;
        if (options.LogitBias is { Count: > 0 } biases)
            Bias(biases, scores);
        if (options.RepetitionPenalty != 1)
            Repetition(input.History, options.RepetitionPenalty, scores, counts);
        if (options.PresencePenalty != 0 || options.FrequencyPenalty != 0)
            Occurrences(input.History[input.PromptLength..], options.PresencePenalty, options.FrequencyPenalty, scores, counts);
    }

    // Dictionary has a struct enumerator; the interface's enumerator would be allocated.
    private static void Bias(IReadOnlyDictionary<int, float> biases, Span<float> scores)
    {
        if (biases is Dictionary<int, float> dictionary)
        {
            foreach (var (token, bias) in dictionary)
                scores[token] += bias;
            return;
        }

        foreach (var (token, bias) in biases)
            scores[token] += bias;
    }

    private static void Repetition(ReadOnlySpan<int> history, float penalty, Span<float> scores, Span<int> counts)
    {
        counts.Clear();
        foreach (var token in history)
        {
            if (counts[token]++ == 0)
                scores[token] = scores[token] < 0 ? scores[token] * penalty : scores[token] / penalty;
        }
    }

    private static void Occurrences(ReadOnlySpan<int> answer, float presence, float frequency, Span<float> scores, Span<int> counts)
    {
        counts.Clear();
        foreach (var token in answer)
            counts[token]++;
        foreach (var token in answer)
        {
            if (counts[token] == 0)
                continue;
            scores[token] -= (counts[token] * frequency) + presence;
            counts[token] = 0;
        }
    }
}
