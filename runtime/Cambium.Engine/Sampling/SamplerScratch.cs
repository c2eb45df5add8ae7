using Cambium.Checkpoints;

namespace Cambium.Runtime.Sampling;

/// <summary>Memory to choose one token in; contents undefined before and after.</summary>
internal readonly unsafe ref struct SamplerScratch
{
    private readonly byte* _memory;
    private readonly int _vocabulary;

    /// <param name="memory"><see cref="Bytes"/> of them, aligned to eight.</param>
    /// <param name="vocabulary">Number of scores.</param>
    public SamplerScratch(byte* memory, int vocabulary)
    {
        _memory = memory;
        _vocabulary = vocabulary;
    }

    /// <summary>One number of 64 bits for each token: a score above an id, so that sorting needs no comparer.</summary>
    public Span<ulong> Keys => new(_memory, _vocabulary);

    /// <summary>A count for each token. Lies where <see cref="Keys"/> does.</summary>
    public Span<int> Counts => new(_memory, _vocabulary);

    /// <summary>The copy of the scores that is changed.</summary>
    public Span<float> Scores => new(_memory + ((nint)_vocabulary * sizeof(ulong)), _vocabulary);

    public static long Bytes(int vocabulary) => (long)vocabulary * (sizeof(ulong) + sizeof(float));
}
