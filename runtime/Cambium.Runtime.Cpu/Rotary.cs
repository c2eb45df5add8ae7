namespace Cambium.Runtime.Cpu;

/// <summary>Rotary position embedding of one head of one row.</summary>
public static unsafe class Rotary
{
    /// <summary>
    /// Rotates in place the pairs (x[i], x[i + count/2]), the layout of Hugging Face's Llama.
    /// <paramref name="cos"/> and <paramref name="sin"/> hold count/2 floats for the row's position.
    /// </summary>
    public static void Rotate<V>(float* x, int count, float* cos, float* sin)
        where V : unmanaged, ILanes<V>
    {
        var half = count / 2;
        var y = x + half;
        for (var i = 0; i < half; i += V.Count)
        {
            var n = half - i;
            var a = V.LoadFirst(x + i, n);
            var b = V.LoadFirst(y + i, n);
            var c = V.LoadFirst(cos + i, n);
            var s = V.LoadFirst(sin + i, n);
            V.StoreFirst(V.MultiplyAdd(a, c, -(b * s)), x + i, n);
            V.StoreFirst(V.MultiplyAdd(b, c, a * s), y + i, n);
        }
    }

    /// <summary>
    /// Rotates in place the pairs (x[2i], x[2i + 1]), the layout of the original paper and of GPT-J; same bits per pair as <see cref="Rotate{V}"/>.
    /// </summary>
    public static void RotateInterleaved<V>(float* x, int count, float* cos, float* sin)
        where V : unmanaged, ILanes<V>
    {
        for (var i = 0; i < count / 2; i++)
        {
            var a = x[2 * i];
            var b = x[(2 * i) + 1];
            x[2 * i] = MathF.FusedMultiplyAdd(a, cos[i], -(b * sin[i]));
            x[(2 * i) + 1] = MathF.FusedMultiplyAdd(b, cos[i], a * sin[i]);
        }
    }
}
