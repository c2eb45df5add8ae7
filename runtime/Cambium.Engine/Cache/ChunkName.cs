using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cambium.Runtime.Cache;

/// <summary>
/// Names keys and values by everything that they depend on: SHA-256 over the program, the checkpoint, the tenant, and every token before and in the
/// chunk. Each kind of content has its own domain, and every text follows its length, so that different contents never give the same bytes. Equal
/// names stand for equal keys and values on every machine that computes the same bits.
/// </summary>
public static class ChunkName
{
    /// <summary>Bytes of a name.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    /// <summary>The name of the empty sequence of a namespace.</summary>
    /// <param name="key">The namespace.</param>
    /// <param name="chunkSize">Tokens of a chunk: sequences are cut at its multiples.</param>
    /// <exception cref="ArgumentException">A text is not valid Unicode.</exception>
    public static byte[] OfRoot(in RootKey key, int chunkSize)
    {
        using var hash = Begin("root");
        Add(hash, key.Program);
        Add(hash, key.Checkpoint);
        Add(hash, key.Tenant);
        Add(hash, chunkSize);
        return hash.GetHashAndReset();
    }

    /// <summary>The name of a chunk of tokens.</summary>
    /// <param name="parent">The name of the chunk or root before it.</param>
    /// <param name="tenant">The tenant of the chunk. It can differ from the tenant of <paramref name="parent"/>, which may be published.</param>
    /// <param name="firstPosition">Position of its first token.</param>
    /// <param name="tokens">Its tokens.</param>
    /// <exception cref="ArgumentException">A text is not valid Unicode.</exception>
    public static byte[] OfTokens(ReadOnlySpan<byte> parent, string tenant, int firstPosition, ReadOnlySpan<int> tokens)
    {
        using var hash = Begin("tokens");
        hash.AppendData(parent);
        Add(hash, tenant);
        Add(hash, firstPosition);
        Add(hash, tokens.Length);
        foreach (var token in tokens)
            Add(hash, token);
        return hash.GetHashAndReset();
    }

    /// <summary>The name of keys and values that are given.</summary>
    /// <param name="parent">The name of the chunk or root before them.</param>
    /// <param name="firstPosition">Position of the first.</param>
    /// <param name="identity">Digest of their content.</param>
    /// <exception cref="ArgumentException">A text is not valid Unicode.</exception>
    public static byte[] OfGiven(ReadOnlySpan<byte> parent, int firstPosition, string identity)
    {
        using var hash = Begin("given");
        hash.AppendData(parent);
        Add(hash, firstPosition);
        Add(hash, identity);
        return hash.GetHashAndReset();
    }

    private static IncrementalHash Begin(string domain)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, "cambium/1/f32/" + domain);
        return hash;
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = UnicodeText.Strict.GetBytes(text);
        Add(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
