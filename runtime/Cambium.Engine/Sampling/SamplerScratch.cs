using System.Runtime.InteropServices;

namespace Cambium.Runtime.Sampling;

/// <summary>Memory to choose one token in; contents undefined before and after.</summary>
/// <param name="memory"><see cref="Bytes"/> of them, aligned to eight.</param>
/// <param name="vocabulary">Number of scores.</param>
internal readonly ref struct SamplerScratch(Span<byte> memory, int vocabulary)
{
    private readonly Span<byte> _memory = memory;

    /// <summary>One number of 64 bits for each token: a score above an id, so that sorting needs no comparer.</summary>
    public Span<ulong> Keys => MemoryMarshal.Cast<byte, ulong>(_memory)[..vocabulary];

    /// <summary>A count for each token. Shares its memory with <see cref="Keys"/>.</summary>
    public Span<int> Counts => MemoryMarshal.Cast<byte, int>(_memory)[..vocabulary];

    /// <summary>The copy of the scores that is changed.</summary>
    public Span<float> Scores => MemoryMarshal.Cast<byte, float>(_memory[(vocabulary * sizeof(ulong))..])[..vocabulary];

    public static int Bytes(int vocabulary) => checked(vocabulary * (sizeof(ulong) + sizeof(float)));
}
