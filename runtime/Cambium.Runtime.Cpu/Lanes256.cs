using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cambium.Runtime.Cpu;

/// <summary>8 lanes of AVX2 with fused multiply-add. Explicit intrinsics only, for the reason given at <see cref="Lanes512"/>.</summary>
public readonly unsafe struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<float> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes256(Vector256<float> v) => _v = v;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Count => 8;

    public static Lanes256 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.Zero);
    }

    public static Lanes256 Indices
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Avx.LoadVector256(LaneTables.Indices));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Broadcast(float value) => new(Avx2.BroadcastScalarToVector256(Vector128.CreateScalarUnsafe(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 BroadcastFrom(float* p) => new(Avx.BroadcastScalarToVector256(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* p) => new(Avx.LoadVector256(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadInt8(sbyte* p) => Numbers(Sse2.LoadScalarVector128((long*)p).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBFloat16(ushort* p) => new(Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(Sse2.LoadVector128(p)), 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadHalf(ushort* p)
    {
        // Moves exponent and mantissa into place; an exact multiplication corrects the bias and makes subnormal numbers normal.
        var bits = Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(Sse2.LoadVector128((short*)p)), 13);
        return new(Avx.Multiply(Avx2.And(bits, Vector256.Create(unchecked((int)0x8FFF_FFFF))).AsSingle(), Vector256.Create(5.192296858534828e33f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Gather(float* p, Lanes256 row, int stride, Lanes256 column) => new(Gathered(p, row._v, stride, column._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 v, float* p) => Avx.Store(p, v._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadFirst(float* p, int n) => new(Avx.MaskLoad(p, Mask(n)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Lanes256 v, float* p, int n) => Avx.MaskStore(p, Mask(n), v._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 KeepFirst(Lanes256 v, int n, Lanes256 rest) => new(Avx.BlendVariable(rest._v, v._v, Mask(n)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(Avx.Add(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a, Lanes256 b) => new(Avx.Subtract(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(Avx.Multiply(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 a, Lanes256 b) => new(Avx.Divide(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a) => new(Avx.Xor(a._v, Sign));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 a, Lanes256 b, Lanes256 c) => new(Fma.MultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 a, Lanes256 b) => new(Avx.Max(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Min(Lanes256 a, Lanes256 b) => new(Avx.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Sqrt(Lanes256 a) => new(Avx.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Abs(Lanes256 a) => new(Avx.AndNot(Sign, a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 CopySign(Lanes256 a, Lanes256 sign) => new(Avx.Or(Avx.AndNot(Sign, a._v), Avx.And(Sign, sign._v)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Round(Lanes256 a) => new(Avx.RoundToNearestInteger(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LessThan(Lanes256 a, Lanes256 b) => new(Avx.CompareLessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Equal(Lanes256 a, Lanes256 b) => new(Avx.CompareEqual(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Select(Lanes256 mask, Lanes256 a, Lanes256 b) => new(Avx.BlendVariable(b._v, a._v, mask._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 BroadcastBytes(byte value) => new(Vector256.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadTable(byte* p) => new(Avx2.BroadcastVector128ToVector256(p).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LookUp(Lanes256 table, Lanes256 codes) => new(Avx2.Shuffle(table._v.AsByte(), codes._v.AsByte()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 And(Lanes256 a, Lanes256 b) => new(Avx2.And(a._v.AsInt32(), b._v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftRight(Lanes256 words, [ConstantExpected] byte count) =>
        new(Avx2.ShiftRightLogical(words._v.AsInt32(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 JoinPlanes(Lanes256 low, Lanes256 high, int count)
    {
        var shifted = Avx2.ShiftLeftLogical(high._v.AsInt32(), Vector128.CreateScalar(count));
        return new(Avx2.Or(low._v.AsInt32(), shifted).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ByteToSingle(Lanes256 words, int index)
    {
        var shifted = Avx2.ShiftRightLogical(words._v.AsInt32(), Vector128.CreateScalar(8 * index));
        return new(Avx.ConvertToVector256Single(Avx2.And(shifted, Vector256.Create(0xFF))));
    }

    // Without VNNI each 16-bit half of a word has two products of at most 15 * 127, and eight additions fit into it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AddProducts(Lanes256 sums, Lanes256 codes, Lanes256 numbers)
    {
        if (AvxVnni.IsSupported)
            return new(AvxVnni.MultiplyWideningAndAdd(sums._v.AsInt32(), codes._v.AsByte(), numbers._v.AsSByte()).AsSingle());
        var products = Avx2.MultiplyAddAdjacent(codes._v.AsByte(), numbers._v.AsSByte());
        return new(Avx2.Add(sums._v.AsInt16(), products).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SumsToSingle(Lanes256 sums) =>
        new(Avx.ConvertToVector256Single(
            AvxVnni.IsSupported ? sums._v.AsInt32() : Avx2.MultiplyAddAdjacent(sums._v.AsInt16(), Vector256.Create((short)1))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SumsToSingle(Lanes256 low, Lanes256 high, Lanes256 weight)
    {
        if (AvxVnni.IsSupported)
        {
            var shifted = Avx2.ShiftLeftLogicalVariable(high._v.AsInt32(), weight._v.AsUInt32());
            return new(Avx.ConvertToVector256Single(Avx2.Add(low._v.AsInt32(), shifted)));
        }

        var sum = Avx2.MultiplyAddAdjacent(low._v.AsInt16(), Vector256.Create((short)1));
        return new(Avx.ConvertToVector256Single(Avx2.Add(sum, Avx2.MultiplyAddAdjacent(high._v.AsInt16(), weight._v.AsInt16()))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 PlaneWeight(int bits) =>
        new(AvxVnni.IsSupported ? Vector256.Create(bits).AsSingle() : Vector256.Create((short)(1 << bits)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ScaleByPowerOfTwo(Lanes256 a, Lanes256 n)
    {
        // Scales in two steps. The first step is exact, so the second rounds subnormal results as a single scaling would.
        var whole = Avx.ConvertToVector256Int32(n._v);
        var half = Avx2.ShiftRightArithmetic(whole, 1);
        return new(Avx.Multiply(Avx.Multiply(a._v, Power(half)), Power(Avx2.Subtract(whole, half))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Exponent(Lanes256 a) =>
        new(Avx.ConvertToVector256Single(Avx2.Subtract(Avx2.ShiftRightLogical(a._v.AsInt32(), 23), Integer(127))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Significand(Lanes256 a) =>
        new(Avx2.Or(Avx2.And(a._v.AsInt32(), Integer(0x007f_ffff)), Integer(0x3f80_0000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes256 v) => SumOf(v._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOf(Lanes256 v) => LargestOf(v._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(Lanes256 v) => v._v.GetLower().ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Gathered(float* p, Vector256<float> row, int stride, Vector256<float> column)
    {
        var index = Avx2.Add(
            Avx2.MultiplyLow(Avx.ConvertToVector256Int32WithTruncation(row), Integer(stride)),
            Avx.ConvertToVector256Int32WithTruncation(column));
        return Avx2.GatherVector256(p, index, sizeof(float));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float SumOf(Vector256<float> v)
    {
        var four = Sse.Add(v.GetLower(), Avx.ExtractVector128(v, 1));
        var two = Sse.Add(four, Sse.MoveHighToLow(four, four));
        return Sse.AddScalar(two, Sse.Shuffle(two, two, 1)).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float LargestOf(Vector256<float> v)
    {
        var four = Sse.Max(v.GetLower(), Avx.ExtractVector128(v, 1));
        var two = Sse.Max(four, Sse.MoveHighToLow(four, four));
        return Sse.MaxScalar(two, Sse.Shuffle(two, two, 1)).ToScalar();
    }

    private static Vector256<float> Sign
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx2.BroadcastScalarToVector256(Vector128.CreateScalarUnsafe(-0.0f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Mask(int n) => Avx.LoadVector256(LaneTables.FirstMask(n, 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Integer(int value) => Avx2.BroadcastScalarToVector256(Vector128.CreateScalarUnsafe(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Power(Vector256<int> exponent) =>
        Avx2.ShiftLeftLogical(Avx2.Add(exponent, Integer(127)), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes256 Numbers(Vector128<sbyte> bytes) => new(Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(bytes)));
}
