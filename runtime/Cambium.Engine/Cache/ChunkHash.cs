using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Cambium.Runtime.Cache;

/// <summary>
/// Hashes the tokens of whole chunks, for finding them: the NH family (Black et al., UMAC, 1999), a sum of independent products that processors
/// overlap. Its keys are drawn for each tree, so that no client can write prompts whose chunks all collide. Matches are compared token by token.
/// </summary>
internal sealed class ChunkHash
{
    private readonly ulong[] _keys;

    /// <param name="chunkSize">Tokens in a chunk.</param>
    public ChunkHash(int chunkSize)
    {
        _keys = new ulong[(chunkSize + 1) / 2];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_keys.AsSpan()));
    }

    /// <param name="tokens">A whole chunk.</param>
    public ulong Of(ReadOnlySpan<int> tokens)
    {
        var pairs = MemoryMarshal.Cast<int, ulong>(tokens);
        var keys = _keys.AsSpan(0, pairs.Length);
        var (even, odd, i) = (0UL, 0UL, 0);
        for (; i + 1 < pairs.Length && i + 1 < keys.Length; i += 2)
        {
            even += Product(pairs[i], keys[i]);
            odd += Product(pairs[i + 1], keys[i + 1]);
        }

        for (; i < pairs.Length; i++)
            even += Product(pairs[i], keys[i]);
        return (tokens.Length & 1) == 0 ? even + odd : even + odd + Product((uint)tokens[^1], _keys[^1]);
    }

    private static ulong Product(ulong pair, ulong key) => (ulong)((uint)pair + (uint)key) * ((uint)(pair >> 32) + (uint)(key >> 32));
}
