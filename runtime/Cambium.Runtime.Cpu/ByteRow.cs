using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// One row of <see cref="ByteRows"/> times one panel of quantized weights: decode of a single sequence, which is limited by memory. Codes are
/// unpacked in registers and used once, so that only packed weights pass through the caches. The sums and their order are those of
/// <see cref="ByteTile"/>.
/// </summary>
internal static unsafe class ByteRow
{
    // Bytes between the load and the prefetch. Nearer lines come too late; half of it costs 10 % of the speed.
    private const int Ahead = 16384;

    private const int CacheLine = 64;

    /// <summary>Computes the product.</summary>
    /// <param name="a">All blocks of the row.</param>
    /// <param name="layout">The layout of the weights.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="factors">Room for products of scales and sub-scales.</param>
    /// <param name="product">[panel] receives it.</param>
    public static void Run<V>(byte* a, QuantizedLayout layout, byte* panel, int inputs, float* factors, float* product)
        where V : unmanaged, ILanes<V>
    {
        var operands = new Operands(a, layout, panel, inputs, factors, product);
        switch (layout.LowBits, layout.HighBits)
        {
            case (4, 4) when layout.HasTable:
                Run<V, TablePlane, TablePlane>(operands);
                break;
            case (4, 0) when layout.HasTable:
                Run<V, TablePlane, NoPlane>(operands);
                break;
            case (4, 4):
                Run<V, Plane4, Plane4>(operands);
                break;
            case (4, 2):
                Run<V, Plane4, Plane2>(operands);
                break;
            case (4, 1):
                Run<V, Plane4, Plane1>(operands);
                break;
            case (4, 0):
                Run<V, Plane4, NoPlane>(operands);
                break;
            case (2, 1):
                Run<V, Plane2, Plane1>(operands);
                break;
            default:
                Run<V, Plane2, NoPlane>(operands);
                break;
        }
    }

    private static void Run<V, TLow, THigh>(in Operands operands)
        where V : unmanaged, ILanes<V>
        where TLow : struct, ICodePlane
        where THigh : struct, ICodePlane
    {
        switch (operands.Layout.HasMinimum, operands.Layout.Group == 16)
        {
            case (false, false):
                Run<V, TLow, THigh, No, No>(operands);
                break;
            case (true, false):
                Run<V, TLow, THigh, Yes, No>(operands);
                break;
            case (false, true):
                Run<V, TLow, THigh, No, Yes>(operands);
                break;
            default:
                Run<V, TLow, THigh, Yes, Yes>(operands);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<V, TLow, THigh, TMinimum, TPair>(in Operands operands)
        where V : unmanaged, ILanes<V>
        where TLow : struct, ICodePlane
        where THigh : struct, ICodePlane
        where TMinimum : struct, IFlag
        where TPair : struct, IFlag
    {
        var layout = operands.Layout;
        nint register = 4 * V.Count, row = 8 * V.Count;
        // The second plane of a table has the same indices.
        var high = THigh.IsTable ? 0 : layout.LowBits * row;
        V lowConstant = layout.PlaneConstant<V>(isHigh: false), highConstant = layout.PlaneConstant<V>(isHigh: true);
        V zero = V.Broadcast(layout.Zero), highWeight = V.PlaneWeight(layout.LowBits);
        V total0 = V.Zero, total1 = V.Zero;
        var a = operands.Row;
        for (var k = 0; k < operands.Inputs; k += ByteRows.Depth, a += ByteRows.Stride)
        {
            var units = Math.Min(ByteRows.Depth, operands.Inputs - k + QuantizedLayout.Unit - 1) / QuantizedLayout.Unit;
            var block = layout.FactorsOf<V>(operands.Panel, k / QuantizedLayout.Unit, units, operands.Factors);
            byte* words = block.Words, numbers = a;
            float* scale = block.Scales, minimum = block.Minimums;
            var factors = (float*)(a + ByteRows.Scales);
            var sums = (float*)(a + (TPair.IsSet ? ByteRows.SumsOf16 : ByteRows.SumsOf32));
            var ahead = words + Ahead;
            for (; units > 0; units--, words += block.Next, factors++)
            {
                // All lines of a unit follow each other: between the instructions of the products they are slower.
                for (var end = ahead + block.Share; ahead < end; ahead += CacheLine)
                    Tile.Prefetch(ahead);
                byte* lowWords = words, highWords = words + high;
                V x = V.Zero, y = V.Zero, z = V.Zero, w = V.Zero;
                // Two quads in each pass.
                for (var pass = 0; pass < QuantizedLayout.Quads / 2;)
                {
                    V l = V.Zero, m = V.Zero, h = V.Zero, i = V.Zero;
                    for (var end = TPair.IsSet ? pass + (QuantizedLayout.Quads / 4) : QuantizedLayout.Quads / 2; pass < end; pass++)
                    {
                        if (IsNextWord<TLow>(pass))
                        {
                            (x, y) = (V.Load((float*)lowWords), V.Load((float*)(lowWords + register)));
                            lowWords += row;
                        }

                        if (THigh.IsTable)
                        {
                            (z, w) = (x, y);
                        }
                        else if (THigh.Bits > 0 && IsNextWord<THigh>(pass))
                        {
                            (z, w) = (V.Load((float*)highWords), V.Load((float*)(highWords + register)));
                            highWords += row;
                        }

                        V n = V.BroadcastFrom((float*)numbers);
                        l = V.AddProducts(l, Codes<V, TLow>(x, lowConstant), n);
                        m = V.AddProducts(m, Codes<V, TLow>(y, lowConstant), n);
                        (x, y) = (NextQuad<V, TLow>(x), NextQuad<V, TLow>(y));
                        if (THigh.Bits > 0)
                        {
                            h = V.AddProducts(h, Codes<V, THigh>(z, highConstant), n);
                            i = V.AddProducts(i, Codes<V, THigh>(w, highConstant), n);
                            (z, w) = (NextQuad<V, THigh>(z), NextQuad<V, THigh>(w));
                        }

                        n = V.BroadcastFrom((float*)(numbers + 4));
                        numbers += 8;
                        l = V.AddProducts(l, Codes<V, TLow>(x, lowConstant), n);
                        m = V.AddProducts(m, Codes<V, TLow>(y, lowConstant), n);
                        if (TLow.Bits < 4)
                            (x, y) = (NextQuad<V, TLow>(x), NextQuad<V, TLow>(y));
                        if (THigh.Bits > 0)
                        {
                            h = V.AddProducts(h, Codes<V, THigh>(z, highConstant), n);
                            i = V.AddProducts(i, Codes<V, THigh>(w, highConstant), n);
                            if (THigh.Bits < 4)
                                (z, w) = (NextQuad<V, THigh>(z), NextQuad<V, THigh>(w));
                        }
                    }

                    total0 = Finish<V, THigh, TMinimum>(l, h, scale, minimum, factors, sums, zero, highWeight, total0);
                    total1 = Finish<V, THigh, TMinimum>(m, i, scale + V.Count, minimum + V.Count, factors, sums, zero, highWeight, total1);
                    scale += block.GroupStride;
                    minimum += block.GroupStride;
                    sums++;
                }
            }
        }

        V.Store(total0, operands.Product);
        V.Store(total1, operands.Product + V.Count);
    }

    // Whether the quads of a pass are in the next word: one of 4, 2 or 1 bits has two, four or eight quads.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsNextWord<TPlane>(int pass)
        where TPlane : struct, ICodePlane
        => TPlane.Bits == 4 || pass % (TPlane.Bits == 2 ? 2 : 4) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V NextQuad<V, TPlane>(V words)
        where V : unmanaged, ILanes<V>
        where TPlane : struct, ICodePlane
        => TPlane.Bits == 4 ? V.ShiftRight(words, 4) : TPlane.Bits == 2 ? V.ShiftRight(words, 2) : V.ShiftRight(words, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Codes<V, TPlane>(V words, V constant)
        where V : unmanaged, ILanes<V>
        where TPlane : struct, ICodePlane
        => TPlane.IsTable ? V.LookUp(constant, V.And(words, V.BroadcastBytes(0x0F))) : V.And(words, constant);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Finish<V, THigh, TMinimum>(
        V low, V high, float* scale, float* minimum, float* factor, float* sum, V zero, V highWeight, V total)
        where V : unmanaged, ILanes<V>
        where THigh : struct, ICodePlane
        where TMinimum : struct, IFlag
    {
        V s = V.Load(scale), u = TMinimum.IsSet ? V.Load(minimum) : V.Zero;
        return THigh.Bits > 0 ? ByteTile.Add<V, Yes, TMinimum>(low, high, s, u, factor, sum, zero, highWeight, total)
            : ByteTile.Add<V, No, TMinimum>(low, high, s, u, factor, sum, zero, highWeight, total);
    }

    private readonly struct Operands(byte* row, QuantizedLayout layout, byte* panel, int inputs, float* factors, float* product)
    {
        public readonly byte* Row = row;
        public readonly QuantizedLayout Layout = layout;
        public readonly byte* Panel = panel;
        public readonly int Inputs = inputs;
        public readonly float* Factors = factors;
        public readonly float* Product = product;
    }
}
