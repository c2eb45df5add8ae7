using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>The storage format of one row of a panel of 16-bit weights: the weights of one input, two registers of them.</summary>
internal unsafe interface IStoredRow
{
    static abstract void Load<V>(byte* row, out V low, out V high)
        where V : unmanaged, ILanes<V>;
}

/// <summary>bf16 weights.</summary>
internal readonly unsafe struct BFloat16Row : IStoredRow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(byte* row, out V low, out V high)
        where V : unmanaged, ILanes<V>
    {
        low = V.LoadBFloat16((ushort*)row);
        high = V.LoadBFloat16((ushort*)row + V.Count);
    }
}

/// <summary>Finite f16 weights.</summary>
internal readonly unsafe struct HalfRow : IStoredRow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(byte* row, out V low, out V high)
        where V : unmanaged, ILanes<V>
    {
        low = V.LoadHalf((ushort*)row);
        high = V.LoadHalf((ushort*)row + V.Count);
    }
}
