using System.Runtime.InteropServices;
using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime.Sampling;
using Cambium.Text.Templates;

namespace Cambium.Runtime.Tests.Sampling;

/// <summary>Calls the sampler with newly allocated scratch memory.</summary>
internal static class Draws
{
    public static int Choose(ReadOnlySpan<float> logits, float temperature, ulong seed, int position) =>
        Choose(logits, new SamplingOptions { Temperature = temperature, Seed = seed }, new int[position]);

    public static int Choose(ReadOnlySpan<float> logits, SamplingOptions options, List<int> history) =>
        Choose(logits, options, CollectionsMarshal.AsSpan(history));

    public static int Choose(ReadOnlySpan<float> logits, SamplingOptions options, List<int> history, int promptLength, ConstraintCursor? constraint,
        IReadOnlyList<int>? endOfText) =>
        Choose(logits, options, CollectionsMarshal.AsSpan(history), promptLength, constraint, endOfText);

    public static int Choose(
        ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> history, int promptLength = 0, ConstraintCursor? constraint = null,
        IReadOnlyList<int>? endOfText = null)
    {
        var memory = new byte[SamplerScratch.Bytes(logits.Length)];
        var input = new SamplerInput
        {
            Logits = logits, Options = options, Seed = options.Seed ?? 0, History = history, PromptLength = promptLength,
            Allowed = constraint is null ? default : constraint.Allowed(), MayEnd = constraint?.MayEnd ?? true, EosTokens = endOfText,
        };
        return Sampler.Choose(input, new SamplerScratch(memory, logits.Length));
    }

    /// <summary>Probabilities of the next token.</summary>
    public static double[] Distribution(ReadOnlySpan<float> logits, SamplingOptions options, ReadOnlySpan<int> history, int promptLength = 0)
    {
        var memory = new byte[SamplerScratch.Bytes(logits.Length)];
        var scores = Sampler.Process(new SamplerInput { Logits = logits, Options = options, History = history, PromptLength = promptLength },
            new SamplerScratch(memory, logits.Length)).ToArray();
        var largest = (double)scores.Max();
        var weights = scores.Select(score => Math.Exp(score - largest)).ToArray();
        return [.. weights.Select(weight => weight / weights.Sum())];
    }
}
