namespace Cambium;

// Elementwise operations; operands of different shapes broadcast.
public static partial class Operations
{
    /// <summary>-x</summary>
    public static Tensor Negate(Tensor x) => throw ReadNotRun.Error();

    /// <summary>|x|</summary>
    public static Tensor Abs(Tensor x) => throw ReadNotRun.Error();

    /// <summary>x * x</summary>
    public static Tensor Square(Tensor x) => throw ReadNotRun.Error();

    /// <summary>Square root.</summary>
    public static Tensor Sqrt(Tensor x) => throw ReadNotRun.Error();

    /// <summary>1 / sqrt(x)</summary>
    public static Tensor Rsqrt(Tensor x) => throw ReadNotRun.Error();

    /// <summary>1 / x</summary>
    public static Tensor Reciprocal(Tensor x) => throw ReadNotRun.Error();

    /// <summary>-1 below 0, 1 above, 0 at 0.</summary>
    public static Tensor Sign(Tensor x) => throw ReadNotRun.Error();

    /// <summary>The largest integer not greater than x.</summary>
    public static Tensor Floor(Tensor x) => throw ReadNotRun.Error();

    /// <summary>The smallest integer not less than x.</summary>
    public static Tensor Ceiling(Tensor x) => throw ReadNotRun.Error();

    /// <summary>The nearest integer; halves round to even.</summary>
    public static Tensor Round(Tensor x) => throw ReadNotRun.Error();

    /// <summary>Sine; within 2e-7 for |x| up to 1e5.</summary>
    public static Tensor Sin(Tensor x) => throw ReadNotRun.Error();

    /// <summary>Cosine; within 2e-7 for |x| up to 1e5.</summary>
    public static Tensor Cos(Tensor x) => throw ReadNotRun.Error();

    /// <summary>e^x</summary>
    public static Tensor Exp(Tensor x) => throw ReadNotRun.Error();

    /// <summary>Natural logarithm.</summary>
    public static Tensor Log(Tensor x) => throw ReadNotRun.Error();

    /// <summary>1 / (1 + e^-x)</summary>
    public static Tensor Sigmoid(Tensor x) => throw ReadNotRun.Error();

    /// <summary>Hyperbolic tangent.</summary>
    public static Tensor Tanh(Tensor x) => throw ReadNotRun.Error();

    /// <summary>max(x, 0)</summary>
    public static Tensor Relu(Tensor x) => throw ReadNotRun.Error();

    /// <summary>x * sigmoid(x)</summary>
    public static Tensor Silu(Tensor x) => throw ReadNotRun.Error();

    /// <summary>x * Phi(x), with the normal distribution Phi computed by erf.</summary>
    public static Tensor Gelu(Tensor x) => throw ReadNotRun.Error();

    /// <summary>GELU with the tanh approximation.</summary>
    public static Tensor GeluTanh(Tensor x) => throw ReadNotRun.Error();

    /// <summary>log(1 + e^x)</summary>
    public static Tensor Softplus(Tensor x) => throw ReadNotRun.Error();

    /// <summary>x * tanh(softplus(x)) (Misra 2019)</summary>
    public static Tensor Mish(Tensor x) => throw ReadNotRun.Error();

    /// <summary>left + right</summary>
    public static Tensor Add(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>left - right</summary>
    public static Tensor Subtract(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>left * right</summary>
    public static Tensor Multiply(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>left / right</summary>
    public static Tensor Divide(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>The smaller one.</summary>
    public static Tensor Minimum(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>The larger one.</summary>
    public static Tensor Maximum(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt; right, else 0.</summary>
    public static Tensor Less(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt;= right, else 0.</summary>
    public static Tensor LessOrEqual(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt; right, else 0.</summary>
    public static Tensor Greater(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt;= right, else 0.</summary>
    public static Tensor GreaterOrEqual(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>1 where left equals right, else 0.</summary>
    public static Tensor EqualTo(Tensor left, Tensor right) => throw ReadNotRun.Error();

    /// <summary>
    /// x to the power of a number. NaN for a negative x and an exponent that is not an integer. Exact steps for the exponents 1, 2, 3, -1, 0.5 and
    /// -0.5; otherwise a relative error of at most 4e-7 (1 + |exponent ln|x||).
    /// </summary>
    public static Tensor Pow(Tensor x, double exponent) => throw ReadNotRun.Error();

    /// <summary>a where the condition is not 0, otherwise b.</summary>
    public static Tensor Where(Tensor condition, Tensor a, Tensor b) => throw ReadNotRun.Error();
}
