using Cambium.Runtime.Cpu;
using Cambium.Runtime.Tests.Kernels;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

/// <summary>The scalar form of each function, which the loader uses, has the bits of the vector form.</summary>
public sealed class FunctionsTests
{
    public static TheoryData<string> Variants => [.. CpuBackend.Variants];

    [Fact]
    public unsafe void Exp_of_four_registers_has_the_bits_of_one()
    {
        Compare<Lanes128>();
        if (Lanes256.IsSupported)
            Compare<Lanes256>();
        if (Lanes512.IsSupported)
            Compare<Lanes512>();

        static void Compare<V>()
            where V : unmanaged, ILanes<V>
        {
            var random = new Random(8);
            float[] special = [0, -0f, 1, -104.5f, -104.6f, 88.7f, 90, float.NegativeInfinity, float.PositiveInfinity, float.NaN, -87.4f, 1e-40f];
            var (x, expected) = (new float[4 * V.Count], new float[4 * V.Count]);
            for (var round = 0; round < 200; round++)
            {
                for (var i = 0; i < x.Length; i++)
                    x[i] = random.Next(8) == 0 ? special[random.Next(special.Length)] : (random.NextSingle() * 200) - 110;
                fixed (float* p = x, q = expected)
                {
                    for (var i = 0; i < x.Length; i += V.Count)
                        V.Store(Functions.Exp(V.Load(p + i)), q + i);
                    V a = V.Load(p), b = V.Load(p + V.Count), c = V.Load(p + (2 * V.Count)), d = V.Load(p + (3 * V.Count));
                    Functions.Exp(ref a, ref b, ref c, ref d);
                    V.Store(a, p);
                    V.Store(b, p + V.Count);
                    V.Store(c, p + (2 * V.Count));
                    V.Store(d, p + (3 * V.Count));
                }

                TensorAssert.SameBits(expected, x);
            }
        }
    }

    [Fact]
    public void Powers_match_MathF_in_signs_and_limits()
    {
        (float, float)[] cases =
        [
            (-2, 4), (-2, 5), (-1.5f, -3), (0, 2.5f), (0, -2.5f), (0, 0), (-3, 0), (-3, 0.7f), (7, 0), (float.PositiveInfinity, 1.5f),
            (float.PositiveInfinity, -1.5f), (-4, 0.5f), (-4, 1), (-4, 2), (-4, -1),
        ];
        foreach (var (x, y) in cases)
        {
            var (expected, actual) = (MathF.Pow(x, y), Functions.Pow(x, y));
            Assert.True(expected.Equals(actual) || Math.Abs(expected - actual) < 1e-5 * Math.Abs(expected), $"{x}^{y} = {actual}, not {expected}");
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Comparisons_give_the_same_in_scalar_form(string variant)
    {
        float[] a = [1, 2, 3, -0f, float.NaN, 5, float.PositiveInfinity, -7, 3], b = [1, 3, 2, 0, 1, float.NaN, float.PositiveInfinity, -7.5f, 4];
        var y = CpuBackend.Open(variant).Compare(a, b);
        for (var i = 0; i < a.Length; i++)
        {
            float[] lanes = [.. Enumerable.Range(0, 6).Select(k => y[(k * a.Length) + i])];
            float[] scalar =
            [
                Functions.Less(a[i], b[i]), Functions.LessOrEqual(a[i], b[i]), Functions.Greater(a[i], b[i]), Functions.GreaterOrEqual(a[i], b[i]),
                Functions.EqualTo(a[i], b[i]), Functions.Where(a[i], b[i], 9),
            ];
            Assert.Equal(scalar, lanes);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Each_function_has_the_bits_of_its_scalar_form(string variant)
    {
        var backend = CpuBackend.Open(variant);
        var random = new Random(7);
        float[] x =
        [
            .. random.Floats(1000).Select(static v => v * 20), .. random.Floats(1000), .. random.Floats(500).Select(static v => v * 120),
            0, -0f, float.NegativeInfinity, float.PositiveInfinity, 1e-40f, -1e-40f, float.MaxValue, float.MinValue,
        ];
        foreach (var function in Enum.GetValues<ElementFunction>())
        {
            var y = backend.Map(function, x);
            for (var i = 0; i < x.Length; i++)
            {
                var scalar = Scalar(function, x[i]);
                Assert.True(Same(y[i], scalar), $"{function}({x[i]:R}): {y[i]:R} in lanes, {scalar:R} in scalar form");
            }

            for (var n = 1; n <= backend.Lanes; n++)
                Assert.Equal(y[..n], backend.Map(function, x[..n]));
        }
    }

    // The sign and payload of a NaN differ between instruction sets, and no code depends on them.
    private static bool Same(float a, float b) =>
        (float.IsNaN(a) && float.IsNaN(b)) || BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b);

    private static float Scalar(ElementFunction function, float x) => function switch
    {
        ElementFunction.Exp => Functions.Exp(x),
        ElementFunction.Log => Functions.Log(x),
        ElementFunction.Sigmoid => Functions.Sigmoid(x),
        ElementFunction.Tanh => Functions.Tanh(x),
        ElementFunction.Erf => Functions.Erf(x),
        ElementFunction.Relu => Functions.Relu(x),
        ElementFunction.Silu => Functions.Silu(x),
        ElementFunction.Gelu => Functions.Gelu(x),
        ElementFunction.GeluTanh => Functions.GeluTanh(x),
        ElementFunction.Softplus => Functions.Softplus(x),
        ElementFunction.Mish => Functions.Mish(x),
        ElementFunction.Rsqrt => Functions.Rsqrt(x),
        ElementFunction.Reciprocal => Functions.Reciprocal(x),
        ElementFunction.Square => Functions.Square(x),
        ElementFunction.Negate => Functions.Negate(x),
        ElementFunction.Abs => Functions.Abs(x),
        ElementFunction.Sign => Functions.Sign(x),
        ElementFunction.Sin => Functions.Sin(x),
        ElementFunction.Cos => Functions.Cos(x),
        ElementFunction.Cube => Functions.Pow(x, 3),
        ElementFunction.SquareRoot => Functions.Pow(x, 0.5f),
        ElementFunction.InverseRoot => Functions.Pow(x, -0.5f),
        ElementFunction.Power => Functions.Pow(x, 1.7f),
        ElementFunction.WholePower => Functions.Pow(x, -5),
        ElementFunction.Floor => Functions.Floor(x),
        ElementFunction.Ceiling => Functions.Ceiling(x),
        ElementFunction.Round => Functions.Round(x),
        _ => Functions.Sqrt(x),
    };
}
