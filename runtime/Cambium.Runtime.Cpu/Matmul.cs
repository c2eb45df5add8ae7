using Cambium.Runtime.Loading;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Rows times packed weights, from one row to thousands. Every output is one chain of fused multiply-adds in ascending k from 0, for any
/// number of rows or threads; blocking over k spills the chain and continues it.
/// </summary>
public static unsafe class Matmul
{
    // Rows that share one pass over a block of weights: with Tile.Depth inputs they fill a quarter of a 1 MiB L2 cache.
    private const int RowBlock = 240;

    // With fewer multiply-adds another thread is not worth waking; an item should have at least as many.
    private const long SmallWork = 1 << 16;

    // Floats between the load and the prefetch: 32 KiB, early enough for memory and small enough for the cache.
    private const int NearAhead = 8192;

    // Input rows that may be read once per panel: they should stay in a 1 MiB L2 cache while weights pass through it.
    private const int InOrderBytes = 512 << 10;

    /// <summary>Multiplies rows that exist already.</summary>
    /// <param name="team">Runs the work.</param>
    /// <param name="weights">The right operand.</param>
    /// <param name="rows">Rows of the left operand.</param>
    /// <param name="x">[rows, xStride] the left operand.</param>
    /// <param name="xStride">Floats from one row to the next.</param>
    /// <param name="epilogue">Receives the finished columns.</param>
    public static void Run<TEpilogue>(Team team, PackedWeights weights, int rows, float* x, int xStride, in TEpilogue epilogue)
        where TEpilogue : struct, IEpilogue
        => Run(team, weights, rows, x, xStride, default(NoPrologue), epilogue);

    /// <summary>Multiplies rows that <paramref name="prologue"/> writes to <paramref name="x"/> first.</summary>
    /// <param name="team">Runs the work.</param>
    /// <param name="weights">The right operand.</param>
    /// <param name="rows">Rows of the left operand.</param>
    /// <param name="x">[rows, xStride] scratch for the left operand.</param>
    /// <param name="xStride">Floats from one row to the next; at least the product's inputs.</param>
    /// <param name="prologue">Computes each row once.</param>
    /// <param name="epilogue">Receives the finished columns.</param>
    public static void Run<TPrologue, TEpilogue>(
        Team team, PackedWeights weights, int rows, float* x, int xStride, in TPrologue prologue, in TEpilogue epilogue)
        where TPrologue : struct, IPrologue
        where TEpilogue : struct, IEpilogue
    {
        switch (Simd.Width)
        {
            case 16:
                Run<Lanes512, TPrologue, TEpilogue>(team, weights, rows, x, xStride, prologue, epilogue);
                break;
            case 8:
                Run<Lanes256, TPrologue, TEpilogue>(team, weights, rows, x, xStride, prologue, epilogue);
                break;
            default:
                Run<Lanes128, TPrologue, TEpilogue>(team, weights, rows, x, xStride, prologue, epilogue);
                break;
        }
    }

    internal static void Run<V, TPrologue, TEpilogue>(
        Team team, PackedWeights weights, int rows, float* x, int xStride, TPrologue prologue, TEpilogue epilogue)
        where V : unmanaged, ILanes<V>
        where TPrologue : struct, IPrologue
        where TEpilogue : struct, IEpilogue
    {
        if (weights.Panel != 2 * V.Count)
            throw new ArgumentException(
                $"The weights are packed in panels of {weights.Panel} floats; {V.Count} lanes need {2 * V.Count}.", nameof(weights));
        if (xStride < weights.Inputs)
            throw new ArgumentException($"Rows of {xStride} floats are shorter than the {weights.Inputs} inputs of the weights.", nameof(xStride));
        if (rows <= 0)
            return;

        var inputs = weights.Inputs;
        // One row of f32 weights is one block; a widened block stays in the L1 cache until it is read.
        var isWide = weights.Storage == WeightStorage.F32;
        var depth = rows == 1 && isWide ? inputs : BlockDepth(inputs);
        var blocks = (inputs + depth - 1) / depth;

        // A single row is read in place; several are copied into blocks with a constant stride.
        var copied = rows > 1 || !isWide;
        var left = copied ? (float*)team.SharedScratch((long)blocks * rows * Tile.Stride * sizeof(float)) : x;
        if (copied || typeof(TPrologue) != typeof(NoPrologue))
        {
            var perItem = Rowwise.RowsPerItem(rows, team.Threads);
            var items = (long)rows * inputs < SmallWork ? 1 : (rows + perItem - 1) / perItem;
            if (items == 1)
                perItem = rows;
            team.Run(new Prepare<V, TPrologue>(prologue, rows, perItem, x, xStride, inputs, depth, copied ? left : null), items);
        }

        var groupWork = (long)Math.Min(rows, RowBlock) * inputs * weights.WidestGroup;
        var rowBlocks = (rows + RowBlock - 1) / RowBlock;
        var rowsPerBlock = (rows + rowBlocks - 1) / rowBlocks;
        var groupsPerItem = (int)Math.Clamp(SmallWork / groupWork, 1, weights.TotalGroups);
        var groupItems = (weights.TotalGroups + groupsPerItem - 1) / groupsPerItem;
        team.Run(
            new Multiply<V, TEpilogue>(team, weights, epilogue, left, rows, rowsPerBlock, rowBlocks, groupsPerItem, depth, blocks),
            checked(groupItems * rowBlocks));
    }

    /// <summary>Blocks of equal depth, so that the last one is not short. A function of the weight's shape only.</summary>
    private static int BlockDepth(int inputs)
    {
        var blocks = (inputs + Tile.Depth - 1) / Tile.Depth;
        return (inputs + blocks - 1) / blocks;
    }

    private struct NoPrologue : IPrologue
    {
        public readonly void Prepare<V>(int row, float* x)
            where V : unmanaged, ILanes<V>
        {
        }
    }

    private struct Prepare<V, TPrologue>(
        TPrologue prologue, int rows, int perItem, float* x, int xStride, int inputs, int depth, float* blocks)
        : IWork
        where V : unmanaged, ILanes<V>
        where TPrologue : struct, IPrologue
    {
        public void Run(int item, int thread)
        {
            var own = prologue;
            var end = Math.Min(rows, (item + 1) * perItem);
            for (var row = item * perItem; row < end; row++)
            {
                var source = x + ((nint)row * xStride);
                own.Prepare<V>(row, source);
                if (blocks == null)
                    continue;
                var target = blocks + ((nint)row * Tile.Stride);
                for (var k = 0; k < inputs; k += depth)
                {
                    var count = Math.Min(depth, inputs - k);
                    new ReadOnlySpan<float>(source + k, count).CopyTo(new Span<float>(target, count));
                    target += (nint)rows * Tile.Stride;
                }
            }
        }
    }

    private struct Multiply<V, TEpilogue>(
        Team team,
        PackedWeights weights,
        TEpilogue epilogue,
        float* left,
        int rows,
        int rowsPerBlock,
        int rowBlocks,
        int groupsPerItem,
        int depth,
        int blocks) : IWork
        where V : unmanaged, ILanes<V>
        where TEpilogue : struct, IEpilogue
    {
        public void Run(int item, int thread)
        {
            // Row blocks of the same columns are neighbours, so that threads share cached weights.
            var firstGroup = item / rowBlocks * groupsPerItem;
            var lastGroup = Math.Min(weights.TotalGroups, firstGroup + groupsPerItem);
            var firstRow = item % rowBlocks * rowsPerBlock;
            var count = Math.Min(rowsPerBlock, rows - firstRow);
            if (count <= 0)
                return;

            // Where all inputs of the rows fit the L2 cache, each panel is read from end to end, which is fastest for memory. Otherwise one block of
            // inputs stays in the cache while the group's panels pass.
            var inOrder = (long)count * blocks * Tile.Stride * sizeof(float) <= InOrderBytes;
            var own = epilogue;
            var products = (long)count * weights.WidestGroup;
            var product = (float*)team.Scratch(
                thread, (products + (weights.Storage == WeightStorage.F32 ? 0 : (long)depth * weights.Panel)) * sizeof(float));
            var scratch = product + products;
            for (var g = firstGroup; g < lastGroup; g++)
            {
                var group = weights.Group(g);
                var panels = group.Parts * group.Panels;
                var stride = panels * weights.Panel;
                if (inOrder)
                {
                    for (var panel = 0; panel < panels; panel++)
                    {
                        for (var block = 0; block < blocks; block++)
                            Block(group.Start, panel, block, NearAhead, scratch, firstRow, count, product, stride);
                    }
                }
                else
                {
                    var panelFloats = (nint)weights.Inputs * weights.Panel;
                    for (var block = 0; block < blocks; block++)
                    {
                        // From the last panel to the first one's next block.
                        for (var panel = 0; panel < panels; panel++)
                        {
                            var ahead = panel + 1 < panels ? panelFloats : ((nint)depth * weights.Panel) - (panel * panelFloats);
                            Block(group.Start, panel, block, ahead, scratch, firstRow, count, product, stride);
                        }
                    }
                }

                for (var r = 0; r < count; r++)
                    own.Finish<V>(group.Segment, group.Group, firstRow + r, product + ((nint)r * stride), group.Panels * weights.Panel);
            }
        }

        private readonly void Block(nint start, int panel, int block, nint ahead, float* scratch, int firstRow, int count, float* product, int stride)
        {
            var length = Math.Min(depth, weights.Inputs - (block * depth));
            var a = left + (((nint)block * rows + firstRow) * Tile.Stride);
            var from = start + ((nint)panel * weights.Inputs * weights.Panel);
            if (count == 1 && weights.Storage != WeightStorage.F32)
            {
                weights.MultiplyRow<V>(from, block * depth, length, a, product + ((nint)panel * weights.Panel), block > 0);
                return;
            }

            var b = weights.Block<V>(from, block * depth, length, scratch);
            var output = new Chains(product + ((nint)panel * weights.Panel), stride, block > 0);
            Tile.Run<V, Chains>(a, count, b, length, b == scratch ? b : b + ahead, length * weights.Panel, ref output);
        }
    }
}
