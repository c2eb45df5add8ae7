namespace Cambium.Runtime.Sampling;

/// <summary>Everything that the choice of one token depends on.</summary>
internal readonly ref struct SamplerInput
{
    /// <summary>[vocabulary] the model's scores. Read only; NaN never wins.</summary>
    public required ReadOnlySpan<float> Logits { get; init; }

    public required SamplingOptions Options { get; init; }

    /// <summary>The sequence's seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>Tokens of prompt and answer so far; as many as there are is the position of the token to come.</summary>
    public ReadOnlySpan<int> History { get; init; }

    /// <summary>How many of <see cref="History"/> are the prompt's.</summary>
    public int PromptLength { get; init; }

    /// <summary>A bit for every token that may come; empty: all may.</summary>
    public ReadOnlySpan<ulong> Allowed { get; init; }

    /// <summary>Whether the text may end here, where <see cref="Allowed"/> is given.</summary>
    public bool MayEnd { get; init; }

    /// <summary>Tokens that end the text. <see cref="MayEnd"/> decides about them and not <see cref="Allowed"/>.</summary>
    public IReadOnlyList<int>? EndOfText { get; init; }
}
