using System.Globalization;

namespace Cambium.Runtime.Sampling;

/// <summary>
/// How tokens are sampled; greedy by default. The steps are applied in the order of transformers' logits processors: constraint,
/// <see cref="LogitBias"/>, <see cref="RepetitionPenalty"/>, <see cref="PresencePenalty"/> and <see cref="FrequencyPenalty"/>,
/// <see cref="Temperature"/>, <see cref="TopK"/>, <see cref="TopP"/>, <see cref="MinP"/>, <see cref="TypicalP"/>. At temperature 0 (greedy) the last
/// four are skipped: the most likely token is taken, the lowest id among equals.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>Always the most likely token.</summary>
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>0: greedy; otherwise tokens are sampled from softmax(logits / temperature).</summary>
    public float Temperature { get; init; }

    /// <summary>Keeps this many of the most likely tokens, and those that equal the last of them; 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// Keeps the most likely tokens whose probabilities together reach this share (nucleus sampling, Holtzman et al. 2020); 1: all. Of equal tokens
    /// at the border the lower ids stay.
    /// </summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens whose probability is at least this share of the largest (Nguyen et al. 2024); 0: all.</summary>
    public float MinP { get; init; }

    /// <summary>
    /// Keeps the tokens whose information is nearest to the entropy, until their probabilities together reach this share (Meister et al. 2023); 1:
    /// all.
    /// </summary>
    public float TypicalP { get; init; } = 1;

    /// <summary>Positive logits of tokens in prompt or answer are divided by this, negative ones multiplied (Keskar et al. 2019); 1: off.</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from the logit of each token that occurs in the answer; as in OpenAI's API.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted from the logit of a token once for each occurrence in the answer; as in OpenAI's API.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>
    /// Added to the logits of tokens, by id; negative infinity forbids a token. At most <c>EngineOptions.MaxLogitBiases</c> (1024) tokens.
    /// </summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>
    /// The token at a position is a function of logits, options, seed, position and the sequence's own tokens. Null: the engine chooses a seed.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>Whether logits are changed before a token is sampled from them.</summary>
    internal bool ChangesScores => RepetitionPenalty != 1 || PresencePenalty != 0 || FrequencyPenalty != 0 || LogitBias is { Count: > 0 };

    /// <summary>The seed of one of several answers to a request: the first has the request's own.</summary>
    /// <param name="seed">The request's seed.</param>
    /// <param name="fork">Index of the answer.</param>
    public static ulong ForkSeed(ulong seed, int fork) => fork == 0 ? seed : Sampler.Mix(seed ^ Sampler.Mix((ulong)fork));

    /// <summary>The first error in the values as a message; null if they are valid.</summary>
    /// <param name="vocabulary">Ids are below this.</param>
    internal string? FindError(int vocabulary)
    {
        foreach (var (name, value, fits, range) in (ReadOnlySpan<(string, float, bool, string)>)
        [
            (nameof(Temperature), Temperature, Temperature >= 0 && float.IsFinite(Temperature), "0 (greedy) or a positive number"),
            (nameof(TopK), TopK, TopK >= 0, "0 (all tokens) or a positive number"),
            (nameof(TopP), TopP, TopP is > 0 and <= 1, "above 0 and at most 1 (all tokens)"),
            (nameof(MinP), MinP, MinP is >= 0 and <= 1, "from 0 (all tokens) to 1"),
            (nameof(TypicalP), TypicalP, TypicalP is > 0 and <= 1, "above 0 and at most 1 (all tokens)"),
            (nameof(RepetitionPenalty), RepetitionPenalty, RepetitionPenalty > 0 && float.IsFinite(RepetitionPenalty), "positive, 1 for none"),
            (nameof(PresencePenalty), PresencePenalty, float.IsFinite(PresencePenalty), "a number, 0 for none"),
            (nameof(FrequencyPenalty), FrequencyPenalty, float.IsFinite(FrequencyPenalty), "a number, 0 for none"),
        ])
        {
            if (!fits)
                return string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be {range}.");
        }

        foreach (var (token, bias) in LogitBias ?? new Dictionary<int, float>())
        {
            if ((uint)token >= (uint)vocabulary)
                return $"LogitBias names token {token}, and the vocabulary has {vocabulary} tokens.";
            if (float.IsNaN(bias) || float.IsPositiveInfinity(bias))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"LogitBias of token {token} is {bias}; it must be a number, or negative infinity to forbid the token.");
            }
        }

        return null;
    }
}
