using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>A condition that the compiler resolves.</summary>
internal interface IFlag
{
    static abstract bool IsSet { get; }
}

/// <summary>A condition that holds.</summary>
internal readonly struct Yes : IFlag
{
    public static bool IsSet => true;
}

/// <summary>A condition that does not hold.</summary>
internal readonly struct No : IFlag
{
    public static bool IsSet => false;
}

/// <summary>
/// The register tile of integer products: some rows of <see cref="ByteRows"/> times units of an <see cref="UnpackedPanel"/>. For each group of 16 or
/// 32 inputs the sum of products of codes and numbers is exact; it is scaled and added to the output by one fused multiply-add, in ascending order of
/// groups. The height of the tile changes speed only. Methods are written out because arrays of accumulators would live in memory.
/// </summary>
internal static unsafe class ByteTile
{
    // Floats from a group of one row to the same group of the next row.
    private const int Next = ByteRows.Stride / sizeof(float);

    // Floats from a negative sum to the same sum times its scale.
    private const int Scaled = (ByteRows.ScaledSumsOf16 - ByteRows.SumsOf16) / sizeof(float);

    /// <summary>Adds the products of any number of rows and one panel to <paramref name="product"/>.</summary>
    /// <param name="a">The block of the first row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="layout">The layout of the weights.</param>
    /// <param name="b">Unpacked units.</param>
    /// <param name="units">Units.</param>
    /// <param name="product">[rows, stride] sums of the units before; 0 at first.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    /// <param name="ahead">Packed weights that are read next, to be prefetched; any address is allowed.</param>
    public static void Run<V>(byte* a, int rows, QuantizedLayout layout, in UnpackedPanel b, int units, float* product, nint stride, byte* ahead)
        where V : unmanaged, ILanes<V>
    {
        // The bytes that a quad of inputs takes in memory. Each quad prefetches as many, so that memory and arithmetic overlap.
        nint step = layout.Bits * V.Count;
        var constants = new Constants<V>(V.Broadcast(layout.Zero), V.PlaneWeight(layout.LowBits));
        switch (layout.HasHigh, layout.HasMinimum, layout.Group == 16)
        {
            case (false, false, false):
                Run<V, No, No, No>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
            case (false, true, false):
                Run<V, No, Yes, No>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
            case (true, false, false):
                Run<V, Yes, No, No>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
            case (true, true, false):
                Run<V, Yes, Yes, No>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
            case (false, false, true):
                Run<V, No, No, Yes>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
            case (false, true, true):
                Run<V, No, Yes, Yes>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
            case (true, false, true):
                Run<V, Yes, No, Yes>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
            default:
                Run<V, Yes, Yes, Yes>(a, rows, b, units, constants, product, stride, ahead, step);
                break;
        }
    }

    private static void Run<V, THigh, TMinimum, TPair>(
        byte* a, int rows, in UnpackedPanel b, int units, in Constants<V> constants, float* product, nint stride, byte* ahead, nint step)
        where V : unmanaged, ILanes<V>
        where THigh : struct, IFlag
        where TMinimum : struct, IFlag
        where TPair : struct, IFlag
    {
        // Two registers of sums for each row and plane; half of 16 or 32 registers hold sums.
        var most = (V.Count == 16 ? 8 : 4) / (THigh.IsSet ? 2 : 1);
        while (rows > 0)
        {
            var height = Math.Min(most, rows);
            if (height >= 8)
            {
                Rows8<V, THigh, TMinimum, TPair>(a, b, units, constants, product, stride, ahead, step);
                height = 8;
            }
            else if (height >= 4)
            {
                Rows4<V, THigh, TMinimum, TPair>(a, b, units, constants, product, stride, ahead, step);
                height = 4;
            }
            else if (height >= 2)
            {
                Rows2<V, THigh, TMinimum, TPair>(a, b, units, constants, product, stride, ahead, step);
                height = 2;
            }
            else
            {
                Rows1<V, THigh, TMinimum, TPair>(a, b, units, constants, product, stride, ahead, step);
            }

            rows -= height;
            a += height * ByteRows.Stride;
            product += height * stride;
            // Later rows find the weights in the cache.
            step = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<V, THigh, TMinimum, TPair>(byte* a, in UnpackedPanel b, int units, in Constants<V> constants, float* product,
        nint stride, byte* ahead, nint step)
        where V : unmanaged, ILanes<V>
        where THigh : struct, IFlag
        where TMinimum : struct, IFlag
        where TPair : struct, IFlag
    {
        byte* low = b.Low, high = b.High;
        float* scale = b.Scales, minimum = b.Minimums;
        V zero = constants.Zero, highWeight = constants.HighWeight;
        nint quad = 8 * V.Count, group = QuantizedLayout.Quads / (TPair.IsSet ? 2 : 1) * quad;
        var factors = (float*)(a + ByteRows.Scales);
        var sums = (float*)(a + (TPair.IsSet ? ByteRows.SumsOf16 : ByteRows.SumsOf32));
        for (var g = 0; g < (TPair.IsSet ? 2 * units : units); g++)
        {
            V l0 = V.Zero, m0 = V.Zero, h0 = V.Zero, i0 = V.Zero;
            V l1 = V.Zero, m1 = V.Zero, h1 = V.Zero, i1 = V.Zero;
            V l2 = V.Zero, m2 = V.Zero, h2 = V.Zero, i2 = V.Zero;
            V l3 = V.Zero, m3 = V.Zero, h3 = V.Zero, i3 = V.Zero;
            V l4 = V.Zero, m4 = V.Zero, h4 = V.Zero, i4 = V.Zero;
            V l5 = V.Zero, m5 = V.Zero, h5 = V.Zero, i5 = V.Zero;
            V l6 = V.Zero, m6 = V.Zero, h6 = V.Zero, i6 = V.Zero;
            V l7 = V.Zero, m7 = V.Zero, h7 = V.Zero, i7 = V.Zero;
            for (var end = low + group; low != end; low += quad, high += quad, a += 4)
            {
                Tile.Prefetch(ahead);
                if (THigh.IsSet)
                    Tile.Prefetch(ahead + 64);
                ahead += step;
                V x = V.Load((float*)low), y = V.Load((float*)(low + (4 * V.Count)));
                V z = THigh.IsSet ? V.Load((float*)high) : V.Zero, w = THigh.IsSet ? V.Load((float*)(high + (4 * V.Count))) : V.Zero;
                V n0 = V.BroadcastFrom((float*)a);
                l0 = V.AddProducts(l0, x, n0);
                m0 = V.AddProducts(m0, y, n0);
                if (THigh.IsSet)
                {
                    h0 = V.AddProducts(h0, z, n0);
                    i0 = V.AddProducts(i0, w, n0);
                }

                V n1 = V.BroadcastFrom((float*)(a + (1 * ByteRows.Stride)));
                l1 = V.AddProducts(l1, x, n1);
                m1 = V.AddProducts(m1, y, n1);
                if (THigh.IsSet)
                {
                    h1 = V.AddProducts(h1, z, n1);
                    i1 = V.AddProducts(i1, w, n1);
                }

                V n2 = V.BroadcastFrom((float*)(a + (2 * ByteRows.Stride)));
                l2 = V.AddProducts(l2, x, n2);
                m2 = V.AddProducts(m2, y, n2);
                if (THigh.IsSet)
                {
                    h2 = V.AddProducts(h2, z, n2);
                    i2 = V.AddProducts(i2, w, n2);
                }

                V n3 = V.BroadcastFrom((float*)(a + (3 * ByteRows.Stride)));
                l3 = V.AddProducts(l3, x, n3);
                m3 = V.AddProducts(m3, y, n3);
                if (THigh.IsSet)
                {
                    h3 = V.AddProducts(h3, z, n3);
                    i3 = V.AddProducts(i3, w, n3);
                }

                V n4 = V.BroadcastFrom((float*)(a + (4 * ByteRows.Stride)));
                l4 = V.AddProducts(l4, x, n4);
                m4 = V.AddProducts(m4, y, n4);
                if (THigh.IsSet)
                {
                    h4 = V.AddProducts(h4, z, n4);
                    i4 = V.AddProducts(i4, w, n4);
                }

                V n5 = V.BroadcastFrom((float*)(a + (5 * ByteRows.Stride)));
                l5 = V.AddProducts(l5, x, n5);
                m5 = V.AddProducts(m5, y, n5);
                if (THigh.IsSet)
                {
                    h5 = V.AddProducts(h5, z, n5);
                    i5 = V.AddProducts(i5, w, n5);
                }

                V n6 = V.BroadcastFrom((float*)(a + (6 * ByteRows.Stride)));
                l6 = V.AddProducts(l6, x, n6);
                m6 = V.AddProducts(m6, y, n6);
                if (THigh.IsSet)
                {
                    h6 = V.AddProducts(h6, z, n6);
                    i6 = V.AddProducts(i6, w, n6);
                }

                V n7 = V.BroadcastFrom((float*)(a + (7 * ByteRows.Stride)));
                l7 = V.AddProducts(l7, x, n7);
                m7 = V.AddProducts(m7, y, n7);
                if (THigh.IsSet)
                {
                    h7 = V.AddProducts(h7, z, n7);
                    i7 = V.AddProducts(i7, w, n7);
                }
            }

            V s = V.Load(scale), t = V.Load(scale + V.Count);
            V u = TMinimum.IsSet ? V.Load(minimum) : V.Zero, v = TMinimum.IsSet ? V.Load(minimum + V.Count) : V.Zero;
            var to = product;
            Finish<V, THigh, TMinimum>(l0, h0, s, u, factors, sums, zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m0, i0, t, v, factors, sums, zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l1, h1, s, u, factors + (1 * Next), sums + (1 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m1, i1, t, v, factors + (1 * Next), sums + (1 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l2, h2, s, u, factors + (2 * Next), sums + (2 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m2, i2, t, v, factors + (2 * Next), sums + (2 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l3, h3, s, u, factors + (3 * Next), sums + (3 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m3, i3, t, v, factors + (3 * Next), sums + (3 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l4, h4, s, u, factors + (4 * Next), sums + (4 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m4, i4, t, v, factors + (4 * Next), sums + (4 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l5, h5, s, u, factors + (5 * Next), sums + (5 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m5, i5, t, v, factors + (5 * Next), sums + (5 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l6, h6, s, u, factors + (6 * Next), sums + (6 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m6, i6, t, v, factors + (6 * Next), sums + (6 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l7, h7, s, u, factors + (7 * Next), sums + (7 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m7, i7, t, v, factors + (7 * Next), sums + (7 * Next), zero, highWeight, to + V.Count);
            scale += b.GroupStride;
            minimum += b.GroupStride;
            sums++;
            if (!TPair.IsSet || g % 2 == 1)
                factors++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<V, THigh, TMinimum, TPair>(byte* a, in UnpackedPanel b, int units, in Constants<V> constants, float* product,
        nint stride, byte* ahead, nint step)
        where V : unmanaged, ILanes<V>
        where THigh : struct, IFlag
        where TMinimum : struct, IFlag
        where TPair : struct, IFlag
    {
        byte* low = b.Low, high = b.High;
        float* scale = b.Scales, minimum = b.Minimums;
        V zero = constants.Zero, highWeight = constants.HighWeight;
        nint quad = 8 * V.Count, group = QuantizedLayout.Quads / (TPair.IsSet ? 2 : 1) * quad;
        var factors = (float*)(a + ByteRows.Scales);
        var sums = (float*)(a + (TPair.IsSet ? ByteRows.SumsOf16 : ByteRows.SumsOf32));
        for (var g = 0; g < (TPair.IsSet ? 2 * units : units); g++)
        {
            V l0 = V.Zero, m0 = V.Zero, h0 = V.Zero, i0 = V.Zero;
            V l1 = V.Zero, m1 = V.Zero, h1 = V.Zero, i1 = V.Zero;
            V l2 = V.Zero, m2 = V.Zero, h2 = V.Zero, i2 = V.Zero;
            V l3 = V.Zero, m3 = V.Zero, h3 = V.Zero, i3 = V.Zero;
            for (var end = low + group; low != end; low += quad, high += quad, a += 4)
            {
                Tile.Prefetch(ahead);
                if (THigh.IsSet)
                    Tile.Prefetch(ahead + 64);
                ahead += step;
                V x = V.Load((float*)low), y = V.Load((float*)(low + (4 * V.Count)));
                V z = THigh.IsSet ? V.Load((float*)high) : V.Zero, w = THigh.IsSet ? V.Load((float*)(high + (4 * V.Count))) : V.Zero;
                V n0 = V.BroadcastFrom((float*)a);
                l0 = V.AddProducts(l0, x, n0);
                m0 = V.AddProducts(m0, y, n0);
                if (THigh.IsSet)
                {
                    h0 = V.AddProducts(h0, z, n0);
                    i0 = V.AddProducts(i0, w, n0);
                }

                V n1 = V.BroadcastFrom((float*)(a + (1 * ByteRows.Stride)));
                l1 = V.AddProducts(l1, x, n1);
                m1 = V.AddProducts(m1, y, n1);
                if (THigh.IsSet)
                {
                    h1 = V.AddProducts(h1, z, n1);
                    i1 = V.AddProducts(i1, w, n1);
                }

                V n2 = V.BroadcastFrom((float*)(a + (2 * ByteRows.Stride)));
                l2 = V.AddProducts(l2, x, n2);
                m2 = V.AddProducts(m2, y, n2);
                if (THigh.IsSet)
                {
                    h2 = V.AddProducts(h2, z, n2);
                    i2 = V.AddProducts(i2, w, n2);
                }

                V n3 = V.BroadcastFrom((float*)(a + (3 * ByteRows.Stride)));
                l3 = V.AddProducts(l3, x, n3);
                m3 = V.AddProducts(m3, y, n3);
                if (THigh.IsSet)
                {
                    h3 = V.AddProducts(h3, z, n3);
                    i3 = V.AddProducts(i3, w, n3);
                }
            }

            V s = V.Load(scale), t = V.Load(scale + V.Count);
            V u = TMinimum.IsSet ? V.Load(minimum) : V.Zero, v = TMinimum.IsSet ? V.Load(minimum + V.Count) : V.Zero;
            var to = product;
            Finish<V, THigh, TMinimum>(l0, h0, s, u, factors, sums, zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m0, i0, t, v, factors, sums, zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l1, h1, s, u, factors + (1 * Next), sums + (1 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m1, i1, t, v, factors + (1 * Next), sums + (1 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l2, h2, s, u, factors + (2 * Next), sums + (2 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m2, i2, t, v, factors + (2 * Next), sums + (2 * Next), zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l3, h3, s, u, factors + (3 * Next), sums + (3 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m3, i3, t, v, factors + (3 * Next), sums + (3 * Next), zero, highWeight, to + V.Count);
            scale += b.GroupStride;
            minimum += b.GroupStride;
            sums++;
            if (!TPair.IsSet || g % 2 == 1)
                factors++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2<V, THigh, TMinimum, TPair>(byte* a, in UnpackedPanel b, int units, in Constants<V> constants, float* product,
        nint stride, byte* ahead, nint step)
        where V : unmanaged, ILanes<V>
        where THigh : struct, IFlag
        where TMinimum : struct, IFlag
        where TPair : struct, IFlag
    {
        byte* low = b.Low, high = b.High;
        float* scale = b.Scales, minimum = b.Minimums;
        V zero = constants.Zero, highWeight = constants.HighWeight;
        nint quad = 8 * V.Count, group = QuantizedLayout.Quads / (TPair.IsSet ? 2 : 1) * quad;
        var factors = (float*)(a + ByteRows.Scales);
        var sums = (float*)(a + (TPair.IsSet ? ByteRows.SumsOf16 : ByteRows.SumsOf32));
        for (var g = 0; g < (TPair.IsSet ? 2 * units : units); g++)
        {
            V l0 = V.Zero, m0 = V.Zero, h0 = V.Zero, i0 = V.Zero;
            V l1 = V.Zero, m1 = V.Zero, h1 = V.Zero, i1 = V.Zero;
            for (var end = low + group; low != end; low += quad, high += quad, a += 4)
            {
                Tile.Prefetch(ahead);
                if (THigh.IsSet)
                    Tile.Prefetch(ahead + 64);
                ahead += step;
                V x = V.Load((float*)low), y = V.Load((float*)(low + (4 * V.Count)));
                V z = THigh.IsSet ? V.Load((float*)high) : V.Zero, w = THigh.IsSet ? V.Load((float*)(high + (4 * V.Count))) : V.Zero;
                V n0 = V.BroadcastFrom((float*)a);
                l0 = V.AddProducts(l0, x, n0);
                m0 = V.AddProducts(m0, y, n0);
                if (THigh.IsSet)
                {
                    h0 = V.AddProducts(h0, z, n0);
                    i0 = V.AddProducts(i0, w, n0);
                }

                V n1 = V.BroadcastFrom((float*)(a + (1 * ByteRows.Stride)));
                l1 = V.AddProducts(l1, x, n1);
                m1 = V.AddProducts(m1, y, n1);
                if (THigh.IsSet)
                {
                    h1 = V.AddProducts(h1, z, n1);
                    i1 = V.AddProducts(i1, w, n1);
                }
            }

            V s = V.Load(scale), t = V.Load(scale + V.Count);
            V u = TMinimum.IsSet ? V.Load(minimum) : V.Zero, v = TMinimum.IsSet ? V.Load(minimum + V.Count) : V.Zero;
            var to = product;
            Finish<V, THigh, TMinimum>(l0, h0, s, u, factors, sums, zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m0, i0, t, v, factors, sums, zero, highWeight, to + V.Count);
            to += stride;
            Finish<V, THigh, TMinimum>(l1, h1, s, u, factors + (1 * Next), sums + (1 * Next), zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m1, i1, t, v, factors + (1 * Next), sums + (1 * Next), zero, highWeight, to + V.Count);
            scale += b.GroupStride;
            minimum += b.GroupStride;
            sums++;
            if (!TPair.IsSet || g % 2 == 1)
                factors++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1<V, THigh, TMinimum, TPair>(byte* a, in UnpackedPanel b, int units, in Constants<V> constants, float* product,
        nint stride, byte* ahead, nint step)
        where V : unmanaged, ILanes<V>
        where THigh : struct, IFlag
        where TMinimum : struct, IFlag
        where TPair : struct, IFlag
    {
        byte* low = b.Low, high = b.High;
        float* scale = b.Scales, minimum = b.Minimums;
        V zero = constants.Zero, highWeight = constants.HighWeight;
        nint quad = 8 * V.Count, group = QuantizedLayout.Quads / (TPair.IsSet ? 2 : 1) * quad;
        var factors = (float*)(a + ByteRows.Scales);
        var sums = (float*)(a + (TPair.IsSet ? ByteRows.SumsOf16 : ByteRows.SumsOf32));
        for (var g = 0; g < (TPair.IsSet ? 2 * units : units); g++)
        {
            V l0 = V.Zero, m0 = V.Zero, h0 = V.Zero, i0 = V.Zero;
            for (var end = low + group; low != end; low += quad, high += quad, a += 4)
            {
                Tile.Prefetch(ahead);
                if (THigh.IsSet)
                    Tile.Prefetch(ahead + 64);
                ahead += step;
                V x = V.Load((float*)low), y = V.Load((float*)(low + (4 * V.Count)));
                V z = THigh.IsSet ? V.Load((float*)high) : V.Zero, w = THigh.IsSet ? V.Load((float*)(high + (4 * V.Count))) : V.Zero;
                V n0 = V.BroadcastFrom((float*)a);
                l0 = V.AddProducts(l0, x, n0);
                m0 = V.AddProducts(m0, y, n0);
                if (THigh.IsSet)
                {
                    h0 = V.AddProducts(h0, z, n0);
                    i0 = V.AddProducts(i0, w, n0);
                }
            }

            V s = V.Load(scale), t = V.Load(scale + V.Count);
            V u = TMinimum.IsSet ? V.Load(minimum) : V.Zero, v = TMinimum.IsSet ? V.Load(minimum + V.Count) : V.Zero;
            var to = product;
            Finish<V, THigh, TMinimum>(l0, h0, s, u, factors, sums, zero, highWeight, to);
            Finish<V, THigh, TMinimum>(m0, i0, t, v, factors, sums, zero, highWeight, to + V.Count);
            scale += b.GroupStride;
            minimum += b.GroupStride;
            sums++;
            if (!TPair.IsSet || g % 2 == 1)
                factors++;
        }
    }

    /// <summary>Adds a group's sum of products to one register of the output: the only arithmetic of these products that rounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Add<V, THigh, TMinimum>(
        V low, V high, V scale, V minimum, float* factor, float* sum, V zero, V highWeight, V total)
        where V : unmanaged, ILanes<V>
        where THigh : struct, IFlag
        where TMinimum : struct, IFlag
    {
        // All of these are integers below 2^24, so that the order of the additions does not change them.
        var whole = THigh.IsSet ? V.SumsToSingle(low, high, highWeight) : V.SumsToSingle(low);
        if (TMinimum.IsSet)
            total = V.MultiplyAdd(minimum, V.BroadcastFrom(sum + Scaled), total);
        else
            whole = V.MultiplyAdd(zero, V.BroadcastFrom(sum), whole);
        return V.MultiplyAdd(whole * scale, V.BroadcastFrom(factor), total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<V, THigh, TMinimum>(
        V low, V high, V scale, V minimum, float* factor, float* sum, V zero, V highWeight, float* product)
        where V : unmanaged, ILanes<V>
        where THigh : struct, IFlag
        where TMinimum : struct, IFlag
        => V.Store(Add<V, THigh, TMinimum>(low, high, scale, minimum, factor, sum, zero, highWeight, V.Load(product)), product);

    private readonly struct Constants<V>(V zero, V highWeight)
    {
        public readonly V Zero = zero;
        public readonly V HighWeight = highWeight;
    }
}
