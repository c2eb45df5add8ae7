using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>Chains that start from zero, or continue from the values that the previous block of depth spilled.</summary>
internal unsafe struct Chains(float* product, int stride, bool goOn) : ITileOutput
{
    public void Skip(int columns) => product += columns;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly V Begin<V>(int row, int register)
        where V : unmanaged, ILanes<V>
        => goOn ? V.Load(product + ((nint)row * stride) + (register * V.Count)) : V.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void End<V>(int row, V low, V high)
        where V : unmanaged, ILanes<V>
    {
        var p = product + ((nint)row * stride);
        V.Store(low, p);
        V.Store(high, p + V.Count);
    }
}

/// <summary><see cref="Chains"/> whose ends are multiplied by a scale for each lane.</summary>
internal unsafe struct ScaledChains(float* product, int stride, bool goOn, float* scales) : ITileOutput
{
    private Chains _chains = new(product, stride, goOn);

    public void Skip(int columns)
    {
        _chains.Skip(columns);
        scales += columns;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly V Begin<V>(int row, int register)
        where V : unmanaged, ILanes<V>
        => _chains.Begin<V>(row, register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void End<V>(int row, V low, V high)
        where V : unmanaged, ILanes<V>
        => _chains.End(row, low * V.Load(scales), high * V.Load(scales + V.Count));
}
