using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed unsafe class FunctionsTests
{
    public static TheoryData<int> AllWidths => Widths.All;

    private enum Function
    {
        Exp, Log, Sigmoid, Tanh, Erf, Relu, Silu, Gelu, GeluTanh, Softplus, Mish, Rsqrt, Reciprocal, Square, Negate, Abs, Sqrt, Sign, Sin, Cos, Cube, Root, Inverse, Power, WholePower, Floor, Ceiling, Round,
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Exp_is_within_a_ten_millionth_of_the_double(int width)
    {
        var x = Enumerable.Range(0, 200_001).Select(static i => -87f + (i * (175.5f / 200_000))).ToArray();
        var y = Apply(width, Function.Exp, x);
        for (var i = 0; i < x.Length; i++)
            Assert.True(Math.Abs((y[i] / Math.Exp(x[i])) - 1) <= 1e-7, $"exp({x[i]}) = {y[i]}, not {Math.Exp(x[i])}");
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Exp_of_special_values_is_what_softmax_needs(int width)
    {
        float[] x = [float.NegativeInfinity, -1e30f, -104.6f, 0, -0f, 88.7f, 89, float.PositiveInfinity, float.NaN, -100];
        var y = Apply(width, Function.Exp, x);
        Assert.Equal([0, 0, 0, 1, 1], y[..5]);
        Assert.InRange(y[5], 3.3e38f, 3.4e38f);
        Assert.Equal([float.PositiveInfinity, float.PositiveInfinity, float.NaN], y[6..9]);
        Assert.InRange(y[9], 3.6e-44f, 3.9e-44f);
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Log_follows_the_double_from_subnormals_up(int width)
    {
        var x = Enumerable.Range(0, 100_000).Select(static i => (float)Math.Exp(-100 + (i * 0.00188))).ToArray();
        var y = Apply(width, Function.Log, x);
        for (var i = 0; i < x.Length; i++)
            Assert.True(Math.Abs(y[i] - Math.Log(x[i])) <= 1.5e-7 * Math.Max(0.5, Math.Abs(Math.Log(x[i]))), $"log({x[i]}) = {y[i]}");
        Assert.Equal([float.NegativeInfinity, float.NaN, float.PositiveInfinity, float.NaN, 0],
            Apply(width, Function.Log, [0, -1, float.PositiveInfinity, float.NaN, 1]));
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void The_other_functions_follow_their_definitions(int width)
    {
        var x = Enumerable.Range(0, 40_001).Select(static i => (i - 20_000) * 0.0005f).Concat([1e-6f, -1e-6f, 30, -30, 88, -88]).ToArray();
        Check(Function.Sigmoid, static x => 1 / (1 + Math.Exp(-x)), 0, 3e-7);
        Check(Function.Tanh, Math.Tanh, 0, 3e-7);
        Check(Function.Erf, Erf, 3e-7, 0);
        Check(Function.Relu, static x => Math.Max(0, x), 0, 0);
        Check(Function.Silu, static x => x / (1 + Math.Exp(-x)), 1e-37, 3e-7);
        Check(Function.Gelu, static x => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))), 1e-6, 3e-7);
        Check(Function.GeluTanh, static x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))), 1e-6, 3e-7);
        Check(Function.Softplus, static x => Math.Max(x, 0) + Log1P(Math.Exp(-Math.Abs(x))), 1e-37, 3e-7);
        Check(Function.Mish, static x => x * Math.Tanh(Math.Max(x, 0) + Log1P(Math.Exp(-Math.Abs(x)))), 1e-36, 4e-7);
        Check(Function.Square, static x => x * x, 0, 6e-8);
        Check(Function.Negate, static x => -x, 0, 0);
        Check(Function.Abs, Math.Abs, 0, 0);
        Check(Function.Sign, static x => Math.Sign(x), 0, 0);
        Check(Function.Floor, Math.Floor, 0, 0);
        Check(Function.Ceiling, Math.Ceiling, 0, 0);
        Check(Function.Round, static x => Math.Round(x, MidpointRounding.ToEven), 0, 0);
        Check(Function.Sin, static x => Math.Sin(x), 1.2e-7, 1e-7);
        Check(Function.Cos, static x => Math.Cos(x), 1.2e-7, 1e-7);
        Check(Function.Cube, static x => Math.Pow(x, 3), 0, 1.2e-7);
        x = [.. x.Where(static x => x > 0)];
        Check(Function.Rsqrt, static x => 1 / Math.Sqrt(x), 0, 1.3e-7);
        Check(Function.Reciprocal, static x => 1 / x, 0, 6e-8);
        Check(Function.Sqrt, Math.Sqrt, 0, 6e-8);
        Check(Function.Root, Math.Sqrt, 0, 6e-8);
        Check(Function.Inverse, static x => 1 / Math.Sqrt(x), 0, 1.3e-7);
        Check(Function.WholePower, static x => Math.Pow(x, -5), 0, 4e-7 * 70);
        Check(Function.Power, static x => Math.Pow(x, 1.7f), 0, 4e-7 * 10);

        void Check(Function function, Func<double, double> expected, double absolute, double relative)
        {
            var y = Apply(width, function, x);
            for (var i = 0; i < x.Length; i++)
            {
                var e = expected(x[i]);
                Assert.True(Math.Abs(y[i] - e) <= absolute + (relative * Math.Abs(e)), $"{function}({x[i]}) = {y[i]}, not {e}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Sine_and_cosine_hold_for_large_angles(int width)
    {
        var x = Enumerable.Range(0, 100_000).Select(static i => (i - 50_000) * 2.0007f).Concat(Enumerable.Range(-2000, 4000).Select(static i => (float)(i * Math.PI / 2))).ToArray();
        var (sin, cos) = (Apply(width, Function.Sin, x), Apply(width, Function.Cos, x));
        for (var i = 0; i < x.Length; i++)
        {
            Assert.True(Math.Abs(sin[i] - Math.Sin(x[i])) <= 2e-7, $"sin({x[i]}) = {sin[i]}, not {Math.Sin(x[i])}");
            Assert.True(Math.Abs(cos[i] - Math.Cos(x[i])) <= 2e-7, $"cos({x[i]}) = {cos[i]}, not {Math.Cos(x[i])}");
        }

        Assert.All(Apply(width, Function.Sin, [1e7f, -1e20f, float.MaxValue]), static y => Assert.InRange(y, -1, 1));
        Assert.All(Apply(width, Function.Cos, [float.PositiveInfinity, float.NegativeInfinity, float.NaN]), static y => Assert.True(float.IsNaN(y)));
    }

    [Fact]
    public void Powers_have_the_sign_and_the_limits_of_mathematics()
    {
        foreach (var (x, y) in ((float, float)[])[(-2, 4), (-2, 5), (-1.5f, -3), (0, 2.5f), (0, -2.5f), (0, 0), (-3, 0), (-3, 0.7f), (7, 0), (float.PositiveInfinity, 1.5f), (float.PositiveInfinity, -1.5f), (-4, 0.5f), (-4, 1), (-4, 2), (-4, -1)])
        {
            var (expected, actual) = (MathF.Pow(x, y), Functions.Pow(x, y));
            Assert.True(expected.Equals(actual) || Math.Abs(expected - actual) < 1e-5 * Math.Abs(expected), $"{x}^{y} = {actual}, not {expected}");
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Comparisons_are_the_same_in_lanes_and_alone(int width)
    {
        float[] a = [1, 2, 3, -0f, float.NaN, 5, float.PositiveInfinity, -7, 3], b = [1, 3, 2, 0, 1, float.NaN, float.PositiveInfinity, -7.5f, 4];
        var y = new float[6 * a.Length];
        using var team = new Team(1);
        fixed (float* left = a, right = b, to = y)
            Widths.Rowwise(width, team, 1, new Compare(left, right, to, a.Length));
        for (var i = 0; i < a.Length; i++)
        {
            float[] lanes = [.. Enumerable.Range(0, 6).Select(k => y[(k * a.Length) + i])];
            Assert.Equal([Is(a[i] < b[i]), Is(a[i] <= b[i]), Is(a[i] > b[i]), Is(a[i] >= b[i]), Is(a[i] == b[i]), a[i] != 0 ? b[i] : 9], lanes);
            Assert.Equal([Functions.Less(a[i], b[i]), Functions.LessOrEqual(a[i], b[i]), Functions.Greater(a[i], b[i]), Functions.GreaterOrEqual(a[i], b[i]), Functions.EqualTo(a[i], b[i]), Functions.Where(a[i], b[i], 9)], lanes);
        }

        static float Is(bool condition) => condition ? 1 : 0;
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Every_function_has_the_bits_of_its_scalar_twin_in_full_vectors_and_tails(int width)
    {
        var random = new Random(7);
        float[] x =
        [
            .. random.Floats(1000).Select(static v => v * 20), .. random.Floats(1000), .. random.Floats(500).Select(static v => v * 120),
            0, -0f, float.NegativeInfinity, float.PositiveInfinity, 1e-40f, -1e-40f, float.MaxValue, float.MinValue,
        ];
        foreach (var function in Enum.GetValues<Function>())
        {
            var y = Apply(width, function, x);
            for (var i = 0; i < x.Length; i++)
            {
                var twin = Scalar(function, x[i]);
                Assert.True(Same(y[i], twin), $"{function}({x[i]:R}): {y[i]:R} in lanes, {twin:R} alone");
            }

            for (var n = 1; n <= width; n++)
                Assert.Equal(y[..n], Apply(width, function, x[..n]));
        }
    }

    // NaNs differ in sign and payload between instruction sets; nothing depends on those.
    private static bool Same(float a, float b) =>
        (float.IsNaN(a) && float.IsNaN(b)) || BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b);

    private static float[] Apply(int width, Function function, float[] x)
    {
        var y = new float[x.Length];
        using var team = new Team(1);
        fixed (float* from = x, to = y)
            Widths.Rowwise(width, team, 1, new Map(function, from, to, x.Length));
        return y;
    }

    private static float Scalar(Function function, float x) => function switch
    {
        Function.Exp => Functions.Exp(x),
        Function.Log => Functions.Log(x),
        Function.Sigmoid => Functions.Sigmoid(x),
        Function.Tanh => Functions.Tanh(x),
        Function.Erf => Functions.Erf(x),
        Function.Relu => Functions.Relu(x),
        Function.Silu => Functions.Silu(x),
        Function.Gelu => Functions.Gelu(x),
        Function.GeluTanh => Functions.GeluTanh(x),
        Function.Softplus => Functions.Softplus(x),
        Function.Mish => Functions.Mish(x),
        Function.Rsqrt => Functions.Rsqrt(x),
        Function.Reciprocal => Functions.Reciprocal(x),
        Function.Square => Functions.Square(x),
        Function.Negate => Functions.Negate(x),
        Function.Abs => Functions.Abs(x),
        Function.Sign => Functions.Sign(x),
        Function.Sin => Functions.Sin(x),
        Function.Cos => Functions.Cos(x),
        Function.Cube => Functions.Pow(x, 3),
        Function.Root => Functions.Pow(x, 0.5f),
        Function.Inverse => Functions.Pow(x, -0.5f),
        Function.Power => Functions.Pow(x, 1.7f),
        Function.WholePower => Functions.Pow(x, -5),
        Function.Floor => Functions.Floor(x),
        Function.Ceiling => Functions.Ceiling(x),
        Function.Round => Functions.Round(x),
        _ => Functions.Sqrt(x),
    };

    private static double Log1P(double x) => x > 1e-4 ? Math.Log(1 + x) : x - (x * x / 2) + (x * x * x / 3);

    /// <summary>By its series, which converges for every argument; beyond 6 it is 1 in double precision.</summary>
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

    private readonly struct Compare(float* a, float* b, float* y, int count) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var i = 0; i < count; i += V.Count)
            {
                var (left, right) = (V.LoadFirst(a + i, count - i), V.LoadFirst(b + i, count - i));
                V.StoreFirst(Functions.Less(left, right), y + i, count - i);
                V.StoreFirst(Functions.LessOrEqual(left, right), y + count + i, count - i);
                V.StoreFirst(Functions.Greater(left, right), y + (2 * count) + i, count - i);
                V.StoreFirst(Functions.GreaterOrEqual(left, right), y + (3 * count) + i, count - i);
                V.StoreFirst(Functions.EqualTo(left, right), y + (4 * count) + i, count - i);
                V.StoreFirst(Functions.Where(left, right, V.Broadcast(9)), y + (5 * count) + i, count - i);
            }
        }
    }

    private readonly struct Map(Function function, float* x, float* y, int count) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var i = 0; i < count; i += V.Count)
            {
                var v = V.LoadFirst(x + i, count - i);
                var result = function switch
                {
                    Function.Exp => Functions.Exp(v),
                    Function.Log => Functions.Log(v),
                    Function.Sigmoid => Functions.Sigmoid(v),
                    Function.Tanh => Functions.Tanh(v),
                    Function.Erf => Functions.Erf(v),
                    Function.Relu => Functions.Relu(v),
                    Function.Silu => Functions.Silu(v),
                    Function.Gelu => Functions.Gelu(v),
                    Function.GeluTanh => Functions.GeluTanh(v),
                    Function.Softplus => Functions.Softplus(v),
                    Function.Mish => Functions.Mish(v),
                    Function.Rsqrt => Functions.Rsqrt(v),
                    Function.Reciprocal => Functions.Reciprocal(v),
                    Function.Square => Functions.Square(v),
                    Function.Negate => Functions.Negate(v),
                    Function.Abs => Functions.Abs(v),
                    Function.Sign => Functions.Sign(v),
                    Function.Sin => Functions.Sin(v),
                    Function.Cos => Functions.Cos(v),
                    Function.Cube => Functions.Pow(v, V.Broadcast(3)),
                    Function.Root => Functions.Pow(v, V.Broadcast(0.5f)),
                    Function.Inverse => Functions.Pow(v, V.Broadcast(-0.5f)),
                    Function.Power => Functions.Pow(v, V.Broadcast(1.7f)),
                    Function.WholePower => Functions.Pow(v, V.Broadcast(-5)),
                    Function.Floor => Functions.Floor(v),
                    Function.Ceiling => Functions.Ceiling(v),
                    Function.Round => Functions.Round(v),
                    _ => Functions.Sqrt(v),
                };
                V.StoreFirst(result, y + i, count - i);
            }
        }
    }
}
