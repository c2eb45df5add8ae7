namespace Cambium.Benchmarks;

/// <summary>Sequences and heads of a step of attention.</summary>
/// <param name="Prompts">Prompt tokens of each sequence; multiples of the chunk size. One new token follows.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key/value heads.</param>
/// <param name="HeadSize">Floats of a query, a key and a value.</param>
internal sealed record AttentionSizes(IReadOnlyList<int> Prompts, int Heads, int KvHeads, int HeadSize)
{
    public int Sequences => Prompts.Count;

    public int QueryFloats => Heads * HeadSize;

    /// <summary>Keys that all sequences see together.</summary>
    public long Keys => Prompts.Sum(static prompt => prompt + 1L);

    /// <summary>Equal sequences, 32 heads of 128, as in ChunkAttention's measurements.</summary>
    public static AttentionSizes Equal(int prompt) => new([.. Enumerable.Repeat(prompt, 32)], 32, 32, 128);
}
