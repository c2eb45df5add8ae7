namespace Cambium;

// The elementwise operations on plain numbers, such as 1 / Sqrt(HeadDim): computed when a checkpoint is loaded.
public static partial class Operations
{
    /// <summary>-x</summary>
    public static float Negate(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Negate(float)"/>
    public static double Negate(double x) => throw ReadNotRun.Error();

    /// <summary>|x|</summary>
    public static float Abs(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Abs(float)"/>
    public static double Abs(double x) => throw ReadNotRun.Error();

    /// <summary>x * x</summary>
    public static float Square(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Square(float)"/>
    public static double Square(double x) => throw ReadNotRun.Error();

    /// <summary>Square root.</summary>
    public static float Sqrt(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Sqrt(float)"/>
    public static double Sqrt(double x) => throw ReadNotRun.Error();

    /// <summary>1 / sqrt(x)</summary>
    public static float Rsqrt(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Rsqrt(float)"/>
    public static double Rsqrt(double x) => throw ReadNotRun.Error();

    /// <summary>1 / x</summary>
    public static float Reciprocal(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Reciprocal(float)"/>
    public static double Reciprocal(double x) => throw ReadNotRun.Error();

    /// <summary>-1 below 0, 1 above, 0 at 0.</summary>
    public static float Sign(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Sign(float)"/>
    public static double Sign(double x) => throw ReadNotRun.Error();

    /// <summary>The largest integer not greater than x.</summary>
    public static float Floor(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Floor(float)"/>
    public static double Floor(double x) => throw ReadNotRun.Error();

    /// <summary>The smallest integer not less than x.</summary>
    public static float Ceiling(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Ceiling(float)"/>
    public static double Ceiling(double x) => throw ReadNotRun.Error();

    /// <summary>The nearest integer; halves round to even.</summary>
    public static float Round(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Round(float)"/>
    public static double Round(double x) => throw ReadNotRun.Error();

    /// <summary>Sine; within 2e-7 for |x| up to 1e5.</summary>
    public static float Sin(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Sin(float)"/>
    public static double Sin(double x) => throw ReadNotRun.Error();

    /// <summary>Cosine; within 2e-7 for |x| up to 1e5.</summary>
    public static float Cos(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Cos(float)"/>
    public static double Cos(double x) => throw ReadNotRun.Error();

    /// <summary>e^x</summary>
    public static float Exp(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Exp(float)"/>
    public static double Exp(double x) => throw ReadNotRun.Error();

    /// <summary>Natural logarithm.</summary>
    public static float Log(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Log(float)"/>
    public static double Log(double x) => throw ReadNotRun.Error();

    /// <summary>1 / (1 + e^-x)</summary>
    public static float Sigmoid(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Sigmoid(float)"/>
    public static double Sigmoid(double x) => throw ReadNotRun.Error();

    /// <summary>Hyperbolic tangent.</summary>
    public static float Tanh(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Tanh(float)"/>
    public static double Tanh(double x) => throw ReadNotRun.Error();

    /// <summary>max(x, 0)</summary>
    public static float Relu(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Relu(float)"/>
    public static double Relu(double x) => throw ReadNotRun.Error();

    /// <summary>x * sigmoid(x)</summary>
    public static float Silu(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Silu(float)"/>
    public static double Silu(double x) => throw ReadNotRun.Error();

    /// <summary>x * Phi(x), Phi by erf.</summary>
    public static float Gelu(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Gelu(float)"/>
    public static double Gelu(double x) => throw ReadNotRun.Error();

    /// <summary>GELU by the tanh approximation.</summary>
    public static float GeluTanh(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="GeluTanh(float)"/>
    public static double GeluTanh(double x) => throw ReadNotRun.Error();

    /// <summary>log(1 + e^x)</summary>
    public static float Softplus(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Softplus(float)"/>
    public static double Softplus(double x) => throw ReadNotRun.Error();

    /// <summary>x * tanh(softplus(x)) (Misra 2019)</summary>
    public static float Mish(float x) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Mish(float)"/>
    public static double Mish(double x) => throw ReadNotRun.Error();

    /// <summary>left + right</summary>
    public static float Add(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Add(float, float)"/>
    public static double Add(double left, double right) => throw ReadNotRun.Error();

    /// <summary>left - right</summary>
    public static float Subtract(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Subtract(float, float)"/>
    public static double Subtract(double left, double right) => throw ReadNotRun.Error();

    /// <summary>left * right</summary>
    public static float Multiply(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Multiply(float, float)"/>
    public static double Multiply(double left, double right) => throw ReadNotRun.Error();

    /// <summary>left / right</summary>
    public static float Divide(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Divide(float, float)"/>
    public static double Divide(double left, double right) => throw ReadNotRun.Error();

    /// <summary>The smaller one.</summary>
    public static float Minimum(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Minimum(float, float)"/>
    public static double Minimum(double left, double right) => throw ReadNotRun.Error();

    /// <summary>The larger one.</summary>
    public static float Maximum(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Maximum(float, float)"/>
    public static double Maximum(double left, double right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt; right, else 0.</summary>
    public static float Less(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Less(float, float)"/>
    public static double Less(double left, double right) => throw ReadNotRun.Error();

    /// <summary>1 where left &lt;= right, else 0.</summary>
    public static float LessOrEqual(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="LessOrEqual(float, float)"/>
    public static double LessOrEqual(double left, double right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt; right, else 0.</summary>
    public static float Greater(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Greater(float, float)"/>
    public static double Greater(double left, double right) => throw ReadNotRun.Error();

    /// <summary>1 where left &gt;= right, else 0.</summary>
    public static float GreaterOrEqual(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="GreaterOrEqual(float, float)"/>
    public static double GreaterOrEqual(double left, double right) => throw ReadNotRun.Error();

    /// <summary>1 where left equals right, else 0.</summary>
    public static float EqualTo(float left, float right) => throw ReadNotRun.Error();

    /// <inheritdoc cref="EqualTo(float, float)"/>
    public static double EqualTo(double left, double right) => throw ReadNotRun.Error();

    /// <summary>
    /// x to the power of a number. A negative x needs a whole exponent, else NaN. Exact steps for the exponents 1, 2, 3, -1, 0.5 and -0.5; else
    /// within 4e-7 (1 + |exponent ln|x||) relative.
    /// </summary>
    public static float Pow(float x, float exponent) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Pow(float, float)"/>
    public static double Pow(double x, double exponent) => throw ReadNotRun.Error();

    /// <summary>a where the condition is not 0, b where it is.</summary>
    public static float Where(float condition, float a, float b) => throw ReadNotRun.Error();

    /// <inheritdoc cref="Where(float, float, float)"/>
    public static double Where(double condition, double a, double b) => throw ReadNotRun.Error();
}
