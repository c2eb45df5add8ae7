using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>Chains that start from zero, or continue from the values that the previous block of depth spilled.</summary>
internal readonly unsafe struct Chains(float* product, int stride, bool goOn) : ITileOutput
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Begin<V>(int row, int register)
        where V : unmanaged, ILanes<V>
        => goOn ? V.Load(product + ((nint)row * stride) + (register * V.Count)) : V.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void End<V>(int row, V low, V high)
        where V : unmanaged, ILanes<V>
    {
        var p = product + ((nint)row * stride);
        V.Store(low, p);
        V.Store(high, p + V.Count);
    }
}
