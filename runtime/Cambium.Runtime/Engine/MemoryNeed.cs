using System.Globalization;

namespace Cambium.Runtime.Engine;

/// <summary>What an engine will take, and what there is.</summary>
internal static class MemoryNeed
{
    /// <summary>Most chunks of a pool whose size nobody gave.</summary>
    private const int MostChunksByDefault = 1 << 16;

    /// <summary>Managed bytes per chunk, about: its node, its places in the tables of tree and plan. Its tokens come on top.</summary>
    private const int BookkeepingBytes = 320;

    /// <summary>Chunks for the pool.</summary>
    /// <param name="options">Which may say how much.</param>
    /// <param name="chunkBytes">Bytes of one chunk.</param>
    /// <param name="context">Tokens of the longest sequence; null if the model has no limit.</param>
    /// <param name="available">Bytes that are free.</param>
    public static int Chunks(EngineOptions options, long chunkBytes, int? context, long available)
    {
        if (options.PoolBytes is { } bytes)
        {
            if (bytes < chunkBytes)
            {
                throw new ArgumentException(
                    $"PoolBytes is {bytes}, and one chunk of {options.ChunkSize} tokens takes {chunkBytes} bytes; raise PoolBytes or lower ChunkSize.");
            }

            return (int)Math.Min(bytes / chunkBytes, Array.MaxLength / options.ChunkSize);
        }

        if (options.PoolTokens is { } tokens)
            return Math.Min(ChunksOf(tokens, options.ChunkSize), Array.MaxLength / options.ChunkSize);

        var contexts = context is { } length ? (long)options.MaxSequences * ChunksOf(length, options.ChunkSize) : long.MaxValue;
        var fitting = available / 2 / chunkBytes;
        return (int)Math.Clamp(Math.Min(contexts, fitting), 1, MostChunksByDefault);
    }

    /// <summary>Refuses what cannot fit before anything is allocated.</summary>
    /// <exception cref="InsufficientMemoryException">Needed is more than available.</exception>
    public static void Check(int chunks, int chunkSize, long chunkBytes, long stepBytes, long available)
    {
        var pool = (double)chunks * (chunkBytes + BookkeepingBytes + (chunkSize * sizeof(int)));
        if (pool + stepBytes <= available)
            return;
        throw new InsufficientMemoryException(string.Create(
            CultureInfo.InvariantCulture,
            $"The engine needs {Size(pool + stepBytes)}: {Size(pool)} for a pool of {(long)chunks * chunkSize} tokens and {Size(stepBytes)} for working "
            + $"memory and results; {Size(available)} are available. "
            + $"Lower {(pool >= stepBytes ? "PoolTokens or PoolBytes" : "MaxRowsPerStep or MaxSequences")}."));
    }

    /// <summary>Bytes that this process can still take: the container's limit and the machine's free memory, whichever is less.</summary>
    public static long Available()
    {
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var limit = total > 0 ? total - Environment.WorkingSet : long.MaxValue;
        return Math.Max(0, Math.Min(limit, MachineFree() ?? limit));
    }

    private static int ChunksOf(int tokens, int chunkSize) => (int)(((long)tokens + chunkSize - 1) / chunkSize);

    private static string Size(double bytes) => bytes >= 1 << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.00} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.00} MiB");

    // Memory that Linux would give without swapping; other systems have no file for it.
    private static long? MachineFree()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            foreach (var line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith("MemAvailable:", StringComparison.Ordinal)
                    && long.TryParse(line.AsSpan("MemAvailable:".Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture, out var kilobytes))
                    return kilobytes * 1024;
            }
        }
        catch (IOException)
        {
            // Not readable here: the limit of the process has to do.
        }
        catch (UnauthorizedAccessException)
        {
        }

        return null;
    }
}
