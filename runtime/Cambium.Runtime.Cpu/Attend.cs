using System.Diagnostics;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Attention over the tree of cached keys and values, causal unless the shape says otherwise. The state of a query is (m, l, o): largest score, sum
/// of weights, weighted sum of values. Each node is folded from the empty state over its own keys and combined into the states of the path, strictly
/// from the root down. A path begins with the empty state, or with a head's attention sink: a score without a value, (sink, 1, 0). A state's
/// arithmetic depends on the chunk size, the head sizes and the query's position only, so blocks, batches and threads never change a bit.
/// Keys and values of the KV cache are numbers that are widened to f32 in registers (<see cref="KvStorage"/>). Their scales multiply whole scores,
/// and whole weights after the sum of weights.
/// </summary>
public static unsafe class Attend
{
    /// <summary>Most queries that the kernel folds together: their queries, scores and states fit the L2 cache together with a chunk.</summary>
    internal const int MaxQueries = 96;

    /// <summary>Attends from every row of the step to the keys of the nodes above it.</summary>
    /// <param name="step">The plan, the positions and the threads. Keys and values of its rows have been stored.</param>
    /// <param name="site">Attention site of the layout.</param>
    /// <param name="layer">Layer of the site.</param>
    /// <param name="q">[rows, qStride] queries, head after head.</param>
    /// <param name="qStride">Floats from one row of queries to the next.</param>
    /// <param name="result">[rows, resultStride] receives the values, head after head. A row that sees no key receives zeros.</param>
    /// <param name="resultStride">Floats from one row of results to the next.</param>
    /// <param name="shape">The site's sizes.</param>
    /// <param name="score">Changes scores before softmax.</param>
    /// <param name="sinks">
    /// [heads] an attention sink for each query head: a score that takes part in the softmax and has no value; null for none.
    /// </param>
    public static void Run<TScore>(
        Step step, int site, int layer, float* q, int qStride, float* result, int resultStride,
            in AttendShape shape, in TScore score, float* sinks = null)
        where TScore : struct, IScore
    {
        switch (Simd.Width)
        {
            case 16:
                Run<Lanes512, TScore>(step, site, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
            case 8:
                Run<Lanes256, TScore>(step, site, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
            default:
                Run<Lanes128, TScore>(step, site, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
        }
    }

    /// <summary>Rounds one head of one row's key to the storage type of the KV cache, and stores it in the row's chunk.</summary>
    public static void StoreKey<V>(Step step, int site, int layer, int head, int row, float* key)
        where V : unmanaged, ILanes<V>
        => step.Layout.WriteKey(step.Chunk(step.PageOfRow[row]), site, layer, head, step.SlotOfRow[row], key);

    /// <summary>Rounds one head of one row's value to the storage type of the KV cache, and stores it in the row's chunk.</summary>
    public static void StoreValue<V>(Step step, int site, int layer, int head, int row, float* value)
        where V : unmanaged, ILanes<V>
        => step.Layout.WriteValue(step.Chunk(step.PageOfRow[row]), site, layer, head, step.SlotOfRow[row], value);

    internal static void Run<V, TScore>(
        Step step, int site, int layer, float* q, int qStride, float* result, int resultStride, AttendShape shape, TScore score, float* sinks = null)
        where V : unmanaged, ILanes<V>
        where TScore : struct, IScore
    {
        var cached = step.Layout.Sites[site];
        if (shape.KvHeads < 1 || cached.KvHeads != shape.KvHeads || cached.KeySize != shape.KeySize
            || cached.ValueSize != shape.ValueSize || shape.Heads % shape.KvHeads != 0)
            throw new ArgumentException($"Attention of shape {shape} does not fit cache site {site}, which is {cached}.", nameof(shape));
        if (step.Layout.Panel != 2 * V.Count)
        {
            throw new ArgumentException(
                $"Keys and values lie in panels of {step.Layout.Panel} numbers; {V.Count} lanes need {2 * V.Count}. "
                + "Build the layout with Simd.PanelWidth.",
                nameof(step));
        }

        if (qStride < (long)shape.Heads * shape.KeySize || resultStride < (long)shape.Heads * shape.ValueSize)
        {
            throw new ArgumentException(
                $"Rows of {qStride} and {resultStride} floats are too short for the queries and results of {shape}.", nameof(shape));
        }

        switch (step.Layout.Storage)
        {
            case KvStorage.F32:
                Run<V, F32Format, TScore>(step, site, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
            case KvStorage.BF16:
                Run<V, BFloat16Format, TScore>(step, site, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
            default:
                Run<V, Int8Format, TScore>(step, site, layer, q, qStride, result, resultStride, shape, score, sinks);
                break;
        }
    }

    private static void Run<V, TFormat, TScore>(
        Step step, int site, int layer, float* q, int qStride, float* result, int resultStride, AttendShape shape, TScore score, float* sinks)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, IKvFormat
        where TScore : struct, IScore
    {
        var blocks = step.NextBlocks();
        var start = Stopwatch.GetTimestamp();
        step.Team.Run(
            new AttendBlock<V, TFormat, TScore>(step, step.Layout, blocks, site, layer, q, qStride, result, resultStride, shape, score, sinks),
            checked(blocks.Count * shape.KvHeads));
        step.AddAttention(Stopwatch.GetTimestamp() - start);
    }
}
