using Cambium.Runtime.Memory;
using System.Globalization;

namespace Cambium.Runtime;

/// <summary>The memory that an engine needs, compared with the memory that is free.</summary>
internal static class MemoryNeed
{
    /// <summary>Most chunks of a pool without a stated size.</summary>
    private const int MostChunksByDefault = 1 << 16;

    /// <summary>Managed bytes per chunk, about: its node, its entries in the tables of tree and plan. Its tokens are counted separately.</summary>
    private const int BookkeepingBytes = 320;

    /// <summary>Chunks for the pool.</summary>
    /// <param name="options">May state the size.</param>
    /// <param name="chunkBytes">Bytes of one chunk.</param>
    /// <param name="context">Positions of the longest sequence; null if the model has no limit.</param>
    /// <param name="available">Bytes that are free.</param>
    public static int Chunks(EngineOptions options, long chunkBytes, int? context, long available)
    {
        if (options.PoolBytes is { } bytes)
        {
            if (bytes < chunkBytes)
            {
                throw new ArgumentException(
                    $"PoolBytes is {bytes}, and one chunk of {options.ChunkSize} tokens takes {chunkBytes} bytes; "
                    + "raise PoolBytes or lower ChunkSize.");
            }

            return (int)Math.Min(bytes / chunkBytes, Array.MaxLength / options.ChunkSize);
        }

        if (options.PoolTokens is { } tokens)
            return Math.Min(ChunksOf(tokens, options.ChunkSize), Array.MaxLength / options.ChunkSize);

        var contexts = context is { } length ? (long)options.MaxSequences * ChunksOf(length, options.ChunkSize) : long.MaxValue;
        var fitting = available / 2 / chunkBytes;
        return (int)Math.Clamp(Math.Min(contexts, fitting), 1, Math.Clamp(Array.MaxLength / options.ChunkSize, 1, MostChunksByDefault));
    }

    /// <summary>Refuses sizes that do not fit, before anything is allocated.</summary>
    /// <param name="remedy">What to lower; null for the options of an engine.</param>
    /// <exception cref="InsufficientMemoryException">More is needed than available; names both, and the option to lower.</exception>
    public static void Check(int chunks, int chunkSize, long chunkBytes, long stepBytes, long available, string? remedy = null)
    {
        var pool = (double)chunks * (chunkBytes + BookkeepingBytes + ((long)chunkSize * sizeof(int)));
        if (pool + stepBytes <= available)
            return;
        throw new InsufficientMemoryException(string.Create(
            CultureInfo.InvariantCulture,
            $"This needs {FreeMemory.Text(pool + stepBytes)}: {FreeMemory.Text(pool)} for a pool of {(long)chunks * chunkSize} tokens "
            + $"and {FreeMemory.Text(stepBytes)} for working memory and results; {FreeMemory.Text(available)} are available. "
            + $"Lower {remedy ?? (pool >= stepBytes ? "PoolTokens or PoolBytes" : "MaxRowsPerStep or MaxSequences")}."));
    }

    /// <summary>Chunks that are reserved for tenants.</summary>
    /// <exception cref="ArgumentException">They leave no chunk for other tenants.</exception>
    public static Dictionary<string, int> Quotas(EngineOptions options, int chunks)
    {
        var quotas = options.Quotas.ToDictionary(
            static quota => quota.Key, quota => ChunksOf(quota.Value, options.ChunkSize), StringComparer.Ordinal);
        var reserved = quotas.Values.Sum(static quota => (long)quota);
        if (reserved < chunks)
            return quotas;
        throw new ArgumentException(
            $"EngineOptions.Quotas reserve {reserved * options.ChunkSize} tokens, and the pool holds {(long)chunks * options.ChunkSize}; "
            + "leave room for requests of other tenants.");
    }

    private static int ChunksOf(int tokens, int chunkSize) => (int)(((long)tokens + chunkSize - 1) / chunkSize);
}
