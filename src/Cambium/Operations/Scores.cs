namespace Cambium;

// The elementwise operations inside a score function.
public static partial class Operations
{
    /// <summary>-x</summary>
    public static Score Negate(Score x) => throw ReadNotRun.Error();

    /// <summary>|x|</summary>
    public static Score Abs(Score x) => throw ReadNotRun.Error();

    /// <summary>x * x</summary>
    public static Score Square(Score x) => throw ReadNotRun.Error();

    /// <summary>Square root.</summary>
    public static Score Sqrt(Score x) => throw ReadNotRun.Error();

    /// <summary>1 / sqrt(x)</summary>
    public static Score Rsqrt(Score x) => throw ReadNotRun.Error();

    /// <summary>1 / x</summary>
    public static Score Reciprocal(Score x) => throw ReadNotRun.Error();

    /// <summary>-1 below 0, 1 above, 0 at 0.</summary>
    public static Score Sign(Score x) => throw ReadNotRun.Error();

    /// <summary>The largest integer not greater than x.</summary>
    public static Score Floor(Score x) => throw ReadNotRun.Error();

    /// <summary>The smallest integer not less than x.</summary>
    public static Score Ceiling(Score x) => throw ReadNotRun.Error();

    /// <summary>The nearest integer; halves round to even.</summary>
    public static Score Round(Score x) => throw ReadNotRun.Error();

    /// <summary>Sine; within 2e-7 for |x| up to 1e5.</summary>
    public static Score Sin(Score x) => throw ReadNotRun.Error();

    /// <summary>Cosine; within 2e-7 for |x| up to 1e5.</summary>
    public static Score Cos(Score x) => throw ReadNotRun.Error();

    /// <summary>e^x</summary>
    public static Score Exp(Score x) => throw ReadNotRun.Error();

    /// <summary>Natural logarithm.</summary>
    public static Score Log(Score x) => throw ReadNotRun.Error();

    /// <summary>1 / (1 + e^-x)</summary>
    public static Score Sigmoid(Score x) => throw ReadNotRun.Error();

    /// <summary>Hyperbolic tangent.</summary>
    public static Score Tanh(Score x) => throw ReadNotRun.Error();

    /// <summary>max(x, 0)</summary>
    public static Score Relu(Score x) => throw ReadNotRun.Error();

    /// <summary>x * sigmoid(x)</summary>
    public static Score Silu(Score x) => throw ReadNotRun.Error();

    /// <summary>x * Phi(x), Phi by erf.</summary>
    public static Score Gelu(Score x) => throw ReadNotRun.Error();

    /// <summary>GELU by the tanh approximation.</summary>
    public static Score GeluTanh(Score x) => throw ReadNotRun.Error();

    /// <summary>log(1 + e^x)</summary>
    public static Score Softplus(Score x) => throw ReadNotRun.Error();

    /// <summary>x * tanh(softplus(x)) (Misra 2019)</summary>
    public static Score Mish(Score x) => throw ReadNotRun.Error();

    /// <summary>left + right</summary>
    public static Score Add(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>left - right</summary>
    public static Score Subtract(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>left * right</summary>
    public static Score Multiply(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>left / right</summary>
    public static Score Divide(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>The smaller one.</summary>
    public static Score Minimum(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>The larger one.</summary>
    public static Score Maximum(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt; right, else 0.</summary>
    public static Score Less(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt;= right, else 0.</summary>
    public static Score LessOrEqual(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt; right, else 0.</summary>
    public static Score Greater(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt;= right, else 0.</summary>
    public static Score GreaterOrEqual(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>1 where left equals right, else 0.</summary>
    public static Score EqualTo(Score left, Score right) => throw ReadNotRun.Error();

    /// <summary>
    /// x to the power of a number. A negative x needs a whole exponent, else NaN. Exact steps for the exponents 1, 2, 3, -1, 0.5 and -0.5; else
    /// within 4e-7 (1 + |exponent ln|x||) relative.
    /// </summary>
    public static Score Pow(Score x, double exponent) => throw ReadNotRun.Error();

    /// <summary>a where the condition is not 0, b where it is.</summary>
    public static Score Where(Score condition, Score a, Score b) => throw ReadNotRun.Error();
}
