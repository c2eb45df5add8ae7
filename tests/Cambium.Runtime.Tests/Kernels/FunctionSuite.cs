using Xunit;

namespace Cambium.Runtime.Tests.Kernels;

public abstract class FunctionSuite<TBackend> : KernelSuite<TBackend>
    where TBackend : IKernelBackend<TBackend>
{
    [Theory]
    [MemberData(nameof(Variants))]
    public void Exp_has_a_relative_error_of_at_most_1e_7(string variant)
    {
        var x = Enumerable.Range(0, 200_001).Select(static i => -87f + (i * (175.5f / 200_000))).ToArray();
        var y = TBackend.Open(variant).Map(ElementFunction.Exp, x);
        for (var i = 0; i < x.Length; i++)
            Assert.True(Math.Abs((y[i] / Math.Exp(x[i])) - 1) <= 1e-7, $"exp({x[i]}) = {y[i]}, not {Math.Exp(x[i])}");
    }

    // The values that a softmax depends on: exp(-infinity) is 0 and exp(0) is exactly 1.
    [Theory]
    [MemberData(nameof(Variants))]
    public void Exp_of_special_values_is_correct(string variant)
    {
        float[] x = [float.NegativeInfinity, -1e30f, -104.6f, 0, -0f, 88.7f, 89, float.PositiveInfinity, float.NaN, -100];
        var y = TBackend.Open(variant).Map(ElementFunction.Exp, x);
        Assert.Equal([0, 0, 0, 1, 1], y[..5]);
        Assert.InRange(y[5], 3.3e38f, 3.4e38f);
        Assert.Equal([float.PositiveInfinity, float.PositiveInfinity, float.NaN], y[6..9]);
        Assert.InRange(y[9], 3.6e-44f, 3.9e-44f);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Log_matches_double_precision_from_subnormals_up(string variant)
    {
        var backend = TBackend.Open(variant);
        var x = Enumerable.Range(0, 100_000).Select(static i => (float)Math.Exp(-100 + (i * 0.00188))).ToArray();
        var y = backend.Map(ElementFunction.Log, x);
        for (var i = 0; i < x.Length; i++)
            Assert.True(Math.Abs(y[i] - Math.Log(x[i])) <= 1.5e-7 * Math.Max(0.5, Math.Abs(Math.Log(x[i]))), $"log({x[i]}) = {y[i]}");
        Assert.Equal([float.NegativeInfinity, float.NaN, float.PositiveInfinity, float.NaN, 0],
            backend.Map(ElementFunction.Log, [0, -1, float.PositiveInfinity, float.NaN, 1]));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_other_functions_match_their_definitions(string variant)
    {
        var backend = TBackend.Open(variant);
        var x = Enumerable.Range(0, 40_001).Select(static i => (i - 20_000) * 0.0005f).Concat([1e-6f, -1e-6f, 30, -30, 88, -88]).ToArray();
        Check(ElementFunction.Sigmoid, static x => 1 / (1 + Math.Exp(-x)), 0, 3e-7);
        Check(ElementFunction.Tanh, Math.Tanh, 0, 3e-7);
        Check(ElementFunction.Erf, Erf, 3e-7, 0);
        Check(ElementFunction.Relu, static x => Math.Max(0, x), 0, 0);
        Check(ElementFunction.Silu, static x => x / (1 + Math.Exp(-x)), 1e-37, 3e-7);
        Check(ElementFunction.Gelu, static x => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))), 1e-6, 3e-7);
        Check(ElementFunction.GeluTanh, static x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))), 1e-6, 3e-7);
        Check(ElementFunction.Softplus, static x => Math.Max(x, 0) + Log1P(Math.Exp(-Math.Abs(x))), 1e-37, 3e-7);
        Check(ElementFunction.Mish, static x => x * Math.Tanh(Math.Max(x, 0) + Log1P(Math.Exp(-Math.Abs(x)))), 1e-36, 4e-7);
        Check(ElementFunction.Square, static x => x * x, 0, 6e-8);
        Check(ElementFunction.Negate, static x => -x, 0, 0);
        Check(ElementFunction.Abs, Math.Abs, 0, 0);
        Check(ElementFunction.Sign, static x => Math.Sign(x), 0, 0);
        Check(ElementFunction.Floor, Math.Floor, 0, 0);
        Check(ElementFunction.Ceiling, Math.Ceiling, 0, 0);
        Check(ElementFunction.Round, static x => Math.Round(x, MidpointRounding.ToEven), 0, 0);
        Check(ElementFunction.Sin, static x => Math.Sin(x), 1.2e-7, 1e-7);
        Check(ElementFunction.Cos, static x => Math.Cos(x), 1.2e-7, 1e-7);
        Check(ElementFunction.Cube, static x => Math.Pow(x, 3), 0, 1.2e-7);
        x = [.. x.Where(static x => x > 0)];
        Check(ElementFunction.Rsqrt, static x => 1 / Math.Sqrt(x), 0, 1.3e-7);
        Check(ElementFunction.Reciprocal, static x => 1 / x, 0, 6e-8);
        Check(ElementFunction.Sqrt, Math.Sqrt, 0, 6e-8);
        Check(ElementFunction.SquareRoot, Math.Sqrt, 0, 6e-8);
        Check(ElementFunction.InverseRoot, static x => 1 / Math.Sqrt(x), 0, 1.3e-7);
        Check(ElementFunction.WholePower, static x => Math.Pow(x, -5), 0, 4e-7 * 70);
        Check(ElementFunction.Power, static x => Math.Pow(x, 1.7f), 0, 4e-7 * 10);

        void Check(ElementFunction function, Func<double, double> expected, double absolute, double relative)
        {
            var y = backend.Map(function, x);
            for (var i = 0; i < x.Length; i++)
            {
                var e = expected(x[i]);
                Assert.True(Math.Abs(y[i] - e) <= absolute + (relative * Math.Abs(e)), $"{function}({x[i]}) = {y[i]}, not {e}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Sine_and_cosine_are_accurate_for_large_angles(string variant)
    {
        var backend = TBackend.Open(variant);
        var x = Enumerable.Range(0, 100_000).Select(static i => (i - 50_000) * 2.0007f)
            .Concat(Enumerable.Range(-2000, 4000).Select(static i => (float)(i * Math.PI / 2))).ToArray();
        var (sin, cos) = (backend.Map(ElementFunction.Sin, x), backend.Map(ElementFunction.Cos, x));
        for (var i = 0; i < x.Length; i++)
        {
            Assert.True(Math.Abs(sin[i] - Math.Sin(x[i])) <= 2e-7, $"sin({x[i]}) = {sin[i]}, not {Math.Sin(x[i])}");
            Assert.True(Math.Abs(cos[i] - Math.Cos(x[i])) <= 2e-7, $"cos({x[i]}) = {cos[i]}, not {Math.Cos(x[i])}");
        }

        Assert.All(backend.Map(ElementFunction.Sin, [1e7f, -1e20f, float.MaxValue]), static y => Assert.InRange(y, -1, 1));
        var undefined = backend.Map(ElementFunction.Cos, [float.PositiveInfinity, float.NegativeInfinity, float.NaN]);
        Assert.All(undefined, static y => Assert.True(float.IsNaN(y)));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Comparisons_give_one_or_zero(string variant)
    {
        float[] a = [1, 2, 3, -0f, float.NaN, 5, float.PositiveInfinity, -7, 3], b = [1, 3, 2, 0, 1, float.NaN, float.PositiveInfinity, -7.5f, 4];
        var y = TBackend.Open(variant).Compare(a, b);
        for (var i = 0; i < a.Length; i++)
        {
            float[] results = [.. Enumerable.Range(0, 6).Select(k => y[(k * a.Length) + i])];
            Assert.Equal([Is(a[i] < b[i]), Is(a[i] <= b[i]), Is(a[i] > b[i]), Is(a[i] >= b[i]), Is(a[i] == b[i]), a[i] != 0 ? b[i] : 9], results);
        }

        static float Is(bool condition) => condition ? 1 : 0;
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_tail_has_the_bits_of_full_vectors(string variant)
    {
        var backend = TBackend.Open(variant);
        var x = new Random(7).Floats(1000);
        foreach (var function in Enum.GetValues<ElementFunction>())
        {
            var y = backend.Map(function, x);
            for (var n = 1; n <= backend.Lanes; n++)
                Assert.Equal(y[..n], backend.Map(function, x[..n]));
        }
    }

    private static double Log1P(double x) => x > 1e-4 ? Math.Log(1 + x) : x - (x * x / 2) + (x * x * x / 3);

    /// <summary>The series of erf, which converges for each argument. From 6 on, erf is 1 in double precision.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        double sum = x, term = x;
        for (var n = 1; n < 200; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
