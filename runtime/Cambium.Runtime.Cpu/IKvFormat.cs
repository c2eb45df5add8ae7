using System.Runtime.CompilerServices;
using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;

namespace Cambium.Runtime.Cpu;

/// <summary>The format of keys and values inside a chunk: one for each <see cref="KvStorage"/>.</summary>
internal unsafe interface IKvFormat : INumberFormat
{
    /// <summary>Whether the numbers of a key or value are multiplied by a scale.</summary>
    static abstract bool HasScale { get; }

    /// <summary>The scale of a key or value. Not called without scales.</summary>
    static abstract float Scale(float* vector, int size);

    /// <summary>Rounds and stores one number of a key or value.</summary>
    /// <param name="factor">The reciprocal of the scale; 0 if it is not finite.</param>
    static abstract void Store(float value, float factor, byte* target);

    /// <summary>Reads a number, without the scale.</summary>
    static abstract float Read(byte* source);
}

/// <summary><see cref="KvStorage.F32"/>; also the format of f32 weights in panels.</summary>
internal readonly unsafe struct F32Format : IKvFormat
{
    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(float);
    }

    public static bool HasScale
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* p)
        where V : unmanaged, ILanes<V>
        => V.Load((float*)p);

    public static float Scale(float* vector, int size) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float value, float factor, byte* target) => *(float*)target = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Read(byte* source) => *(float*)source;
}

/// <summary><see cref="KvStorage.BF16"/>; also the format of bf16 weights in panels.</summary>
internal readonly unsafe struct BFloat16Format : IKvFormat
{
    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(ushort);
    }

    public static bool HasScale
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* p)
        where V : unmanaged, ILanes<V>
        => V.LoadBFloat16((ushort*)p);

    public static float Scale(float* vector, int size) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float value, float factor, byte* target) => *(ushort*)target = FloatConversion.ToBFloat16(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Read(byte* source) => BitConverter.Int32BitsToSingle(*(ushort*)source << 16);
}

/// <summary><see cref="KvStorage.Int8"/>.</summary>
internal readonly unsafe struct Int8Format : IKvFormat
{
    private const float Most = 127;

    public static int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(sbyte);
    }

    public static bool HasScale
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* p)
        where V : unmanaged, ILanes<V>
        => V.LoadInt8((sbyte*)p);

    /// <summary>The largest magnitude / 127. NaN if an element is not finite: no integer can stand for it, and zeros would hide it.</summary>
    public static float Scale(float* vector, int size)
    {
        var (largest, poison) = (0f, 0f);
        for (var i = 0; i < size; i++)
        {
            largest = MathF.Max(largest, MathF.Abs(vector[i]));
            poison += vector[i] * 0;
        }

        return (largest / Most) + poison;
    }

    // A product may exceed 127 by an ulp, and rounds to it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float value, float factor, byte* target) => *(sbyte*)target = (sbyte)MathF.Round(value * factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Read(byte* source) => *(sbyte*)source;
}
