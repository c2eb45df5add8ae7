using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Rows times packed weights, from one row to thousands. Every output is one chain of fused multiply-adds in ascending k from 0, for any number of
/// rows or threads; blocking over k spills the chain and continues it. In integer products of quantized weights a link of the chain is the exact sum
/// of a group of inputs, whose rows are rounded to int8 (<see cref="ByteRows"/>); it does not depend on the number of rows or threads, either.
/// </summary>
public static unsafe class Matmul
{
    // Rows that share one pass over a block of weights: with Tile.Depth inputs they fill a quarter of a 1 MiB L2 cache.
    private const int RowBlock = 240;

    // With fewer multiply-adds another thread is not worth waking; an item should have at least as many.
    private const long SmallWork = 1 << 16;

    // Runs of panels that each thread takes for one row, so that a thread that is delayed leaves some to others.
    private const int RunsPerThread = 4;

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
        var (hasFloat, hasInteger) = (weights.HasFloat, weights.HasInteger);
        // A widened block stays in the L1 cache until it is read.
        var depth = weights.HasQuantized ? ByteRows.Depth : BlockDepth(inputs);
        var blocks = (inputs + depth - 1) / depth;

        // A single row is read in place; others are copied into blocks with a constant stride.
        var copied = hasFloat && rows > 1;
        var floatBytes = copied ? (long)blocks * rows * Tile.Stride * sizeof(float) : 0;
        var scratch = copied || hasInteger
            ? (byte*)team.SharedScratch(floatBytes + (hasInteger ? (long)blocks * rows * ByteRows.Stride : 0)) : null;
        var left = new LeftOperand(copied ? (float*)scratch : x, hasInteger ? scratch + floatBytes : null, rows);
        if (scratch != null || typeof(TPrologue) != typeof(NoPrologue))
        {
            var perItem = Rowwise.RowsPerItem(rows, team.Threads);
            var items = (long)rows * inputs < SmallWork ? 1 : (rows + perItem - 1) / perItem;
            if (items == 1)
                perItem = rows;
            team.Run(new Prepare<V, TPrologue>(prologue, rows, perItem, x, xStride, inputs, depth, copied ? left.Floats : null, left.Bytes), items);
        }

        var groupWork = (long)Math.Min(rows, RowBlock) * inputs * weights.WidestGroup;
        var rowBlocks = (rows + RowBlock - 1) / RowBlock;
        var rowsPerBlock = (rows + rowBlocks - 1) / rowBlocks;
        // One row streams weights from memory, so threads get long runs of panels: a short one ends before its prefetches are of use.
        var longest = rows == 1 ? weights.TotalGroups / (RunsPerThread * team.Threads) : 1;
        var groupsPerItem = (int)Math.Clamp(SmallWork / groupWork, Math.Max(1, longest), weights.TotalGroups);
        var groupItems = (weights.TotalGroups + groupsPerItem - 1) / groupsPerItem;
        // A block that is widened or unpacked.
        var blockBytes = weights.IsWide ? 0 : ((long)depth * weights.Panel * sizeof(float)) + UnpackedPanel.Bytes(weights.Panel);
        team.Run(
            new Multiply<V, TEpilogue>(team, weights, epilogue, left, rows, rowsPerBlock, rowBlocks, groupsPerItem, depth, blocks, blockBytes),
            checked(groupItems * rowBlocks));
    }

    /// <summary>Blocks of equal depth, so that the last one is not short. A function of the weight's shape only.</summary>
    private static int BlockDepth(int inputs)
    {
        var blocks = (inputs + Tile.Depth - 1) / Tile.Depth;
        return (inputs + blocks - 1) / blocks;
    }

    /// <summary>The rows in the forms that products read.</summary>
    private readonly struct LeftOperand(float* floats, byte* bytes, int rows)
    {
        /// <summary>f32 rows in blocks, or the caller's row.</summary>
        public readonly float* Floats = floats;

        /// <summary>Rows rounded to int8; null without integer products.</summary>
        public readonly byte* Bytes = bytes;

        public float* FloatBlock(int block, int row) => Floats + ((((nint)block * rows) + row) * Tile.Stride);

        public byte* ByteBlock(int block, int row) => Bytes + ((((nint)block * rows) + row) * ByteRows.Stride);
    }

    private struct NoPrologue : IPrologue
    {
        public readonly void Prepare<V>(int row, float* x)
            where V : unmanaged, ILanes<V>
        {
        }
    }

    private struct Prepare<V, TPrologue>(
        TPrologue prologue, int rows, int perItem, float* x, int xStride, int inputs, int depth, float* floats, byte* bytes)
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
                for (var (k, block) = (0, 0); k < inputs; k += depth, block++)
                {
                    var count = Math.Min(depth, inputs - k);
                    var index = ((nint)block * rows) + row;
                    if (floats != null)
                        new ReadOnlySpan<float>(source + k, count).CopyTo(new Span<float>(floats + (index * Tile.Stride), count));
                    if (bytes != null)
                        ByteRows.Round(source + k, count, bytes + (index * ByteRows.Stride));
                }
            }
        }
    }

    private struct Multiply<V, TEpilogue>(
        Team team,
        PackedWeights weights,
        TEpilogue epilogue,
        LeftOperand left,
        int rows,
        int rowsPerBlock,
        int rowBlocks,
        int groupsPerItem,
        int depth,
        int blocks,
        long blockBytes) : IWork
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
            var inOrder = rows == 1 || (long)count * blocks * Tile.Stride * sizeof(float) <= InOrderBytes;
            var own = epilogue;
            var products = (long)count * weights.WidestGroup;
            var product = (float*)team.Scratch(thread, (products * sizeof(float)) + blockBytes);
            var scratch = product + products;
            for (var g = firstGroup; g < lastGroup; g++)
            {
                var group = weights.Group(g);
                var panels = group.Parts * group.Panels;
                var stride = panels * weights.Panel;
                // A single row meets each weight once.
                var (outer, inner) = rows == 1 ? (panels, 1) : inOrder ? (panels, blocks) : (blocks, panels);
                for (var i = 0; i < outer; i++)
                {
                    for (var j = 0; j < inner; j++)
                    {
                        var (panel, block) = inOrder ? (i, j) : (j, i);
                        var target = product + ((nint)panel * weights.Panel);
                        if (rows == 1)
                            Row(group, panel, scratch, target);
                        else
                            Block(group, panel, block, inOrder, scratch, firstRow, count, target, stride);
                    }
                }

                for (var r = 0; r < count; r++)
                    own.Finish<V>(group.Segment, group.Group, firstRow + r, product + ((nint)r * stride), group.Panels * weights.Panel);
            }
        }

        private readonly void Row(in GroupView group, int panel, float* scratch, float* product)
        {
            var part = weights.Part(group.Segment, panel / group.Panels);
            var index = group.FirstPanel + (panel % group.Panels);
            if (!weights.IsInteger(part))
                part.MultiplyRow<V>(index, left.Floats, scratch, product);
            else
                ByteRow.Run<V>(left.Bytes, part.Format.Layout!, part.Panel(index), weights.Inputs, scratch, product);
        }

        private readonly void Block(
            in GroupView group, int panel, int block, bool inOrder, float* scratch, int firstRow, int count, float* product, int stride)
        {
            var length = Math.Min(depth, weights.Inputs - (block * depth));
            var part = weights.Part(group.Segment, panel / group.Panels);
            var index = group.FirstPanel + (panel % group.Panels);
            if (weights.IsInteger(part))
            {
                if (block == 0)
                {
                    for (var r = 0; r < count; r++)
                        new Span<float>(product + ((nint)r * stride), weights.Panel).Clear();
                }

                var units = (length + QuantizedLayout.Unit - 1) / QuantizedLayout.Unit;
                var unpacked = new UnpackedPanel((byte*)scratch, weights.Panel);
                var layout = part.Format.Layout!;
                var start = part.Panel(index);
                layout.Unpack<V>(start, block * (depth / QuantizedLayout.Unit), units, ref unpacked);
                var next = start + ((nint)(block + 1) * (nint)layout.PanelBytes(depth, weights.Panel));
                ByteTile.Run<V>(left.ByteBlock(block, firstRow), count, layout, unpacked, units, product, stride, next);
                return;
            }

            var a = left.FloatBlock(block, firstRow);
            var output = new Chains(product, stride, block > 0);
            var b = part.Block<V>(index, block * depth, length, scratch);
            // From the last panel to the first one's next block.
            var ahead = b == scratch ? b
                : inOrder ? b + NearAhead
                : panel + 1 == group.Parts * group.Panels ? Address(group, 0, block + 1) : Address(group, panel + 1, block);
            Tile.Run<V, Chains>(a, count, b, length, ahead, length * weights.Panel, ref output);
        }

        // Only for prefetching: it may be outside of the weights, or in those of another format.
        private readonly float* Address(in GroupView group, int panel, int block) =>
            (float*)weights.Part(group.Segment, panel / group.Panels).Panel(group.FirstPanel + (panel % group.Panels))
            + ((nint)block * depth * weights.Panel);
    }
}
