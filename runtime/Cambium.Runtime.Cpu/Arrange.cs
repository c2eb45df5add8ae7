namespace Cambium.Runtime.Cpu;

/// <summary>Operations on whole rows: moving their elements, and multiplying small matrices that they hold.</summary>
public static unsafe class Arrange
{
    /// <summary>
    /// c [n, m] = a [n, k] times b [k, m]. Lanes run over columns; every output is one chain of fused multiply-adds in ascending k from 0.
    /// </summary>
    public static void Multiply<V>(float* a, float* b, float* c, int n, int k, int m)
        where V : unmanaged, ILanes<V>
    {
        for (var row = 0; row < n; row++)
        {
            for (var column = 0; column < m; column += V.Count)
            {
                var chain = V.Zero;
                var right = b + column;
                for (var i = 0; i < k; i++, right += m)
                    chain = V.MultiplyAdd(V.BroadcastFrom(a + i), V.LoadFirst(right, m - column), chain);
                V.StoreFirst(chain, c + column, m - column);
            }

            a += k;
            c += m;
        }
    }

    /// <summary>Copies <paramref name="count"/> elements, each a stride after the one before; a stride of 0 reads one element for all.</summary>
    public static void Move<V>(float* from, int fromStride, float* to, int toStride, int count)
        where V : unmanaged, ILanes<V>
    {
        if (toStride == 1 && fromStride is 0 or 1)
        {
            for (var i = 0; i < count; i += V.Count)
                V.StoreFirst(fromStride == 0 ? V.BroadcastFrom(from) : V.LoadFirst(from + i, count - i), to + i, count - i);
            return;
        }

        for (var i = 0; i < count; i++)
            to[(nint)i * toStride] = from[(nint)i * fromStride];
    }
}
