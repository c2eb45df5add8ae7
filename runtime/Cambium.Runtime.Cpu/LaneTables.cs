using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Constants that lanes load from read-only data of the image. They are properties over literals, not static fields: a method
/// that reads a static field of a class with a static constructor may call its initialization, and a call
/// spills every 512-bit register.
/// </summary>
internal static unsafe class LaneTables
{
    private static ReadOnlySpan<int> MaskBits =>
    [
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    private static ReadOnlySpan<float> Numbers => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>0 to 15.</summary>
    public static float* Indices
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Numbers));
    }

    /// <summary>A mask of at most <paramref name="width"/> lanes with the first <paramref name="n"/> set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* FirstMask(int n, int width)
    {
        var set = Math.Min(Math.Max(n, 0), width);
        return (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(MaskBits)) + (16 - set);
    }
}
