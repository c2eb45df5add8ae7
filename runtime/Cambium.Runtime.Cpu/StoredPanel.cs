namespace Cambium.Runtime.Cpu;

/// <summary>
/// Reads a block of a panel of 16-bit weights: to widen it to f32, or to multiply one row with it. The loops have no calls, so that chains stay in
/// registers.
/// </summary>
internal static unsafe class StoredPanel
{
    // Bytes between the load and the prefetch.
    private const int Ahead = 8192;

    /// <param name="row">[depth] rows of the panel as they are stored.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="target">[depth, panel width] receives floats.</param>
    public static void Widen<V, TRow>(byte* row, int depth, float* target)
        where V : unmanaged, ILanes<V>
        where TRow : struct, IStoredRow
    {
        for (var end = target + ((nint)depth * 2 * V.Count); target != end; row += 4 * V.Count, target += 2 * V.Count)
        {
            TRow.Load<V>(row, out var low, out var high);
            V.Store(low, target);
            V.Store(high, target + V.Count);
        }
    }

    /// <param name="row">[depth] rows of the panel as they are stored.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="a">[depth] the row to multiply with.</param>
    /// <param name="output">[panel width] the results of the chains.</param>
    /// <param name="goesOn">Whether the chains continue from <paramref name="output"/> instead of 0.</param>
    public static void Multiply<V, TRow>(byte* row, int depth, float* a, float* output, bool goesOn)
        where V : unmanaged, ILanes<V>
        where TRow : struct, IStoredRow
    {
        var (sumLow, sumHigh) = goesOn ? (V.Load(output), V.Load(output + V.Count)) : (V.Zero, V.Zero);
        for (var end = a + depth; a != end; a++, row += 4 * V.Count)
        {
            Tile.Prefetch((float*)(row + Ahead));
            var x = V.BroadcastFrom(a);
            TRow.Load<V>(row, out var low, out var high);
            sumLow = V.MultiplyAdd(x, low, sumLow);
            sumHigh = V.MultiplyAdd(x, high, sumHigh);
        }

        V.Store(sumLow, output);
        V.Store(sumHigh, output + V.Count);
    }
}
