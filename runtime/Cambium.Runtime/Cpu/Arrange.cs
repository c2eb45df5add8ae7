namespace Cambium.Runtime.Cpu;

/// <summary>Moves elements inside rows.</summary>
public static unsafe class Arrange
{
    /// <summary>Copies <paramref name="count"/> elements, each a stride behind the one before; a stride of 0 reads one element for all.</summary>
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
