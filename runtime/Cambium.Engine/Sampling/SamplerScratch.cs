namespace Cambium.Runtime.Sampling;

/// <summary>Memory for sampling one token; its contents are undefined before and after.</summary>
internal readonly unsafe ref struct SamplerScratch
{
    private readonly byte* _memory;
    private readonly int _vocabulary;

    /// <param name="memory"><see cref="Bytes"/> bytes, aligned to eight.</param>
    /// <param name="vocabulary">Number of logits.</param>
    public SamplerScratch(byte* memory, int vocabulary)
    {
        _memory = memory;
        _vocabulary = vocabulary;
    }

    /// <summary>A 64-bit key for each token, the score in the upper half and the id in the lower, so that sorting needs no comparer.</summary>
    public Span<ulong> Keys => new(_memory, _vocabulary);

    /// <summary>A count for each token. Shares its memory with <see cref="Keys"/>.</summary>
    public Span<int> Counts => new(_memory, _vocabulary);

    /// <summary>The scores: a copy of the logits that is changed step by step.</summary>
    public Span<float> Scores => new(_memory + ((nint)_vocabulary * sizeof(ulong)), _vocabulary);

    public static long Bytes(int vocabulary) => (long)vocabulary * (sizeof(ulong) + sizeof(float));
}
