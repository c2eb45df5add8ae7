using System.Diagnostics.CodeAnalysis;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// One SIMD register of floats. Kernels are written once against this interface and instantiated for the closed list
/// <see cref="Lanes512"/>, <see cref="Lanes256"/>, <see cref="Lanes128"/>. Every operation is correctly rounded (IEEE 754), so that a
/// lane's result depends on the lane's operands only and is the same in a full vector, in a tail and at every width.
/// Comparisons give masks: all bits of a lane set or clear.
/// </summary>
public unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf Zero { get; }

    /// <summary>0, 1, 2, ... </summary>
    static abstract TSelf Indices { get; }

    static abstract TSelf Broadcast(float value);

    /// <summary>Broadcasts the float at <paramref name="p"/>.</summary>
    static abstract TSelf BroadcastFrom(float* p);

    static abstract TSelf Load(float* p);

    /// <summary>The floats at <c>p[row * stride + column]</c>; rows and columns are whole numbers of at most 2^24.</summary>
    static abstract TSelf Gather(float* p, TSelf row, int stride, TSelf column);

    /// <summary>Loads <see cref="Count"/> signed 8-bit integers.</summary>
    static abstract TSelf LoadInt8(sbyte* p);

    /// <summary>Loads <see cref="Count"/> bf16 numbers.</summary>
    static abstract TSelf LoadBFloat16(ushort* p);

    /// <summary>Loads <see cref="Count"/> finite f16 numbers.</summary>
    static abstract TSelf LoadHalf(ushort* p);

    static abstract void Store(TSelf v, float* p);

    /// <summary>
    /// Lanes from <paramref name="n"/> on are zero and their memory is not read; <paramref name="n"/> may be negative or larger than the register.
    /// </summary>
    static abstract TSelf LoadFirst(float* p, int n);

    /// <summary>Lanes from <paramref name="n"/> on are not written; <paramref name="n"/> may be negative or larger than the register.</summary>
    static abstract void StoreFirst(TSelf v, float* p, int n);

    /// <summary>Lanes from <paramref name="n"/> on come from <paramref name="rest"/>, even if <paramref name="v"/> holds NaN there.</summary>
    static abstract TSelf KeepFirst(TSelf v, int n, TSelf rest);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Larger of two; a NaN in <paramref name="b"/> gives NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Smaller of two; a NaN in <paramref name="b"/> gives NaN.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    static abstract TSelf Sqrt(TSelf a);

    static abstract TSelf Abs(TSelf a);

    /// <summary>The magnitude of <paramref name="a"/> with the sign of <paramref name="sign"/>.</summary>
    static abstract TSelf CopySign(TSelf a, TSelf sign);

    /// <summary>Rounds to the nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    static abstract TSelf LessThan(TSelf a, TSelf b);

    static abstract TSelf Equal(TSelf a, TSelf b);

    /// <summary>Lanes of <paramref name="a"/> where the mask is set, of <paramref name="b"/> elsewhere.</summary>
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    /// <summary>
    /// <paramref name="a"/> (within a factor of four of 1) times 2 to the power <paramref name="n"/>, an integer from -252 to 252; rounded once.
    /// </summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf a, TSelf n);

    /// <summary>Floor of the binary logarithm of a positive normal number.</summary>
    static abstract TSelf Exponent(TSelf a);

    /// <summary>A positive normal number's significand, from 1 up to 2.</summary>
    static abstract TSelf Significand(TSelf a);

    /// <summary>Sum of all lanes: halves added pairwise, so the order is fixed by the width.</summary>
    static abstract float Sum(TSelf v);

    static abstract float MaxOf(TSelf v);

    /// <summary>Lane 0.</summary>
    static abstract float First(TSelf v);

    /// <summary>A register of bytes, all of them <paramref name="value"/>.</summary>
    static abstract TSelf BroadcastBytes(byte value);

    /// <summary>A table of 16 bytes for <see cref="LookUp"/>.</summary>
    static abstract TSelf LoadTable(byte* p);

    /// <summary>The table's byte for each byte of <paramref name="codes"/>, which are at most 15.</summary>
    static abstract TSelf LookUp(TSelf table, TSelf codes);

    /// <summary>Bitwise and.</summary>
    static abstract TSelf And(TSelf a, TSelf b);

    /// <summary>Shifts 32-bit words to the right.</summary>
    static abstract TSelf ShiftRight(TSelf words, [ConstantExpected] byte count);

    /// <summary>Bytes with the bits of both planes. <paramref name="high"/> is shifted to the left, and its bits stay inside of their byte.</summary>
    static abstract TSelf JoinPlanes(TSelf low, TSelf high, int count);

    /// <summary>Byte 0 to 3 of each 32-bit word, as a float.</summary>
    static abstract TSelf ByteToSingle(TSelf words, int index);

    /// <summary>
    /// Adds products of bytes to sums. The four bytes of a word belong to one lane; codes are 0 to 15, numbers -127 to 127, and at most 8 additions
    /// follow each other. The form of a sum depends on the processor, so that only
    /// <see cref="SumsToSingle(TSelf)"/> can read it; <see cref="Zero"/> is 0.
    /// </summary>
    static abstract TSelf AddProducts(TSelf sums, TSelf codes, TSelf numbers);

    /// <summary>The sums of each lane, exactly.</summary>
    static abstract TSelf SumsToSingle(TSelf sums);

    /// <summary>The sums of a low plane plus those of a high plane times its weight, exactly.</summary>
    /// <param name="low">Sums of the low plane.</param>
    /// <param name="high">Sums of the high plane.</param>
    /// <param name="weight">A <see cref="PlaneWeight"/>.</param>
    static abstract TSelf SumsToSingle(TSelf low, TSelf high, TSelf weight);

    /// <summary>The weight 2^<paramref name="bits"/> in the form that <see cref="SumsToSingle(TSelf, TSelf, TSelf)"/> needs.</summary>
    static abstract TSelf PlaneWeight(int bits);
}
