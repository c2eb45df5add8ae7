using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cambium.Runtime.Cpu;

/// <summary>The first and the last value of each chain of a tile.</summary>
internal interface ITileOutput
{
    /// <summary>The first value of the chain of one row and one of the panel's two registers.</summary>
    V Begin<V>(int row, int register)
        where V : unmanaged, ILanes<V>;

    void End<V>(int row, V low, V high)
        where V : unmanaged, ILanes<V>;

    /// <summary>Goes to a later panel.</summary>
    /// <param name="columns">Columns of the panels between.</param>
    void Skip(int columns);
}

/// <summary>
/// The register tile of every product here: some rows of a scratch times one panel of two registers. Each output is one chain of fused
/// multiply-adds in ascending depth; the height of the tile changes speed only.
/// The rows of the left operand are <see cref="Stride"/> floats apart, a constant so that each address is a base and a displacement, and a size that
/// spreads rows over the sets of the L1 cache. Methods are written out because arrays of accumulators would live in memory.
/// </summary>
internal static unsafe class Tile
{
    /// <summary>Most floats of a row that one call may multiply, except for a single row: a panel's block of that depth fits the L1 cache.</summary>
    public const int Depth = 256;

    /// <summary>Floats between rows of the left operand.</summary>
    public const int Stride = Depth + 16;

    /// <summary>Multiplies any number of rows with one panel of floats.</summary>
    /// <param name="a">First row of the left operand.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="b">The panel: <paramref name="depth"/> rows of two registers.</param>
    /// <param name="depth">Products in each chain.</param>
    /// <param name="ahead">Memory that is read next, to be prefetched; any address is allowed.</param>
    /// <param name="aheadFloats">Floats to prefetch.</param>
    /// <param name="output">Numbers rows from 0.</param>
    public static void Run<V, TOutput>(float* a, int rows, float* b, int depth, float* ahead, int aheadFloats, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TOutput : struct, ITileOutput
        => Run<V, F32Format, TOutput>(a, rows, (byte*)b, depth, (byte*)ahead, (nint)aheadFloats * sizeof(float), ref output);

    /// <summary>Multiplies any number of rows with one panel, whose numbers are widened in registers.</summary>
    /// <param name="a">First row of the left operand.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="b">The panel: <paramref name="depth"/> rows of two registers.</param>
    /// <param name="depth">Products in each chain.</param>
    /// <param name="ahead">Memory that is read next, to be prefetched; any address is allowed.</param>
    /// <param name="aheadBytes">Bytes to prefetch.</param>
    /// <param name="output">Numbers rows from 0.</param>
    public static void Run<V, TFormat, TOutput>(float* a, int rows, byte* b, int depth, byte* ahead, nint aheadBytes, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        for (var row = 0; row < rows;)
        {
            var left = rows - row;
            var height = Height<V>(left);
            var from = a + ((nint)row * Stride);
            // Each tile prefetches a share by its height: with equal shares low tiles would wait for memory.
            var step = aheadBytes * height / ((nint)rows * depth);
            switch (height)
            {
                case 12:
                    Rows12<V, TFormat, TOutput>(from, row, b, depth, ahead, step, ref output);
                    break;
                case 8:
                    Rows8<V, TFormat, TOutput>(from, row, b, depth, ahead, step, ref output);
                    break;
                case 6:
                    Rows6<V, TFormat, TOutput>(from, row, b, depth, ahead, step, ref output);
                    break;
                case 4:
                    Rows4<V, TFormat, TOutput>(from, row, b, depth, ahead, step, ref output);
                    break;
                case 3:
                    Rows3<V, TFormat, TOutput>(from, row, b, depth, ahead, step, ref output);
                    break;
                case 2:
                    Rows2<V, TFormat, TOutput>(from, row, b, depth, ahead, step, ref output);
                    break;
                default:
                    Rows1<V, TFormat, TOutput>(from, row, b, depth, ahead, step, ref output);
                    break;
            }

            row += height;
            ahead += step * depth;
        }
    }

    /// <summary>
    /// Multiplies one row with up to four neighbouring panels at once. The two chains of one panel take the latency of a multiply-add for each row of
    /// it, which for numbers of one byte is longer than memory needs.
    /// </summary>
    /// <param name="a">The row.</param>
    /// <param name="panels">Panels that are left.</param>
    /// <param name="b">The first panel: <paramref name="depth"/> rows of two registers.</param>
    /// <param name="panelBytes">Bytes from one panel to the next.</param>
    /// <param name="depth">Products in each chain.</param>
    /// <param name="ahead">Memory that is read next, to be prefetched; any address is allowed.</param>
    /// <param name="output">Goes to the first panel that is not multiplied.</param>
    /// <returns>Panels that were multiplied.</returns>
    public static int RunRow<V, TFormat, TOutput>(float* a, int panels, byte* b, nint panelBytes, int depth, byte* ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        if (panels >= 4)
        {
            Row1Of4<V, TFormat, TOutput>(a, b, panelBytes, depth, ahead, ref output);
            return 4;
        }

        if (panels >= 2)
        {
            Row1Of2<V, TFormat, TOutput>(a, b, panelBytes, depth, ahead, ref output);
            return 2;
        }

        Rows1<V, TFormat, TOutput>(a, 0, b, depth, ahead, 2 * V.Count * TFormat.Bytes, ref output);
        output.Skip(2 * V.Count);
        return 1;
    }

    /// <summary>
    /// The highest tile that fits: 24 of 32 registers hold sums at 512 bits, 12 of 16 otherwise.
    /// But 14 rows are 8 + 6, and 8 are 4 + 4 where 6 is the highest, because a tile of 2 can't hide the latency of its few chains.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Height<V>(int rows)
        where V : unmanaged, ILanes<V>
    {
        if (V.Count == 16 && rows >= 12 && rows != 14)
            return 12;
        if (V.Count == 16 && rows >= 8)
            return 8;
        return rows >= 6 && rows != 8 ? 6 : rows >= 4 ? 4 : rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<V, TFormat, TOutput>(float* a, int row, byte* b, int depth, byte* ahead, nint step, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(row, 0), h0 = output.Begin<V>(row, 1);
        V l1 = output.Begin<V>(row + 1, 0), h1 = output.Begin<V>(row + 1, 1);
        V l2 = output.Begin<V>(row + 2, 0), h2 = output.Begin<V>(row + 2, 1);
        V l3 = output.Begin<V>(row + 3, 0), h3 = output.Begin<V>(row + 3, 1);
        V l4 = output.Begin<V>(row + 4, 0), h4 = output.Begin<V>(row + 4, 1);
        V l5 = output.Begin<V>(row + 5, 0), h5 = output.Begin<V>(row + 5, 1);
        V l6 = output.Begin<V>(row + 6, 0), h6 = output.Begin<V>(row + 6, 1);
        V l7 = output.Begin<V>(row + 7, 0), h7 = output.Begin<V>(row + 7, 1);
        V l8 = output.Begin<V>(row + 8, 0), h8 = output.Begin<V>(row + 8, 1);
        V l9 = output.Begin<V>(row + 9, 0), h9 = output.Begin<V>(row + 9, 1);
        V l10 = output.Begin<V>(row + 10, 0), h10 = output.Begin<V>(row + 10, 1);
        V l11 = output.Begin<V>(row + 11, 0), h11 = output.Begin<V>(row + 11, 1);
        for (var end = a + depth; a != end; a++)
        {
            V low = TFormat.Load<V>(b), high = TFormat.Load<V>(b + (V.Count * TFormat.Bytes));
            b += 2 * V.Count * TFormat.Bytes;
            Prefetch(ahead);
            Prefetch(ahead + 64);
            ahead += step;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, low, l0);
            h0 = V.MultiplyAdd(x, high, h0);
            x = V.BroadcastFrom(a + (1 * Stride));
            l1 = V.MultiplyAdd(x, low, l1);
            h1 = V.MultiplyAdd(x, high, h1);
            x = V.BroadcastFrom(a + (2 * Stride));
            l2 = V.MultiplyAdd(x, low, l2);
            h2 = V.MultiplyAdd(x, high, h2);
            x = V.BroadcastFrom(a + (3 * Stride));
            l3 = V.MultiplyAdd(x, low, l3);
            h3 = V.MultiplyAdd(x, high, h3);
            x = V.BroadcastFrom(a + (4 * Stride));
            l4 = V.MultiplyAdd(x, low, l4);
            h4 = V.MultiplyAdd(x, high, h4);
            x = V.BroadcastFrom(a + (5 * Stride));
            l5 = V.MultiplyAdd(x, low, l5);
            h5 = V.MultiplyAdd(x, high, h5);
            x = V.BroadcastFrom(a + (6 * Stride));
            l6 = V.MultiplyAdd(x, low, l6);
            h6 = V.MultiplyAdd(x, high, h6);
            x = V.BroadcastFrom(a + (7 * Stride));
            l7 = V.MultiplyAdd(x, low, l7);
            h7 = V.MultiplyAdd(x, high, h7);
            x = V.BroadcastFrom(a + (8 * Stride));
            l8 = V.MultiplyAdd(x, low, l8);
            h8 = V.MultiplyAdd(x, high, h8);
            x = V.BroadcastFrom(a + (9 * Stride));
            l9 = V.MultiplyAdd(x, low, l9);
            h9 = V.MultiplyAdd(x, high, h9);
            x = V.BroadcastFrom(a + (10 * Stride));
            l10 = V.MultiplyAdd(x, low, l10);
            h10 = V.MultiplyAdd(x, high, h10);
            x = V.BroadcastFrom(a + (11 * Stride));
            l11 = V.MultiplyAdd(x, low, l11);
            h11 = V.MultiplyAdd(x, high, h11);
        }

        output.End(row, l0, h0);
        output.End(row + 1, l1, h1);
        output.End(row + 2, l2, h2);
        output.End(row + 3, l3, h3);
        output.End(row + 4, l4, h4);
        output.End(row + 5, l5, h5);
        output.End(row + 6, l6, h6);
        output.End(row + 7, l7, h7);
        output.End(row + 8, l8, h8);
        output.End(row + 9, l9, h9);
        output.End(row + 10, l10, h10);
        output.End(row + 11, l11, h11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<V, TFormat, TOutput>(float* a, int row, byte* b, int depth, byte* ahead, nint step, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(row, 0), h0 = output.Begin<V>(row, 1);
        V l1 = output.Begin<V>(row + 1, 0), h1 = output.Begin<V>(row + 1, 1);
        V l2 = output.Begin<V>(row + 2, 0), h2 = output.Begin<V>(row + 2, 1);
        V l3 = output.Begin<V>(row + 3, 0), h3 = output.Begin<V>(row + 3, 1);
        V l4 = output.Begin<V>(row + 4, 0), h4 = output.Begin<V>(row + 4, 1);
        V l5 = output.Begin<V>(row + 5, 0), h5 = output.Begin<V>(row + 5, 1);
        V l6 = output.Begin<V>(row + 6, 0), h6 = output.Begin<V>(row + 6, 1);
        V l7 = output.Begin<V>(row + 7, 0), h7 = output.Begin<V>(row + 7, 1);
        for (var end = a + depth; a != end; a++)
        {
            V low = TFormat.Load<V>(b), high = TFormat.Load<V>(b + (V.Count * TFormat.Bytes));
            b += 2 * V.Count * TFormat.Bytes;
            Prefetch(ahead);
            Prefetch(ahead + 64);
            ahead += step;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, low, l0);
            h0 = V.MultiplyAdd(x, high, h0);
            x = V.BroadcastFrom(a + (1 * Stride));
            l1 = V.MultiplyAdd(x, low, l1);
            h1 = V.MultiplyAdd(x, high, h1);
            x = V.BroadcastFrom(a + (2 * Stride));
            l2 = V.MultiplyAdd(x, low, l2);
            h2 = V.MultiplyAdd(x, high, h2);
            x = V.BroadcastFrom(a + (3 * Stride));
            l3 = V.MultiplyAdd(x, low, l3);
            h3 = V.MultiplyAdd(x, high, h3);
            x = V.BroadcastFrom(a + (4 * Stride));
            l4 = V.MultiplyAdd(x, low, l4);
            h4 = V.MultiplyAdd(x, high, h4);
            x = V.BroadcastFrom(a + (5 * Stride));
            l5 = V.MultiplyAdd(x, low, l5);
            h5 = V.MultiplyAdd(x, high, h5);
            x = V.BroadcastFrom(a + (6 * Stride));
            l6 = V.MultiplyAdd(x, low, l6);
            h6 = V.MultiplyAdd(x, high, h6);
            x = V.BroadcastFrom(a + (7 * Stride));
            l7 = V.MultiplyAdd(x, low, l7);
            h7 = V.MultiplyAdd(x, high, h7);
        }

        output.End(row, l0, h0);
        output.End(row + 1, l1, h1);
        output.End(row + 2, l2, h2);
        output.End(row + 3, l3, h3);
        output.End(row + 4, l4, h4);
        output.End(row + 5, l5, h5);
        output.End(row + 6, l6, h6);
        output.End(row + 7, l7, h7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6<V, TFormat, TOutput>(float* a, int row, byte* b, int depth, byte* ahead, nint step, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(row, 0), h0 = output.Begin<V>(row, 1);
        V l1 = output.Begin<V>(row + 1, 0), h1 = output.Begin<V>(row + 1, 1);
        V l2 = output.Begin<V>(row + 2, 0), h2 = output.Begin<V>(row + 2, 1);
        V l3 = output.Begin<V>(row + 3, 0), h3 = output.Begin<V>(row + 3, 1);
        V l4 = output.Begin<V>(row + 4, 0), h4 = output.Begin<V>(row + 4, 1);
        V l5 = output.Begin<V>(row + 5, 0), h5 = output.Begin<V>(row + 5, 1);
        for (var end = a + depth; a != end; a++)
        {
            V low = TFormat.Load<V>(b), high = TFormat.Load<V>(b + (V.Count * TFormat.Bytes));
            b += 2 * V.Count * TFormat.Bytes;
            Prefetch(ahead);
            Prefetch(ahead + 64);
            ahead += step;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, low, l0);
            h0 = V.MultiplyAdd(x, high, h0);
            x = V.BroadcastFrom(a + (1 * Stride));
            l1 = V.MultiplyAdd(x, low, l1);
            h1 = V.MultiplyAdd(x, high, h1);
            x = V.BroadcastFrom(a + (2 * Stride));
            l2 = V.MultiplyAdd(x, low, l2);
            h2 = V.MultiplyAdd(x, high, h2);
            x = V.BroadcastFrom(a + (3 * Stride));
            l3 = V.MultiplyAdd(x, low, l3);
            h3 = V.MultiplyAdd(x, high, h3);
            x = V.BroadcastFrom(a + (4 * Stride));
            l4 = V.MultiplyAdd(x, low, l4);
            h4 = V.MultiplyAdd(x, high, h4);
            x = V.BroadcastFrom(a + (5 * Stride));
            l5 = V.MultiplyAdd(x, low, l5);
            h5 = V.MultiplyAdd(x, high, h5);
        }

        output.End(row, l0, h0);
        output.End(row + 1, l1, h1);
        output.End(row + 2, l2, h2);
        output.End(row + 3, l3, h3);
        output.End(row + 4, l4, h4);
        output.End(row + 5, l5, h5);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<V, TFormat, TOutput>(float* a, int row, byte* b, int depth, byte* ahead, nint step, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(row, 0), h0 = output.Begin<V>(row, 1);
        V l1 = output.Begin<V>(row + 1, 0), h1 = output.Begin<V>(row + 1, 1);
        V l2 = output.Begin<V>(row + 2, 0), h2 = output.Begin<V>(row + 2, 1);
        V l3 = output.Begin<V>(row + 3, 0), h3 = output.Begin<V>(row + 3, 1);
        for (var end = a + depth; a != end; a++)
        {
            V low = TFormat.Load<V>(b), high = TFormat.Load<V>(b + (V.Count * TFormat.Bytes));
            b += 2 * V.Count * TFormat.Bytes;
            Prefetch(ahead);
            Prefetch(ahead + 64);
            ahead += step;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, low, l0);
            h0 = V.MultiplyAdd(x, high, h0);
            x = V.BroadcastFrom(a + (1 * Stride));
            l1 = V.MultiplyAdd(x, low, l1);
            h1 = V.MultiplyAdd(x, high, h1);
            x = V.BroadcastFrom(a + (2 * Stride));
            l2 = V.MultiplyAdd(x, low, l2);
            h2 = V.MultiplyAdd(x, high, h2);
            x = V.BroadcastFrom(a + (3 * Stride));
            l3 = V.MultiplyAdd(x, low, l3);
            h3 = V.MultiplyAdd(x, high, h3);
        }

        output.End(row, l0, h0);
        output.End(row + 1, l1, h1);
        output.End(row + 2, l2, h2);
        output.End(row + 3, l3, h3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows3<V, TFormat, TOutput>(float* a, int row, byte* b, int depth, byte* ahead, nint step, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(row, 0), h0 = output.Begin<V>(row, 1);
        V l1 = output.Begin<V>(row + 1, 0), h1 = output.Begin<V>(row + 1, 1);
        V l2 = output.Begin<V>(row + 2, 0), h2 = output.Begin<V>(row + 2, 1);
        for (var end = a + depth; a != end; a++)
        {
            V low = TFormat.Load<V>(b), high = TFormat.Load<V>(b + (V.Count * TFormat.Bytes));
            b += 2 * V.Count * TFormat.Bytes;
            Prefetch(ahead);
            Prefetch(ahead + 64);
            ahead += step;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, low, l0);
            h0 = V.MultiplyAdd(x, high, h0);
            x = V.BroadcastFrom(a + (1 * Stride));
            l1 = V.MultiplyAdd(x, low, l1);
            h1 = V.MultiplyAdd(x, high, h1);
            x = V.BroadcastFrom(a + (2 * Stride));
            l2 = V.MultiplyAdd(x, low, l2);
            h2 = V.MultiplyAdd(x, high, h2);
        }

        output.End(row, l0, h0);
        output.End(row + 1, l1, h1);
        output.End(row + 2, l2, h2);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2<V, TFormat, TOutput>(float* a, int row, byte* b, int depth, byte* ahead, nint step, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(row, 0), h0 = output.Begin<V>(row, 1);
        V l1 = output.Begin<V>(row + 1, 0), h1 = output.Begin<V>(row + 1, 1);
        for (var end = a + depth; a != end; a++)
        {
            V low = TFormat.Load<V>(b), high = TFormat.Load<V>(b + (V.Count * TFormat.Bytes));
            b += 2 * V.Count * TFormat.Bytes;
            Prefetch(ahead);
            Prefetch(ahead + 64);
            ahead += step;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, low, l0);
            h0 = V.MultiplyAdd(x, high, h0);
            x = V.BroadcastFrom(a + (1 * Stride));
            l1 = V.MultiplyAdd(x, low, l1);
            h1 = V.MultiplyAdd(x, high, h1);
        }

        output.End(row, l0, h0);
        output.End(row + 1, l1, h1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1<V, TFormat, TOutput>(float* a, int row, byte* b, int depth, byte* ahead, nint step, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(row, 0), h0 = output.Begin<V>(row, 1);
        for (var end = a + depth; a != end; a++)
        {
            V low = TFormat.Load<V>(b), high = TFormat.Load<V>(b + (V.Count * TFormat.Bytes));
            b += 2 * V.Count * TFormat.Bytes;
            Prefetch(ahead);
            Prefetch(ahead + 64);
            ahead += step;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, low, l0);
            h0 = V.MultiplyAdd(x, high, h0);
        }

        output.End(row, l0, h0);
    }

    /// <summary>
    /// Multiplies one row with a panel that is read once, from memory. Nothing is prefetched: loads that follow each other closely reach the
    /// bandwidth of the memory, and instructions between them cost more than they gain.
    /// </summary>
    /// <param name="a">[depth] the row.</param>
    /// <param name="b">The panel.</param>
    /// <param name="depth">Products in each chain.</param>
    /// <param name="output">The chains.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunRow<V, TFormat, TOutput>(float* a, byte* b, int depth, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        nint register = V.Count * TFormat.Bytes;
        V low = output.Begin<V>(0, 0), high = output.Begin<V>(0, 1);
        for (; depth > 0; depth--, a++, b += 2 * register)
        {
            V x = V.BroadcastFrom(a);
            low = V.MultiplyAdd(x, TFormat.Load<V>(b), low);
            high = V.MultiplyAdd(x, TFormat.Load<V>(b + register), high);
        }

        output.End(0, low, high);
    }

    /// <summary>Multiplies one row with the first register of each row of a panel; the results of the second one are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunLow<V, TFormat, TOutput>(float* a, byte* b, int depth, byte* ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        var low = output.Begin<V>(0, 0);
        for (var end = a + depth; a != end; a++)
        {
            Prefetch(ahead);
            low = V.MultiplyAdd(V.BroadcastFrom(a), TFormat.Load<V>(b), low);
            b += 2 * V.Count * TFormat.Bytes;
            ahead += 2 * V.Count * TFormat.Bytes;
        }

        output.End(0, low, V.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1Of2<V, TFormat, TOutput>(float* a, byte* b, nint panelBytes, int depth, byte* ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(0, 0), h0 = output.Begin<V>(0, 1);
        V l1 = output.Begin<V>(0, 2), h1 = output.Begin<V>(0, 3);
        var c = b + panelBytes;
        for (var end = a + depth; a != end; a++)
        {
            Prefetch(ahead);
            if (4 * V.Count * TFormat.Bytes > 64)
                Prefetch(ahead + 64);
            if (4 * V.Count * TFormat.Bytes > 128)
            {
                Prefetch(ahead + 128);
                Prefetch(ahead + 192);
            }

            ahead += 4 * V.Count * TFormat.Bytes;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, TFormat.Load<V>(b), l0);
            h0 = V.MultiplyAdd(x, TFormat.Load<V>(b + (V.Count * TFormat.Bytes)), h0);
            l1 = V.MultiplyAdd(x, TFormat.Load<V>(c), l1);
            h1 = V.MultiplyAdd(x, TFormat.Load<V>(c + (V.Count * TFormat.Bytes)), h1);
            b += 2 * V.Count * TFormat.Bytes;
            c += 2 * V.Count * TFormat.Bytes;
        }

        output.End(0, l0, h0);
        output.Skip(2 * V.Count);
        output.End(0, l1, h1);
        output.Skip(2 * V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row1Of4<V, TFormat, TOutput>(float* a, byte* b, nint panelBytes, int depth, byte* ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TFormat : struct, INumberFormat
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(0, 0), h0 = output.Begin<V>(0, 1);
        V l1 = output.Begin<V>(0, 2), h1 = output.Begin<V>(0, 3);
        V l2 = output.Begin<V>(0, 4), h2 = output.Begin<V>(0, 5);
        V l3 = output.Begin<V>(0, 6), h3 = output.Begin<V>(0, 7);
        byte* c = b + panelBytes, d = c + panelBytes, e = d + panelBytes;
        for (var end = a + depth; a != end; a++)
        {
            Prefetch(ahead);
            if (8 * V.Count * TFormat.Bytes > 64)
                Prefetch(ahead + 64);
            if (8 * V.Count * TFormat.Bytes > 128)
            {
                Prefetch(ahead + 128);
                Prefetch(ahead + 192);
            }

            ahead += 8 * V.Count * TFormat.Bytes;
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, TFormat.Load<V>(b), l0);
            h0 = V.MultiplyAdd(x, TFormat.Load<V>(b + (V.Count * TFormat.Bytes)), h0);
            l1 = V.MultiplyAdd(x, TFormat.Load<V>(c), l1);
            h1 = V.MultiplyAdd(x, TFormat.Load<V>(c + (V.Count * TFormat.Bytes)), h1);
            l2 = V.MultiplyAdd(x, TFormat.Load<V>(d), l2);
            h2 = V.MultiplyAdd(x, TFormat.Load<V>(d + (V.Count * TFormat.Bytes)), h2);
            l3 = V.MultiplyAdd(x, TFormat.Load<V>(e), l3);
            h3 = V.MultiplyAdd(x, TFormat.Load<V>(e + (V.Count * TFormat.Bytes)), h3);
            b += 2 * V.Count * TFormat.Bytes;
            c += 2 * V.Count * TFormat.Bytes;
            d += 2 * V.Count * TFormat.Bytes;
            e += 2 * V.Count * TFormat.Bytes;
        }

        output.End(0, l0, h0);
        output.Skip(2 * V.Count);
        output.End(0, l1, h1);
        output.Skip(2 * V.Count);
        output.End(0, l2, h2);
        output.Skip(2 * V.Count);
        output.End(0, l3, h3);
        output.Skip(2 * V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Prefetch(void* p)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(p);
    }
}
