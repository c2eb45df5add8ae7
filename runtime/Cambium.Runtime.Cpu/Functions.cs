using System.Runtime.CompilerServices;

namespace Cambium.Runtime.Cpu;

/// <summary>
/// Scalar functions over lanes. Each is one fixed sequence of correctly rounded operations, so a value gives the same bits in a full vector,
/// in a tail, at every width and in the scalar twin of the same name.
/// </summary>
public static class Functions
{
    /// <summary>e to the x within 1e-7 relative. Exactly 0 for -inf and below -104.5, +inf above 88.73, NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        // The bounds keep n finite: infinity minus infinity below would be NaN. The value is the second operand so that NaN passes.
        x = V.Min(V.Broadcast(89.5f), V.Max(V.Broadcast(-104.5f), x));
        V n = V.Round(x * V.Broadcast(1.44269504f));
        V r = V.MultiplyAdd(n, V.Broadcast(-0.693359375f), x);
        r = V.MultiplyAdd(n, V.Broadcast(2.12194440e-4f), r);
        V p = V.MultiplyAdd(V.Broadcast(1.9875691500e-4f), r, V.Broadcast(1.3981999507e-3f));
        p = V.MultiplyAdd(p, r, V.Broadcast(8.3334519073e-3f));
        p = V.MultiplyAdd(p, r, V.Broadcast(4.1665795894e-2f));
        p = V.MultiplyAdd(p, r, V.Broadcast(1.6666665459e-1f));
        p = V.MultiplyAdd(p, r, V.Broadcast(5.0000001201e-1f));
        p = V.MultiplyAdd(p, r * r, r) + V.Broadcast(1f);
        return V.ScaleByPowerOfTwo(p, n);
    }

    /// <summary>
    /// <see cref="Exp{V}(V)"/> of four registers. Each constant is loaded once: alone, the 13 loads of constants take longer than the arithmetic.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exp<V>(ref V a, ref V b, ref V c, ref V d)
        where V : unmanaged, ILanes<V>
    {
        V k = V.Broadcast(-104.5f), most = V.Broadcast(89.5f);
        a = V.Min(most, V.Max(k, a));
        b = V.Min(most, V.Max(k, b));
        c = V.Min(most, V.Max(k, c));
        d = V.Min(most, V.Max(k, d));
        k = V.Broadcast(1.44269504f);
        V an = V.Round(a * k), bn = V.Round(b * k), cn = V.Round(c * k), dn = V.Round(d * k);
        k = V.Broadcast(-0.693359375f);
        a = V.MultiplyAdd(an, k, a);
        b = V.MultiplyAdd(bn, k, b);
        c = V.MultiplyAdd(cn, k, c);
        d = V.MultiplyAdd(dn, k, d);
        k = V.Broadcast(2.12194440e-4f);
        a = V.MultiplyAdd(an, k, a);
        b = V.MultiplyAdd(bn, k, b);
        c = V.MultiplyAdd(cn, k, c);
        d = V.MultiplyAdd(dn, k, d);
        V first = V.Broadcast(1.9875691500e-4f);
        k = V.Broadcast(1.3981999507e-3f);
        V ap = V.MultiplyAdd(first, a, k), bp = V.MultiplyAdd(first, b, k), cp = V.MultiplyAdd(first, c, k), dp = V.MultiplyAdd(first, d, k);
        k = V.Broadcast(8.3334519073e-3f);
        ap = V.MultiplyAdd(ap, a, k);
        bp = V.MultiplyAdd(bp, b, k);
        cp = V.MultiplyAdd(cp, c, k);
        dp = V.MultiplyAdd(dp, d, k);
        k = V.Broadcast(4.1665795894e-2f);
        ap = V.MultiplyAdd(ap, a, k);
        bp = V.MultiplyAdd(bp, b, k);
        cp = V.MultiplyAdd(cp, c, k);
        dp = V.MultiplyAdd(dp, d, k);
        k = V.Broadcast(1.6666665459e-1f);
        ap = V.MultiplyAdd(ap, a, k);
        bp = V.MultiplyAdd(bp, b, k);
        cp = V.MultiplyAdd(cp, c, k);
        dp = V.MultiplyAdd(dp, d, k);
        k = V.Broadcast(5.0000001201e-1f);
        ap = V.MultiplyAdd(ap, a, k);
        bp = V.MultiplyAdd(bp, b, k);
        cp = V.MultiplyAdd(cp, c, k);
        dp = V.MultiplyAdd(dp, d, k);
        k = V.Broadcast(1f);
        a = V.ScaleByPowerOfTwo(V.MultiplyAdd(ap, a * a, a) + k, an);
        b = V.ScaleByPowerOfTwo(V.MultiplyAdd(bp, b * b, b) + k, bn);
        c = V.ScaleByPowerOfTwo(V.MultiplyAdd(cp, c * c, c) + k, cn);
        d = V.ScaleByPowerOfTwo(V.MultiplyAdd(dp, d * d, d) + k, dn);
    }

    /// <summary>Natural logarithm within 1.5e-7 relative (absolute near 1). -inf for 0, NaN for negative numbers, subnormals included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V tiny = V.LessThan(x, V.Broadcast(1.17549435e-38f));
        V normal = V.Select(tiny, x * V.Broadcast(33554432f), x);
        V e = V.Exponent(normal) - V.Select(tiny, V.Broadcast(25f), V.Zero);
        V m = V.Significand(normal);

        V large = V.LessThan(V.Broadcast(1.41421356f), m);
        m = V.Select(large, m * V.Broadcast(0.5f), m);
        e = V.Select(large, e + V.Broadcast(1f), e);
        V f = m - V.Broadcast(1f);
        V z = f * f;
        V p = V.MultiplyAdd(V.Broadcast(7.0376836292e-2f), f, V.Broadcast(-1.1514610310e-1f));
        p = V.MultiplyAdd(p, f, V.Broadcast(1.1676998740e-1f));
        p = V.MultiplyAdd(p, f, V.Broadcast(-1.2420140846e-1f));
        p = V.MultiplyAdd(p, f, V.Broadcast(1.4249322787e-1f));
        p = V.MultiplyAdd(p, f, V.Broadcast(-1.6668057665e-1f));
        p = V.MultiplyAdd(p, f, V.Broadcast(2.0000714765e-1f));
        p = V.MultiplyAdd(p, f, V.Broadcast(-2.4999993993e-1f));
        p = V.MultiplyAdd(p, f, V.Broadcast(3.3333331174e-1f));
        V y = V.MultiplyAdd(f * z, p, e * V.Broadcast(-2.12194440e-4f));
        y = V.MultiplyAdd(z, V.Broadcast(-0.5f), y);
        y = V.MultiplyAdd(e, V.Broadcast(0.693359375f), f + y);

        V infinity = V.Broadcast(float.PositiveInfinity);
        y = V.Select(V.Equal(x, infinity), infinity, y);
        y = V.Select(V.Equal(x, V.Zero), -infinity, y);
        y = V.Select(V.LessThan(x, V.Zero), V.Broadcast(float.NaN), y);
        return V.Select(V.Equal(x, x), y, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x)
        where V : unmanaged, ILanes<V>
        => V.Broadcast(1f) / (V.Broadcast(1f) + Exp(-x));

    /// <summary>Within 2e-7 relative, near zero too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V a = V.Abs(x);
        V far = V.Broadcast(1f) - V.Broadcast(2f) / (Exp(a + a) + V.Broadcast(1f));

        V z = x * x;
        V p = V.MultiplyAdd(V.Broadcast(-5.70498872745e-3f), z, V.Broadcast(2.06390887954e-2f));
        p = V.MultiplyAdd(p, z, V.Broadcast(-5.37397155531e-2f));
        p = V.MultiplyAdd(p, z, V.Broadcast(1.33314422036e-1f));
        p = V.MultiplyAdd(p, z, V.Broadcast(-3.33332819422e-1f));
        V near = V.MultiplyAdd(p * z, a, a);
        return V.CopySign(V.Select(V.LessThan(a, V.Broadcast(0.625f)), near, far), x);
    }

    /// <summary>The error function within 2e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V t = V.Abs(x);
        V s = x * x;
        V r = V.MultiplyAdd(V.Broadcast(-1.72853470e-5f), t, V.Broadcast(3.83197126e-4f));
        V u = V.MultiplyAdd(V.Broadcast(-3.88396438e-3f), t, V.Broadcast(2.42546219e-2f));
        r = V.MultiplyAdd(r, s, u);
        r = V.MultiplyAdd(r, t, V.Broadcast(-1.06777877e-1f));
        r = V.MultiplyAdd(r, t, V.Broadcast(-6.34846687e-1f));
        r = V.MultiplyAdd(r, t, V.Broadcast(-1.28717512e-1f));
        r = V.MultiplyAdd(r, t, -t);
        // Above 4 the function is 1 to the last bit, and the polynomial is not monotonic there.
        r = V.Select(V.LessThan(V.Broadcast(4f), t), V.Broadcast(-104f), r);
        V far = V.Broadcast(1f) - Exp(r);

        V p = V.MultiplyAdd(V.Broadcast(-5.96761703e-4f), s, V.Broadcast(4.99119423e-3f));
        p = V.MultiplyAdd(p, s, V.Broadcast(-2.67681349e-2f));
        p = V.MultiplyAdd(p, s, V.Broadcast(1.12819925e-1f));
        p = V.MultiplyAdd(p, s, V.Broadcast(-3.76125336e-1f));
        p = V.MultiplyAdd(p, s, V.Broadcast(1.28379166e-1f));
        V near = V.MultiplyAdd(p, t, t);
        return V.CopySign(V.Select(V.LessThan(V.Broadcast(0.927734375f), t), far, near), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Relu<V>(V x)
        where V : unmanaged, ILanes<V>
        => V.Max(V.Zero, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Silu<V>(V x)
        where V : unmanaged, ILanes<V>
        => x / (V.Broadcast(1f) + Exp(-x));

    /// <summary>x times the normal distribution function, by the error function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Gelu<V>(V x)
        where V : unmanaged, ILanes<V>
        => x * V.Broadcast(0.5f) * (V.Broadcast(1f) + Erf(x * V.Broadcast(0.707106781f)));

    /// <summary>The approximation of <see cref="Gelu{V}"/> by a hyperbolic tangent ("gelu_new", "gelu_pytorch_tanh").</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GeluTanh<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V inner = V.MultiplyAdd(x * x * x, V.Broadcast(0.044715f), x) * V.Broadcast(0.797884561f);
        return x * V.Broadcast(0.5f) * (V.Broadcast(1f) + Tanh(inner));
    }

    /// <summary>log(1 + e^x) without overflow, and with relative accuracy for very negative x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Softplus<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V e = Exp(-V.Abs(x));
        V one = V.Broadcast(1f);
        V u = one + e;
        V rounded = u - one;
        // log(1 + e) where 1 + e was rounded: scaling by e / ((1 + e) - 1) takes the rounding out again.
        V log = V.Select(V.Equal(rounded, V.Zero), e, Log(u) * (e / V.Select(V.Equal(rounded, V.Zero), one, rounded)));
        return V.Max(V.Zero, x) + log;
    }

    /// <summary>
    /// x tanh(log(1 + e^x)) (Misra 2019), within 4e-7 relative. With n = e^x (e^x + 2) the tanh is n / (n + 2): one exponential, and no
    /// cancellation for negative x.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Mish<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        // From 20 on the tanh is 1 in f32; without the bound n overflows and inf / inf is NaN.
        V e = Exp(V.Min(x, V.Broadcast(20f)));
        V n = e * (e + V.Broadcast(2f));
        return x * (n / (n + V.Broadcast(2f)));
    }

    /// <summary>1 / sqrt(x), two correctly rounded operations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Rsqrt<V>(V x)
        where V : unmanaged, ILanes<V>
        => V.Broadcast(1f) / V.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Reciprocal<V>(V x)
        where V : unmanaged, ILanes<V>
        => V.Broadcast(1f) / x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Square<V>(V x)
        where V : unmanaged, ILanes<V>
        => x * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Negate<V>(V x)
        where V : unmanaged, ILanes<V>
        => -x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Abs<V>(V x)
        where V : unmanaged, ILanes<V>
        => V.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sqrt<V>(V x)
        where V : unmanaged, ILanes<V>
        => V.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Minimum<V>(V a, V b)
        where V : unmanaged, ILanes<V>
        => V.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Maximum<V>(V a, V b)
        where V : unmanaged, ILanes<V>
        => V.Max(a, b);

    /// <summary>-1, 0 or 1; 0 for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sign<V>(V x)
        where V : unmanaged, ILanes<V>
        => Less(V.Zero, x) - Less(x, V.Zero);

    /// <summary>
    /// Sine within 2e-7 up to |x| = 1e5; above 4e6 neighbouring floats are further apart than a period, and the result is an arbitrary number from -1
    /// to 1. NaN for infinities.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sin<V>(V x)
        where V : unmanaged, ILanes<V>
        => Quadrants(x, V.Zero);

    /// <summary>Cosine, as accurate as <see cref="Sin{V}"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Cos<V>(V x)
        where V : unmanaged, ILanes<V>
        => Quadrants(x, V.Broadcast(1f));

    /// <summary>sin(x + quadrants pi/2)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Quadrants<V>(V x, V quadrants)
        where V : unmanaged, ILanes<V>
    {
        // pi/2 in three parts of 24 bits: fused, the first difference is exact.
        V n = V.Round(x * V.Broadcast(0.636619772f));
        V r = V.MultiplyAdd(n, V.Broadcast(-1.57079637f), x);
        r = V.MultiplyAdd(n, V.Broadcast(4.37113883e-8f), r);
        r = V.MultiplyAdd(n, V.Broadcast(1.71512451e-15f), r);
        r = V.Min(V.Broadcast(1f), V.Max(V.Broadcast(-1f), r));
        V z = r * r;

        V s = V.MultiplyAdd(V.Broadcast(-1.9515295891e-4f), z, V.Broadcast(8.3321608736e-3f));
        s = V.MultiplyAdd(s, z, V.Broadcast(-1.6666654611e-1f));
        s = V.MultiplyAdd(s * z, r, r);
        V c = V.MultiplyAdd(V.Broadcast(2.443315711809948e-5f), z, V.Broadcast(-1.388731625493765e-3f));
        c = V.MultiplyAdd(c, z, V.Broadcast(4.166664568298827e-2f));
        c = V.MultiplyAdd(c * z, z, V.MultiplyAdd(z, V.Broadcast(-0.5f), V.Broadcast(1f)));

        n += quadrants;
        V half = n * V.Broadcast(0.5f);
        V isEven = V.Equal(V.Round(half), half);
        V y = V.Select(isEven, s, c);
        V turns = V.Select(isEven, half, half - V.Broadcast(0.5f)) * V.Broadcast(0.5f);
        return V.Select(V.Equal(V.Round(turns), turns), y, -y);
    }

    /// <summary>
    /// x to the power y. Exact steps for 1, 2, 3, -1, 0.5 and -0.5; else e^(y ln|x|) with the sign of integer powers, within 4e-7 (1 + |y ln|x||)
    /// relative. NaN for a negative x and a y that is not an integer; 1 for y = 0. An infinite y is outside the domain.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Pow<V>(V x, V y)
        where V : unmanaged, ILanes<V>
    {
        V one = V.Broadcast(1f);
        V power = Exp(y * Log(V.Abs(x)));
        V half = y * V.Broadcast(0.5f);
        V signed = V.Select(V.Equal(V.Round(half), half), power, V.Select(V.Equal(V.Round(y), y), -power, V.Broadcast(float.NaN)));
        power = V.Select(V.LessThan(x, V.Zero), signed, power);
        power = V.Select(V.Equal(y, V.Zero), one, power);
        power = V.Select(V.Equal(y, one), x, power);
        power = V.Select(V.Equal(y, V.Broadcast(2f)), x * x, power);
        power = V.Select(V.Equal(y, V.Broadcast(3f)), x * x * x, power);
        power = V.Select(V.Equal(y, -one), one / x, power);
        power = V.Select(V.Equal(y, V.Broadcast(0.5f)), V.Sqrt(x), power);
        return V.Select(V.Equal(y, V.Broadcast(-0.5f)), one / V.Sqrt(x), power);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Less<V>(V a, V b)
        where V : unmanaged, ILanes<V>
        => V.Select(V.LessThan(a, b), V.Broadcast(1f), V.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LessOrEqual<V>(V a, V b)
        where V : unmanaged, ILanes<V>
        => V.Select(V.LessThan(a, b), V.Broadcast(1f), EqualTo(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Greater<V>(V a, V b)
        where V : unmanaged, ILanes<V>
        => Less(b, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V GreaterOrEqual<V>(V a, V b)
        where V : unmanaged, ILanes<V>
        => LessOrEqual(b, a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V EqualTo<V>(V a, V b)
        where V : unmanaged, ILanes<V>
        => V.Select(V.Equal(a, b), V.Broadcast(1f), V.Zero);

    /// <summary>a where the condition is not 0 (NaN is not), else b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Where<V>(V condition, V a, V b)
        where V : unmanaged, ILanes<V>
        => V.Select(V.Equal(condition, V.Zero), b, a);

    /// <summary>The largest integer up to x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Floor<V>(V x)
        where V : unmanaged, ILanes<V>
    {
        V whole = V.Round(x);
        return V.Select(V.LessThan(x, whole), whole - V.Broadcast(1f), whole);
    }

    /// <summary>The smallest integer from x on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Ceiling<V>(V x)
        where V : unmanaged, ILanes<V>
        => -Floor(-x);

    /// <summary>The nearest integer, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Round<V>(V x)
        where V : unmanaged, ILanes<V>
        => V.Round(x);

    /// <summary>Elements of a vector. An index is truncated to an integer and clamped to the vector; NaN gives the first element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe V LookUp<V>(float* table, int count, V index)
        where V : unmanaged, ILanes<V>
        => V.Gather(table, V.Zero, 0, Inside(index, count));

    /// <summary>Elements of a matrix; indices are treated as for a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe V LookUp<V>(float* table, int rows, int columns, V row, V column)
        where V : unmanaged, ILanes<V>
        => V.Gather(table, Inside(row, rows), columns, Inside(column, columns));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Inside<V>(V index, int count)
        where V : unmanaged, ILanes<V>
        => V.Min(V.Broadcast(int.Min(count - 1, 1 << 24)), V.Select(V.LessThan(V.Zero, index), index, V.Zero));

    public static float Floor(float x) => MathF.Floor(x);

    public static float Ceiling(float x) => MathF.Ceiling(x);

    public static float Round(float x) => MathF.Round(x);

    public static float Sign(float x) => Lanes128.First(Sign(Lanes128.Broadcast(x)));

    public static float Sin(float x) => Lanes128.First(Sin(Lanes128.Broadcast(x)));

    public static float Cos(float x) => Lanes128.First(Cos(Lanes128.Broadcast(x)));

    public static float Pow(float x, float y) => Lanes128.First(Pow(Lanes128.Broadcast(x), Lanes128.Broadcast(y)));

    public static float Less(float a, float b) => a < b ? 1 : 0;

    public static float LessOrEqual(float a, float b) => a <= b ? 1 : 0;

    public static float Greater(float a, float b) => a > b ? 1 : 0;

    public static float GreaterOrEqual(float a, float b) => a >= b ? 1 : 0;

    public static float EqualTo(float a, float b) => a == b ? 1 : 0;

    public static float Where(float condition, float a, float b) => condition == 0 ? b : a;

    public static float Exp(float x) => Lanes128.First(Exp(Lanes128.Broadcast(x)));

    public static float Log(float x) => Lanes128.First(Log(Lanes128.Broadcast(x)));

    public static float Sigmoid(float x) => Lanes128.First(Sigmoid(Lanes128.Broadcast(x)));

    public static float Tanh(float x) => Lanes128.First(Tanh(Lanes128.Broadcast(x)));

    public static float Erf(float x) => Lanes128.First(Erf(Lanes128.Broadcast(x)));

    public static float Relu(float x) => Lanes128.First(Relu(Lanes128.Broadcast(x)));

    public static float Silu(float x) => Lanes128.First(Silu(Lanes128.Broadcast(x)));

    public static float Gelu(float x) => Lanes128.First(Gelu(Lanes128.Broadcast(x)));

    public static float GeluTanh(float x) => Lanes128.First(GeluTanh(Lanes128.Broadcast(x)));

    public static float Softplus(float x) => Lanes128.First(Softplus(Lanes128.Broadcast(x)));

    public static float Mish(float x) => Lanes128.First(Mish(Lanes128.Broadcast(x)));

    public static float Rsqrt(float x) => 1f / MathF.Sqrt(x);

    public static float Reciprocal(float x) => 1f / x;

    public static float Square(float x) => x * x;

    public static float Negate(float x) => -x;

    public static float Abs(float x) => MathF.Abs(x);

    public static float Sqrt(float x) => MathF.Sqrt(x);

    public static float Minimum(float a, float b) => Lanes128.First(Lanes128.Min(Lanes128.Broadcast(a), Lanes128.Broadcast(b)));

    public static float Maximum(float a, float b) => Lanes128.First(Lanes128.Max(Lanes128.Broadcast(a), Lanes128.Broadcast(b)));
}
