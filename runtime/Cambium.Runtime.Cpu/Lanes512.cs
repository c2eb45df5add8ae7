using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// 16 lanes of AVX-512. Explicit intrinsics only: the compile-time baseline decides about the portable <c>Vector512</c> helpers,
/// which would become software under NativeAOT.
/// </summary>
public readonly unsafe struct Lanes512 : ILanes<Lanes512>
{
    private readonly Vector512<float> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes512(Vector512<float> v) => _v = v;

    public static bool IsSupported => Avx512F.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported && Fma.IsSupported;

    public static int Count => 16;

    public static Lanes512 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.Zero);
    }

    public static Lanes512 Indices
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Avx512F.LoadVector512(LaneTables.Indices));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Broadcast(float value) => new(Avx512F.BroadcastScalarToVector512(Vector128.CreateScalarUnsafe(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 BroadcastFrom(float* p) => new(Avx512F.BroadcastScalarToVector512(Sse.LoadScalarVector128(p)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* p) => new(Avx512F.LoadVector512(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadInt8(sbyte* p) => Numbers(Sse2.LoadVector128(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBFloat16(ushort* p) =>
        new(Avx512F.ShiftLeftLogical(Avx512F.ConvertToVector512Int32(Avx.LoadVector256(p)), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadHalf(ushort* p)
    {
        // Moves exponent and mantissa into place; an exact multiplication corrects the bias and makes subnormal numbers normal.
        var bits = Avx512F.ShiftLeftLogical(Avx512F.ConvertToVector512Int32(Avx.LoadVector256((short*)p)), 13);
        return new(Avx512F.Multiply(Avx512F.And(bits, Vector512.Create(unchecked((int)0x8FFF_FFFF))).AsSingle(),
            Vector512.Create(5.192296858534828e33f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Gather(float* p, Lanes512 row, int stride, Lanes512 column)
    {
        var lower = Lanes256.Gathered(p, Lower(row._v), stride, Lower(column._v));
        var upper = Lanes256.Gathered(p, Upper(row._v), stride, Upper(column._v));
        return new(Avx512DQ.InsertVector256(lower.ToVector512Unsafe(), upper, 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes512 v, float* p) => Avx512F.Store(p, v._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadFirst(float* p, int n) => new(Avx512F.MaskLoad(p, Mask(n), Vector512<float>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Lanes512 v, float* p, int n) => Avx512F.MaskStore(p, Mask(n), v._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 KeepFirst(Lanes512 v, int n, Lanes512 rest) => new(Avx512F.BlendVariable(rest._v, v._v, Mask(n)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(Avx512F.Add(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 a, Lanes512 b) => new(Avx512F.Subtract(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(Avx512F.Multiply(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 a, Lanes512 b) => new(Avx512F.Divide(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 a) => new(Avx512DQ.Xor(a._v, Sign));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 a, Lanes512 b, Lanes512 c) => new(Avx512F.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 a, Lanes512 b) => new(Avx512F.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Min(Lanes512 a, Lanes512 b) => new(Avx512F.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Sqrt(Lanes512 a) => new(Avx512F.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Abs(Lanes512 a) => new(Avx512DQ.AndNot(Sign, a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 CopySign(Lanes512 a, Lanes512 sign) => new(Avx512DQ.Or(Avx512DQ.AndNot(Sign, a._v), Avx512DQ.And(Sign, sign._v)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Round(Lanes512 a) => new(Avx512F.RoundScale(a._v, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LessThan(Lanes512 a, Lanes512 b) => new(Avx512F.CompareLessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Equal(Lanes512 a, Lanes512 b) => new(Avx512F.CompareEqual(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Select(Lanes512 mask, Lanes512 a, Lanes512 b) => new(Avx512F.BlendVariable(b._v, a._v, mask._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 BroadcastBytes(byte value) => new(Vector512.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadTable(byte* p) => new(Avx512F.BroadcastVector128ToVector512((int*)p).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LookUp(Lanes512 table, Lanes512 codes) => new(Avx512BW.Shuffle(table._v.AsByte(), codes._v.AsByte()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 And(Lanes512 a, Lanes512 b) => new(Avx512F.And(a._v.AsInt32(), b._v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ShiftRight(Lanes512 words, [ConstantExpected] byte count) =>
        new(Avx512F.ShiftRightLogical(words._v.AsInt32(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 JoinPlanes(Lanes512 low, Lanes512 high, int count)
    {
        var shifted = Avx512F.ShiftLeftLogical(high._v.AsInt32(), Vector128.CreateScalar(count));
        return new(Avx512F.Or(low._v.AsInt32(), shifted).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ByteToSingle(Lanes512 words, int index)
    {
        var shifted = Avx512F.ShiftRightLogical(words._v.AsInt32(), Vector128.CreateScalar(8 * index));
        return new(Avx512F.ConvertToVector512Single(Avx512F.And(shifted, Vector512.Create(0xFF))));
    }

    // Each 16-bit half of a word has two products of at most 15 * 127, and eight additions fit into it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 AddProducts(Lanes512 sums, Lanes512 codes, Lanes512 numbers)
    {
        var products = Avx512BW.MultiplyAddAdjacent(codes._v.AsByte(), numbers._v.AsSByte());
        return new(Avx512BW.Add(sums._v.AsInt16(), products).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SumsToSingle(Lanes512 sums) =>
        new(Avx512F.ConvertToVector512Single(Avx512BW.MultiplyAddAdjacent(sums._v.AsInt16(), Vector512.Create((short)1))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SumsToSingle(Lanes512 low, Lanes512 high, Lanes512 weight)
    {
        var sum = Avx512BW.MultiplyAddAdjacent(low._v.AsInt16(), Vector512.Create((short)1));
        return new(Avx512F.ConvertToVector512Single(Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(high._v.AsInt16(), weight._v.AsInt16()))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 PlaneWeight(int bits) => new(Vector512.Create((short)(1 << bits)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ScaleByPowerOfTwo(Lanes512 a, Lanes512 n) => new(Avx512F.Scale(a._v, n._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Exponent(Lanes512 a) => new(Avx512F.GetExponent(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Significand(Lanes512 a) => new(Avx512F.GetMantissa(a._v, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes512 v)
    {
        var half = Avx.Add(Lower(v._v), Upper(v._v));
        return Lanes256.SumOf(half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(Lanes512 v) => Lanes256.LargestOf(Avx.Max(Lower(v._v), Upper(v._v)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(Lanes512 v) => v._v.GetLower().GetLower().ToScalar();

    private static Vector512<float> Sign
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx512F.BroadcastScalarToVector512(Vector128.CreateScalarUnsafe(-0.0f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Mask(int n) => Avx512F.LoadVector512(LaneTables.FirstMask(n, 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Lower(Vector512<float> v) => v.GetLower();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Upper(Vector512<float> v) => Avx512DQ.ExtractVector256(v, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes512 Numbers(Vector128<sbyte> bytes) => new(Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(bytes)));
}
