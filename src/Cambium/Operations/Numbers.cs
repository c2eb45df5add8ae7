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
}
