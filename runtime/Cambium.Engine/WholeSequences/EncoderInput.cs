namespace Cambium.Runtime;

/// <summary>One sequence for an <see cref="Encoder"/>.</summary>
/// <param name="Tokens">Its token ids, at least one: the entry point's first input.</param>
public sealed record EncoderInput(ReadOnlyMemory<int> Tokens)
{
    /// <summary>Further ids by the parameter's name, as many as there are tokens, such as the token types of BERT.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<int>> Ids { get; init; } = new Dictionary<string, ReadOnlyMemory<int>>();

    /// <summary>Rows of floats by the parameter's name, [tokens, width].</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>> Floats { get; init; } = new Dictionary<string, ReadOnlyMemory<float>>();

    /// <summary>Sees every position's hidden states, and the results as logits.</summary>
    public IPromptObserver? Observer { get; init; }
}
