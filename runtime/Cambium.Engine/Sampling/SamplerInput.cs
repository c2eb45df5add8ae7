namespace Cambium.Runtime.Sampling;

/// <summary>Everything that the sampling of one token depends on.</summary>
internal readonly ref struct SamplerInput
{
    /// <summary>[vocabulary] the model's logits. NaN is never sampled.</summary>
    public required ReadOnlySpan<float> Logits { get; init; }

    public required SamplingOptions Options { get; init; }

    /// <summary>The sequence's seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>Tokens of prompt and answer so far; their number is the index of the next token.</summary>
    public ReadOnlySpan<int> History { get; init; }

    /// <summary>How many tokens of <see cref="History"/> belong to the prompt.</summary>
    public int PromptLength { get; init; }

    /// <summary>Mask with a bit for every allowed token; empty: all are allowed.</summary>
    public ReadOnlySpan<ulong> Allowed { get; init; }

    /// <summary>Whether EOS tokens are allowed, if <see cref="Allowed"/> is given.</summary>
    public bool MayEnd { get; init; }

    /// <summary>EOS tokens. <see cref="MayEnd"/> decides about them, not <see cref="Allowed"/>.</summary>
    public IReadOnlyList<int>? EosTokens { get; init; }
}
