using System.Runtime.CompilerServices;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Steps;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// The time of attention by certain blocks, in folds: one query of one head with one key and its value, at the speed that the kernel has with many
/// queries. The constants were fitted to <c>Cambium.Ratios -- choice</c>; LADDER.md has the measurements.
/// </summary>
/// <param name="kvHeads">Key/value heads: every block is that many pieces of work.</param>
/// <param name="queriesPerRow">Query heads that read the same key/value head.</param>
/// <param name="bytesPerKey">Bytes of a key and its value over all heads of a layer.</param>
/// <param name="threads">Threads that take pieces.</param>
/// <param name="storage">Type of the keys and values.</param>
internal sealed class AttentionCost(int kvHeads, int queriesPerRow, double bytesPerKey, int threads, KvStorage storage = KvStorage.F32)
    : IAttentionCost
{
    // States of many sequences pass through the first-level cache while one of them folds its own keys.
    private const double SharedBlock = 1.06;

    // Bytes that one thread may read between two visits to a chunk and still find the chunk in its L2 cache.
    private const int CachedBytes = 1 << 20;

    // Largest product of pieces and threads for which the cost assigns each piece to a thread; beyond it, the cost uses averages.
    private const int MostPlaced = 4096;

    private readonly double[] _memory = Table(OfFewQueries(storage).FromMemory);
    private readonly double[] _cache = Table(OfFewQueries(storage).FromCache);

    private readonly double[] _busy = new double[threads];

    /// <inheritdoc/>
    public int Parallelism => threads;

    /// <inheritdoc/>
    public int PiecesPerBlock => kvHeads;

    /// <inheritdoc/>
    public double LeastSaving => 0.05;

    /// <inheritdoc/>
    public double Of(AttentionPlan plan, RowBlocks blocks, ReadOnlySpan<int> owners, ReadOnlySpan<int> keys)
    {
        var isFew = (long)blocks.Count * kvHeads * threads <= MostPlaced;
        var (total, largest) = (0.0, 0.0);
        Array.Clear(_busy);
        for (var block = 0; block < blocks.Count; block++)
        {
            var cost = OfBlock(plan, blocks, block, owners, keys);
            total += cost * kvHeads;
            largest = Math.Max(largest, cost);
            for (var head = 0; isFew && head < kvHeads; head++)
                _busy.AsSpan()[IndexOfLeast(_busy)] += cost;
        }

        // With more pieces the threads end at about the same time.
        return isFew ? _busy.Max() : (total / threads) + (threads == 1 ? 0 : largest / 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double OfBlock(AttentionPlan plan, RowBlocks blocks, int block, ReadOnlySpan<int> owners, ReadOnlySpan<int> keys)
    {
        var (begin, end, cost) = (blocks.Begin[block], blocks.End[block], 0.0);
        var fitsCache = keys[begin] * bytesPerKey <= CachedBytes;
        ReadOnlySpan<int> rowBegin = plan.RowBegin, rowEnd = plan.RowEnd, count = plan.Count;
        foreach (var node in blocks.Nodes[blocks.NodeBegin[block]..blocks.NodeBegin[block + 1]])
        {
            var queries = (Math.Min(end, rowEnd[node]) - Math.Max(begin, rowBegin[node])) * queriesPerRow;
            // The block that has the node's first row has read the node already.
            var table = fitsCache && rowBegin[node] < begin ? _cache : _memory;
            var passes = (queries + Attend.MaxQueries - 1) / Attend.MaxQueries;
            cost += count[node] * (passes == 1 ? table[queries] : passes * table[queries / passes]);
        }

        return owners[begin] == owners[end - 1] ? cost : SharedBlock * cost;
    }

    private static int IndexOfLeast(double[] values)
    {
        var least = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] < values[least])
                least = i;
        }

        return least;
    }

    // The cost, in folds, of a key that few queries fold: if it comes from memory, and if it comes from a cache. One query over f32 keys waits for
    // two chains of multiply-adds; over narrower keys, it folds several panels at once.
    private static (double FromMemory, double FromCache) OfFewQueries(KvStorage storage) =>
        storage switch { KvStorage.F32 => (6.5, 3.5), KvStorage.BF16 => (3, 2), _ => (2.3, 2) };

    // A smooth roofline over the number of queries.
    private static double[] Table(double alone) =>
        [.. Enumerable.Range(0, Attend.MaxQueries + 1).Select(queries => Math.Cbrt(Math.Pow(alone, 3) + Math.Pow(queries, 3)))];
}
