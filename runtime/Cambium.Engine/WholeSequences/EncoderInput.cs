using Cambium.Runtime.Prefixes;

namespace Cambium.Runtime;

/// <summary>One sequence for an <see cref="Encoder"/>.</summary>
/// <param name="Tokens">Its token ids, at least one: the entry point's first input.</param>
public sealed record EncoderInput(ReadOnlyMemory<int> Tokens)
{
    /// <summary>Ids of the other inputs by parameter name, one for each token, such as the token types of BERT.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<int>> Ids { get; init; } = new Dictionary<string, ReadOnlyMemory<int>>();

    /// <summary>Floats of the other inputs by parameter name, [tokens, width].</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<float>> Floats { get; init; } = new Dictionary<string, ReadOnlyMemory<float>>();

    /// <summary>
    /// The learned prefixes that the sequence stands on, without attributes: parts with contents, whose keys and values every token sees. They are
    /// copied to the device at their first use.
    /// </summary>
    public IReadOnlyList<Prefix> Prefixes { get; init; } = [];

    /// <summary>Sees the hidden states of every position, and the results as logits.</summary>
    public IPromptObserver? Observer { get; init; }

    /// <summary>The same sequence in memory of its own.</summary>
    internal EncoderInput Copy() => new(Tokens.ToArray())
    {
        Ids = Ids.ToDictionary(static pair => pair.Key, static pair => (ReadOnlyMemory<int>)pair.Value.ToArray(), StringComparer.Ordinal),
        Floats = Floats.ToDictionary(static pair => pair.Key, static pair => (ReadOnlyMemory<float>)pair.Value.ToArray(), StringComparer.Ordinal),
        Prefixes = [.. Prefixes],
        Observer = Observer,
    };
}
