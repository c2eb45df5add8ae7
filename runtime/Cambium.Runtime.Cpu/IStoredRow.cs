using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>The storage format of one row of a panel: the weights of one input, two registers of them.</summary>
internal unsafe interface IStoredRow
{
    /// <summary>Whether the numbers are multiplied by a scale for each output.</summary>
    static abstract bool HasScale { get; }

    /// <summary>Bytes from one row to the next.</summary>
    static abstract int Bytes<V>()
        where V : unmanaged, ILanes<V>;

    static abstract void Load<V>(byte* row, out V low, out V high)
        where V : unmanaged, ILanes<V>;
}

/// <summary><see cref="Loading.WeightStorage.BF16"/>.</summary>
internal readonly unsafe struct BFloat16Row : IStoredRow
{
    public static bool HasScale => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bytes<V>()
        where V : unmanaged, ILanes<V>
        => 4 * V.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(byte* row, out V low, out V high)
        where V : unmanaged, ILanes<V>
    {
        low = V.LoadBFloat16((ushort*)row);
        high = V.LoadBFloat16((ushort*)row + V.Count);
    }
}

/// <summary><see cref="Loading.WeightStorage.Int8"/>.</summary>
internal readonly unsafe struct Int8Row : IStoredRow
{
    public static bool HasScale => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bytes<V>()
        where V : unmanaged, ILanes<V>
        => 2 * V.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(byte* row, out V low, out V high)
        where V : unmanaged, ILanes<V>
    {
        low = V.LoadInt8((sbyte*)row);
        high = V.LoadInt8((sbyte*)row + V.Count);
    }
}

/// <summary><see cref="Loading.WeightStorage.Int4"/>: the second half in the high bits of the first half's bytes.</summary>
internal readonly unsafe struct Int4Row : IStoredRow
{
    public static bool HasScale => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bytes<V>()
        where V : unmanaged, ILanes<V>
        => V.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<V>(byte* row, out V low, out V high)
        where V : unmanaged, ILanes<V>
        => V.LoadInt4Pairs(row, out low, out high);
}
