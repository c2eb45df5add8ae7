namespace Cambium.Runtime.Cpu;

/// <summary>
/// Reads a block of a panel of weights that are no floats: to widen it, or to multiply one row with it. Loops without calls, so that chains stay in registers. A weight is its whole number times its scale,
/// rounded to f32, here as there.
/// </summary>
internal static unsafe class StoredPanel
{
    // Bytes between what is read and what is fetched meanwhile.
    private const int Ahead = 8192;

    /// <param name="brains">[depth, panel width] in bf16.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="target">[depth, panel width] receives floats.</param>
    public static void WidenBrains<V>(ushort* brains, int depth, float* target)
        where V : unmanaged, ILanes<V>
    {
        for (var end = brains + ((nint)depth * 2 * V.Count); brains != end; brains += V.Count, target += V.Count)
            V.Store(V.FromBrains(brains), target);
    }

    /// <param name="bytes">[depth, panel width] whole numbers.</param>
    /// <param name="scale">Scales of the first input's group; those of the next ones follow.</param>
    /// <param name="passed">Inputs of that group that lie before the block.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="target">[depth, panel width] receives floats.</param>
    public static void WidenBytes<V>(sbyte* bytes, float* scale, int passed, int depth, float* target)
        where V : unmanaged, ILanes<V>
    {
        for (; depth > 0; passed = 0, scale += 2 * V.Count)
        {
            var count = Math.Min(depth, WeightStorages.Group - passed);
            depth -= count;
            var (low, high) = (V.Load(scale), V.Load(scale + V.Count));
            for (var end = bytes + (count * 2 * V.Count); bytes != end; bytes += 2 * V.Count, target += 2 * V.Count)
            {
                V.Store(V.FromBytes(bytes) * low, target);
                V.Store(V.FromBytes(bytes + V.Count) * high, target + V.Count);
            }
        }
    }

    /// <param name="nibbles">[depth, half of the panel width] bytes of two whole numbers.</param>
    /// <inheritdoc cref="WidenBytes{V}(sbyte*, float*, int, int, float*)"/>
    public static void WidenNibbles<V>(byte* nibbles, float* scale, int passed, int depth, float* target)
        where V : unmanaged, ILanes<V>
    {
        for (; depth > 0; passed = 0, scale += 2 * V.Count)
        {
            var count = Math.Min(depth, WeightStorages.Group - passed);
            depth -= count;
            var (low, high) = (V.Load(scale), V.Load(scale + V.Count));
            for (var end = nibbles + (count * V.Count); nibbles != end; nibbles += V.Count, target += 2 * V.Count)
            {
                V.FromNibbles(nibbles, out var first, out var second);
                V.Store(first * low, target);
                V.Store(second * high, target + V.Count);
            }
        }
    }

    /// <param name="brains">[depth, panel width] in bf16.</param>
    /// <param name="depth">Inputs.</param>
    /// <param name="a">[depth] the row.</param>
    /// <param name="output">[panel width] the chains' ends.</param>
    /// <param name="goesOn">Whether they begin with what is there, or with 0.</param>
    public static void MultiplyBrains<V>(ushort* brains, int depth, float* a, float* output, bool goesOn)
        where V : unmanaged, ILanes<V>
    {
        var (low, high) = goesOn ? (V.Load(output), V.Load(output + V.Count)) : (V.Zero, V.Zero);
        for (var end = a + depth; a != end; a++, brains += 2 * V.Count)
        {
            Tile.Prefetch((float*)((byte*)brains + Ahead));
            var x = V.BroadcastFrom(a);
            low = V.MultiplyAdd(x, V.FromBrains(brains), low);
            high = V.MultiplyAdd(x, V.FromBrains(brains + V.Count), high);
        }

        V.Store(low, output);
        V.Store(high, output + V.Count);
    }

    /// <summary>As <see cref="WidenBytes{V}(sbyte*, float*, int, int, float*)"/> and a product.</summary>
    public static void MultiplyBytes<V>(sbyte* bytes, float* scale, int passed, int depth, float* a, float* output, bool goesOn)
        where V : unmanaged, ILanes<V>
    {
        var (low, high) = goesOn ? (V.Load(output), V.Load(output + V.Count)) : (V.Zero, V.Zero);
        for (; depth > 0; passed = 0, scale += 2 * V.Count)
        {
            var count = Math.Min(depth, WeightStorages.Group - passed);
            depth -= count;
            var (scaleLow, scaleHigh) = (V.Load(scale), V.Load(scale + V.Count));
            for (var end = a + count; a != end; a++, bytes += 2 * V.Count)
            {
                Tile.Prefetch((float*)((byte*)bytes + Ahead));
                var x = V.BroadcastFrom(a);
                low = V.MultiplyAdd(x, V.FromBytes(bytes) * scaleLow, low);
                high = V.MultiplyAdd(x, V.FromBytes(bytes + V.Count) * scaleHigh, high);
            }
        }

        V.Store(low, output);
        V.Store(high, output + V.Count);
    }

    /// <summary>As <see cref="WidenNibbles{V}(byte*, float*, int, int, float*)"/> and a product.</summary>
    public static void MultiplyNibbles<V>(byte* nibbles, float* scale, int passed, int depth, float* a, float* output, bool goesOn)
        where V : unmanaged, ILanes<V>
    {
        var (low, high) = goesOn ? (V.Load(output), V.Load(output + V.Count)) : (V.Zero, V.Zero);
        for (; depth > 0; passed = 0, scale += 2 * V.Count)
        {
            var count = Math.Min(depth, WeightStorages.Group - passed);
            depth -= count;
            var (scaleLow, scaleHigh) = (V.Load(scale), V.Load(scale + V.Count));
            for (var end = a + count; a != end; a++, nibbles += V.Count)
            {
                Tile.Prefetch((float*)(nibbles + Ahead));
                var x = V.BroadcastFrom(a);
                V.FromNibbles(nibbles, out var first, out var second);
                low = V.MultiplyAdd(x, first * scaleLow, low);
                high = V.MultiplyAdd(x, second * scaleHigh, high);
            }
        }

        V.Store(low, output);
        V.Store(high, output + V.Count);
    }
}
