using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>A format of the numbers of a panel, which products widen to f32 in registers.</summary>
internal unsafe interface INumberFormat
{
    /// <summary>Bytes of one number.</summary>
    static abstract int Bytes { get; }

    /// <summary>Loads a register of numbers, without a scale.</summary>
    static abstract V Load<V>(byte* p)
        where V : unmanaged, ILanes<V>;
}

/// <summary>Finite f16 weights.</summary>
internal readonly unsafe struct HalfFormat : INumberFormat
{
    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(ushort);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* p)
        where V : unmanaged, ILanes<V>
        => V.LoadHalf((ushort*)p);
}
