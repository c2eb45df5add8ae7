namespace Cambium.Benchmarks;

/// <summary>Sequences and heads of an attention step.</summary>
/// <param name="Prompts">Prompt tokens of each sequence; multiples of the chunk size. One new token follows.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">KV heads.</param>
/// <param name="HeadSize">Floats per query, key and value.</param>
internal sealed record AttentionSizes(IReadOnlyList<int> Prompts, int Heads, int KvHeads, int HeadSize)
{
    public int Sequences => Prompts.Count;

    public int QueryFloats => Heads * HeadSize;

    /// <summary>Visible keys, summed over the sequences.</summary>
    public long Keys => Prompts.Sum(static prompt => prompt + 1L);

    /// <summary>32 equal sequences, 32 heads of 128, as in the measurements of ChunkAttention (Ye et al. 2024).</summary>
    public static AttentionSizes Equal(int prompt) => new([.. Enumerable.Repeat(prompt, 32)], 32, 32, 128);
}
