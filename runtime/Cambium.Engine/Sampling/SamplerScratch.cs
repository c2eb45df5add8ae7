using System.Runtime.InteropServices;

namespace Cambium.Runtime.Sampling;

/// <summary>Memory for sampling one token; its contents are undefined before and after.</summary>
/// <param name="memory"><see cref="Bytes"/> bytes, aligned to eight.</param>
/// <param name="vocabulary">Number of logits.</param>
internal readonly ref struct SamplerScratch(Span<byte> memory, int vocabulary)
{
    private readonly Span<byte> _memory = memory;

    /// <summary>A 64-bit key for each token, the score in the upper half and the id in the lower, so that sorting needs no comparer.</summary>
    public Span<ulong> Keys => MemoryMarshal.Cast<byte, ulong>(_memory)[..vocabulary];

    /// <summary>A count for each token. Shares its memory with <see cref="Keys"/>.</summary>
    public Span<int> Counts => MemoryMarshal.Cast<byte, int>(_memory)[..vocabulary];

    /// <summary>The scores: a copy of the logits that is changed step by step.</summary>
    public Span<float> Scores => MemoryMarshal.Cast<byte, float>(_memory[(vocabulary * sizeof(ulong))..])[..vocabulary];

    /// <summary>The largest vocabulary: the memory for one token is addressed in 32 bits.</summary>
    public const int MaxVocabulary = int.MaxValue / (sizeof(ulong) + sizeof(float));

    public static int Bytes(int vocabulary) => checked(vocabulary * (sizeof(ulong) + sizeof(float)));
}
