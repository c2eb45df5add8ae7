using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// 4 lanes: NEON on ARM64, SSE registers with the FMA extension on x64. 128-bit vectors are part of every baseline, so the portable helpers are safe
/// here; only the fused multiply-add is explicit, since the portable one may fall back to two roundings.
/// </summary>
public readonly unsafe struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<float> v) => _v = v;

    public static bool IsSupported => AdvSimd.Arm64.IsSupported || (Fma.IsSupported && Sse41.IsSupported);

    public static int Count => 4;

    public static Lanes128 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    public static Lanes128 Indices
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128.Create(0f, 1f, 2f, 3f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 BroadcastFrom(float* p) => new(Vector128.Create(*p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* p) => new(Vector128.Load(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadInt8(sbyte* p) => new(Vector128.Create((float)p[0], p[1], p[2], p[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadBFloat16(ushort* p) =>
        new(Vector128.Create((uint)p[0] << 16, (uint)p[1] << 16, (uint)p[2] << 16, (uint)p[3] << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadHalf(ushort* p)
    {
        // As in Lanes512.
        var bits = Vector128.WidenLower(Vector128.CreateScalar(*(long*)p).AsInt16()) << 13;
        return new((bits & Vector128.Create(unchecked((int)0x8FFF_FFFF))).AsSingle() * Vector128.Create(5.192296858534828e33f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Gather(float* p, Lanes128 row, int stride, Lanes128 column)
    {
        var index = (Vector128.ConvertToInt32(row._v) * Vector128.Create(stride)) + Vector128.ConvertToInt32(column._v);
        return new(Vector128.Create(p[index.GetElement(0)], p[index.GetElement(1)], p[index.GetElement(2)], p[index.GetElement(3)]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128 v, float* p) => v._v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadFirst(float* p, int n)
    {
        if (n >= 4)
            return Load(p);
        if (Avx.IsSupported)
            return new(Avx.MaskLoad(p, Mask(n)));
        var a = n > 0 ? p[0] : 0;
        var b = n > 1 ? p[1] : 0;
        var c = n > 2 ? p[2] : 0;
        return new(Vector128.Create(a, b, c, 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Lanes128 v, float* p, int n)
    {
        if (n >= 4)
        {
            Store(v, p);
            return;
        }

        if (n > 0)
            p[0] = v._v.GetElement(0);
        if (n > 1)
            p[1] = v._v.GetElement(1);
        if (n > 2)
            p[2] = v._v.GetElement(2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 KeepFirst(Lanes128 v, int n, Lanes128 rest) => new(Vector128.ConditionalSelect(Mask(n), v._v, rest._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a, Lanes128 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 a, Lanes128 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a) => new(a._v ^ Vector128.Create(-0.0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 a, Lanes128 b, Lanes128 c) =>
        new(AdvSimd.IsSupported ? AdvSimd.FusedMultiplyAdd(c._v, a._v, b._v) : Fma.MultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 a, Lanes128 b) => new(AdvSimd.IsSupported ? AdvSimd.Max(a._v, b._v) : Sse.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Min(Lanes128 a, Lanes128 b) => new(AdvSimd.IsSupported ? AdvSimd.Min(a._v, b._v) : Sse.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Sqrt(Lanes128 a) => new(Vector128.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Abs(Lanes128 a) => new(Vector128.Abs(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 CopySign(Lanes128 a, Lanes128 sign) =>
        new(Vector128.ConditionalSelect(Vector128.Create(-0.0f), sign._v, a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Round(Lanes128 a) =>
        new(AdvSimd.IsSupported ? AdvSimd.RoundToNearest(a._v) : Sse41.RoundToNearestInteger(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LessThan(Lanes128 a, Lanes128 b) => new(Vector128.LessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Equal(Lanes128 a, Lanes128 b) => new(Vector128.Equals(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 a, Lanes128 b) => new(Vector128.ConditionalSelect(mask._v, a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 BroadcastBytes(byte value) => new(Vector128.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadTable(byte* p) => new(Vector128.Load(p).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LookUp(Lanes128 table, Lanes128 codes) =>
        new(Vector128.ShuffleNative(table._v.AsByte(), codes._v.AsByte()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 And(Lanes128 a, Lanes128 b) => new(a._v & b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRight(Lanes128 words, [ConstantExpected] byte count) => new((words._v.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 JoinPlanes(Lanes128 low, Lanes128 high, int count) => new((low._v.AsInt32() | (high._v.AsInt32() << count)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ByteToSingle(Lanes128 words, int index) =>
        new(Vector128.ConvertToSingle((words._v.AsInt32() >>> (8 * index)) & Vector128.Create(0xFF)));

    // Each 16-bit half of a word has two products of at most 15 * 127, and eight additions fit into it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AddProducts(Lanes128 sums, Lanes128 codes, Lanes128 numbers)
    {
        Vector128<short> products;
        if (AdvSimd.Arm64.IsSupported)
        {
            var low = AdvSimd.MultiplyWideningLower(codes._v.AsSByte().GetLower(), numbers._v.AsSByte().GetLower());
            products = AdvSimd.Arm64.AddPairwise(low, AdvSimd.MultiplyWideningUpper(codes._v.AsSByte(), numbers._v.AsSByte()));
        }
        else
        {
            products = Ssse3.MultiplyAddAdjacent(codes._v.AsByte(), numbers._v.AsSByte());
        }

        return new((sums._v.AsInt16() + products).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SumsToSingle(Lanes128 sums) =>
        new(Vector128.ConvertToSingle(AdvSimd.IsSupported
            ? AdvSimd.AddPairwiseWidening(sums._v.AsInt16())
            : Sse2.MultiplyAddAdjacent(sums._v.AsInt16(), Vector128.Create((short)1))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SumsToSingle(Lanes128 low, Lanes128 high, Lanes128 weight) =>
        MultiplyAdd(weight, SumsToSingle(high), SumsToSingle(low));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 PlaneWeight(int bits) => Broadcast(1 << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ScaleByPowerOfTwo(Lanes128 a, Lanes128 n)
    {
        // Scales in two steps. The first step is exact, so the second rounds subnormal results as a single scaling would.
        var whole = Vector128.ConvertToInt32(n._v);
        var half = whole >> 1;
        return new(a._v * Power(half) * Power(whole - half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Exponent(Lanes128 a) =>
        new(Vector128.ConvertToSingle((a._v.AsInt32() >>> 23) - Vector128.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Significand(Lanes128 a) =>
        new(((a._v.AsInt32() & Vector128.Create(0x007f_ffff)) | Vector128.Create(0x3f80_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes128 v) =>
        v._v.GetElement(0) + v._v.GetElement(2) + (v._v.GetElement(1) + v._v.GetElement(3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(Lanes128 v) =>
        MathF.Max(MathF.Max(v._v.GetElement(0), v._v.GetElement(2)), MathF.Max(v._v.GetElement(1), v._v.GetElement(3)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(Lanes128 v) => v._v.ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Mask(int n) => Vector128.Load(LaneTables.FirstMask(n, 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Power(Vector128<int> exponent) => ((exponent + Vector128.Create(127)) << 23).AsSingle();
}
