namespace Cambium;

// Element by element; operands of different shapes broadcast.
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

    /// <summary>x * Phi(x), Phi by erf.</summary>
    public static Tensor Gelu(Tensor x) => throw ReadNotRun.Error();

    /// <summary>GELU by the tanh approximation.</summary>
    public static Tensor GeluTanh(Tensor x) => throw ReadNotRun.Error();

    /// <summary>log(1 + e^x)</summary>
    public static Tensor Softplus(Tensor x) => throw ReadNotRun.Error();

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
}
