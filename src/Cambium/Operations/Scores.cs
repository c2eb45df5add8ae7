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
}
