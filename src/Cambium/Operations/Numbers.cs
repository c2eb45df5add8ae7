namespace Cambium;

// The elementwise operations on plain numbers, such as 1 / Sqrt(HeadDim): computed when a checkpoint is loaded.
public static partial class Operations
{
    /// <summary>-x</summary>
    public static float Negate(float x) => throw ReadNotRun.Error();

    /// <summary>|x|</summary>
    public static float Abs(float x) => throw ReadNotRun.Error();

    /// <summary>x * x</summary>
    public static float Square(float x) => throw ReadNotRun.Error();

    /// <summary>Square root.</summary>
    public static float Sqrt(float x) => throw ReadNotRun.Error();

    /// <summary>1 / sqrt(x)</summary>
    public static float Rsqrt(float x) => throw ReadNotRun.Error();

    /// <summary>1 / x</summary>
    public static float Reciprocal(float x) => throw ReadNotRun.Error();

    /// <summary>-1 below 0, 1 above, 0 at 0.</summary>
    public static float Sign(float x) => throw ReadNotRun.Error();

    /// <summary>The largest integer not greater than x.</summary>
    public static float Floor(float x) => throw ReadNotRun.Error();

    /// <summary>The smallest integer not less than x.</summary>
    public static float Ceiling(float x) => throw ReadNotRun.Error();

    /// <summary>The nearest integer; halves round to even.</summary>
    public static float Round(float x) => throw ReadNotRun.Error();

    /// <summary>Sine; within 2e-7 for |x| up to 1e5.</summary>
    public static float Sin(float x) => throw ReadNotRun.Error();

    /// <summary>Cosine; within 2e-7 for |x| up to 1e5.</summary>
    public static float Cos(float x) => throw ReadNotRun.Error();

    /// <summary>e^x</summary>
    public static float Exp(float x) => throw ReadNotRun.Error();

    /// <summary>Natural logarithm.</summary>
    public static float Log(float x) => throw ReadNotRun.Error();

    /// <summary>1 / (1 + e^-x)</summary>
    public static float Sigmoid(float x) => throw ReadNotRun.Error();

    /// <summary>Hyperbolic tangent.</summary>
    public static float Tanh(float x) => throw ReadNotRun.Error();

    /// <summary>max(x, 0)</summary>
    public static float Relu(float x) => throw ReadNotRun.Error();

    /// <summary>x * sigmoid(x)</summary>
    public static float Silu(float x) => throw ReadNotRun.Error();

    /// <summary>x * Phi(x), Phi by erf.</summary>
    public static float Gelu(float x) => throw ReadNotRun.Error();

    /// <summary>GELU by the tanh approximation.</summary>
    public static float GeluTanh(float x) => throw ReadNotRun.Error();

    /// <summary>log(1 + e^x)</summary>
    public static float Softplus(float x) => throw ReadNotRun.Error();

    /// <summary>x * tanh(softplus(x)) (Misra 2019)</summary>
    public static float Mish(float x) => throw ReadNotRun.Error();

    /// <summary>left + right</summary>
    public static float Add(float left, float right) => throw ReadNotRun.Error();

    /// <summary>left - right</summary>
    public static float Subtract(float left, float right) => throw ReadNotRun.Error();

    /// <summary>left * right</summary>
    public static float Multiply(float left, float right) => throw ReadNotRun.Error();

    /// <summary>left / right</summary>
    public static float Divide(float left, float right) => throw ReadNotRun.Error();

    /// <summary>The smaller one.</summary>
    public static float Minimum(float left, float right) => throw ReadNotRun.Error();

    /// <summary>The larger one.</summary>
    public static float Maximum(float left, float right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt; right, else 0.</summary>
    public static float Less(float left, float right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt;= right, else 0.</summary>
    public static float LessOrEqual(float left, float right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt; right, else 0.</summary>
    public static float Greater(float left, float right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt;= right, else 0.</summary>
    public static float GreaterOrEqual(float left, float right) => throw ReadNotRun.Error();

    /// <summary>1 where left equals right, else 0.</summary>
    public static float EqualTo(float left, float right) => throw ReadNotRun.Error();

    /// <summary>
    /// x to the power of a number. A negative x needs a whole exponent, else NaN. Exact steps for the exponents 1, 2, 3, -1, 0.5 and -0.5; else
    /// within 4e-7 (1 + |exponent ln|x||) relative.
    /// </summary>
    public static float Pow(float x, float exponent) => throw ReadNotRun.Error();

    /// <summary>a where the condition is not 0, b where it is.</summary>
    public static float Where(float condition, float a, float b) => throw ReadNotRun.Error();
}
