using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Prefixes;

/// <summary>A part of a prefix: one node of the tree.</summary>
public abstract record PrefixPart
{
    /// <summary>Keys and values, or what stands for them.</summary>
    /// <param name="Data">The numbers.</param>
    /// <param name="HasPositions">
    /// Whether each key takes a position, so that the tokens come after them (PEFT). Otherwise the keys have no position, every query sees them, and
    /// the first token has position 0.
    /// </param>
    public sealed record Content(NodeData Data, bool HasPositions) : PrefixPart;

    /// <summary>
    /// Rows in place of token embeddings (prompt tuning). They act on later tokens through their keys and values only, so the model runs over them
    /// once, when the prefix is loaded.
    /// </summary>
    /// <param name="Rows">[count, width] the embeddings.</param>
    /// <param name="Count">How many.</param>
    public sealed record Embeddings(ReadOnlyMemory<float> Rows, int Count) : PrefixPart;

    /// <summary>
    /// Rows whose keys and values are the products of each layer with its own weights, without norm and rotation (LLaMA-Adapter). They have a
    /// softmax of their own.
    /// </summary>
    /// <param name="Layers">For each layer of the model its rows and gate; null for a layer without.</param>
    public sealed record Adaption(IReadOnlyList<AdaptionLayer?> Layers) : PrefixPart;

    /// <summary>Nothing that attention reads: changes the identity of everything below it.</summary>
    /// <param name="Reason">What the identity stands for.</param>
    public sealed record Mark(string Reason) : PrefixPart;
}

/// <summary>An adaption prompt of one layer.</summary>
/// <param name="Rows">[count, hidden size]</param>
/// <param name="Count">How many.</param>
/// <param name="Gate">Factor of the result.</param>
public sealed record AdaptionLayer(ReadOnlyMemory<float> Rows, int Count, float Gate);
