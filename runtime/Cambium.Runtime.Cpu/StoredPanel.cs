using System.Runtime.CompilerServices;
using Cambium.Runtime.Loading;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Reads a block of a panel of bf16 or quantized weights: to widen it to f32, or to multiply one row with it. The loops have no calls, so that chains
/// stay in registers. In both, a weight is its number times its scale, if it has one, rounded to f32.
/// </summary>
internal static unsafe class StoredPanel
{
    // Bytes between the load and the prefetch.
    private const int Ahead = 8192;

    /// <param name="row">[depth] rows of the panel as they are stored.</param>
    /// <param name="scale">Scales of the first input's group; those of the next ones follow. Not read for bf16.</param>
    /// <param name="passed">Inputs of that group that lie before the block.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="target">[depth, panel width] receives floats.</param>
    public static void Widen<V, TRow>(byte* row, float* scale, int passed, int depth, float* target)
        where V : unmanaged, ILanes<V>
        where TRow : struct, IStoredRow
    {
        for (; depth > 0; passed = 0, scale += 2 * V.Count)
        {
            var count = Math.Min(depth, WeightStorages.Group - passed);
            depth -= count;
            var (scaleLow, scaleHigh) = Scales<V, TRow>(scale);
            for (var end = target + (count * 2 * V.Count); target != end; row += TRow.Bytes<V>(), target += 2 * V.Count)
            {
                TRow.Load<V>(row, out var low, out var high);
                V.Store(TRow.HasScale ? low * scaleLow : low, target);
                V.Store(TRow.HasScale ? high * scaleHigh : high, target + V.Count);
            }
        }
    }

    /// <param name="row">[depth] rows of the panel as they are stored.</param>
    /// <param name="scale">As in <see cref="Widen"/>.</param>
    /// <param name="passed">As in <see cref="Widen"/>.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="a">[depth] the row to multiply with.</param>
    /// <param name="output">[panel width] the results of the chains.</param>
    /// <param name="goesOn">Whether the chains continue from <paramref name="output"/> instead of 0.</param>
    public static void Multiply<V, TRow>(byte* row, float* scale, int passed, int depth, float* a, float* output, bool goesOn)
        where V : unmanaged, ILanes<V>
        where TRow : struct, IStoredRow
    {
        var (sumLow, sumHigh) = goesOn ? (V.Load(output), V.Load(output + V.Count)) : (V.Zero, V.Zero);
        for (; depth > 0; passed = 0, scale += 2 * V.Count)
        {
            var count = Math.Min(depth, WeightStorages.Group - passed);
            depth -= count;
            var (scaleLow, scaleHigh) = Scales<V, TRow>(scale);
            for (var end = a + count; a != end; a++, row += TRow.Bytes<V>())
            {
                Tile.Prefetch((float*)(row + Ahead));
                var x = V.BroadcastFrom(a);
                TRow.Load<V>(row, out var low, out var high);
                sumLow = V.MultiplyAdd(x, TRow.HasScale ? low * scaleLow : low, sumLow);
                sumHigh = V.MultiplyAdd(x, TRow.HasScale ? high * scaleHigh : high, sumHigh);
            }
        }

        V.Store(sumLow, output);
        V.Store(sumHigh, output + V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Low, V High) Scales<V, TRow>(float* scale)
        where V : unmanaged, ILanes<V>
        where TRow : struct, IStoredRow
        => TRow.HasScale ? (V.Load(scale), V.Load(scale + V.Count)) : default;
}
