using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// One row times several panels side by side. A single row has two chains per panel, too few to hide a multiply-add's latency; across four panels it
/// has eight. The chains are those of <see cref="Tile"/>, so the bits are the same.
/// </summary>
internal static unsafe class RowTile
{
    /// <param name="a">The row.</param>
    /// <param name="b">The first panel.</param>
    /// <param name="panelFloats">Floats from one panel to the next.</param>
    /// <param name="panels">Panels.</param>
    /// <param name="depth">Products in each chain.</param>
    /// <param name="ahead">Floats from what is read now to what will be read later in the same order and is to come closer.</param>
    /// <param name="output">Numbers the panels, where <see cref="Tile"/> numbers rows.</param>
    public static void Run<V, TOutput>(float* a, float* b, nint panelFloats, int panels, int depth, nint ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TOutput : struct, ITileOutput
    {
        var panel = 0;
        for (; panels - panel >= 4; panel += 4)
            Panels4<V, TOutput>(a, b + (panel * panelFloats), panelFloats, panel, depth, ahead, ref output);
        for (; panels - panel >= 2; panel += 2)
            Panels2<V, TOutput>(a, b + (panel * panelFloats), panelFloats, panel, depth, ahead, ref output);
        if (panel < panels)
            Panels1<V, TOutput>(a, b + (panel * panelFloats), panelFloats, panel, depth, ahead, ref output);
    }


    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panels4<V, TOutput>(float* a, float* b, nint panelFloats, int panel, int depth, nint ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(panel, 0), h0 = output.Begin<V>(panel, 1);
        V l1 = output.Begin<V>(panel + 1, 0), h1 = output.Begin<V>(panel + 1, 1);
        V l2 = output.Begin<V>(panel + 2, 0), h2 = output.Begin<V>(panel + 2, 1);
        V l3 = output.Begin<V>(panel + 3, 0), h3 = output.Begin<V>(panel + 3, 1);
        var b1 = b + (1 * panelFloats);
        var b2 = b + (2 * panelFloats);
        var b3 = b + (3 * panelFloats);
        for (var end = a + depth; a != end; a++)
        {
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, V.Load(b), l0);
            h0 = V.MultiplyAdd(x, V.Load(b + V.Count), h0);
            Prefetch<V>(b + ahead);
            b += 2 * V.Count;
            l1 = V.MultiplyAdd(x, V.Load(b1), l1);
            h1 = V.MultiplyAdd(x, V.Load(b1 + V.Count), h1);
            Prefetch<V>(b1 + ahead);
            b1 += 2 * V.Count;
            l2 = V.MultiplyAdd(x, V.Load(b2), l2);
            h2 = V.MultiplyAdd(x, V.Load(b2 + V.Count), h2);
            Prefetch<V>(b2 + ahead);
            b2 += 2 * V.Count;
            l3 = V.MultiplyAdd(x, V.Load(b3), l3);
            h3 = V.MultiplyAdd(x, V.Load(b3 + V.Count), h3);
            Prefetch<V>(b3 + ahead);
            b3 += 2 * V.Count;
        }

        output.End(panel, l0, h0);
        output.End(panel + 1, l1, h1);
        output.End(panel + 2, l2, h2);
        output.End(panel + 3, l3, h3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panels2<V, TOutput>(float* a, float* b, nint panelFloats, int panel, int depth, nint ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(panel, 0), h0 = output.Begin<V>(panel, 1);
        V l1 = output.Begin<V>(panel + 1, 0), h1 = output.Begin<V>(panel + 1, 1);
        var b1 = b + (1 * panelFloats);
        for (var end = a + depth; a != end; a++)
        {
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, V.Load(b), l0);
            h0 = V.MultiplyAdd(x, V.Load(b + V.Count), h0);
            Prefetch<V>(b + ahead);
            b += 2 * V.Count;
            l1 = V.MultiplyAdd(x, V.Load(b1), l1);
            h1 = V.MultiplyAdd(x, V.Load(b1 + V.Count), h1);
            Prefetch<V>(b1 + ahead);
            b1 += 2 * V.Count;
        }

        output.End(panel, l0, h0);
        output.End(panel + 1, l1, h1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panels1<V, TOutput>(float* a, float* b, nint panelFloats, int panel, int depth, nint ahead, ref TOutput output)
        where V : unmanaged, ILanes<V>
        where TOutput : struct, ITileOutput
    {
        V l0 = output.Begin<V>(panel, 0), h0 = output.Begin<V>(panel, 1);
        for (var end = a + depth; a != end; a++)
        {
            V x = V.BroadcastFrom(a);
            l0 = V.MultiplyAdd(x, V.Load(b), l0);
            h0 = V.MultiplyAdd(x, V.Load(b + V.Count), h0);
            Prefetch<V>(b + ahead);
            b += 2 * V.Count;
        }

        output.End(panel, l0, h0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<V>(float* p)
        where V : unmanaged, ILanes<V>
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(p);
        if (V.Count == 16)
            Sse.Prefetch1(p + 16);
    }
}
