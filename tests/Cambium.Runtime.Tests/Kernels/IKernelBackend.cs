using Cambium.Runtime.Loading;
using Cambium.Runtime.Tests.Cpu;

namespace Cambium.Runtime.Tests.Kernels;

/// <summary>
/// The kernels of a target, on host arrays. A target that implements this interface inherits the numeric suites: a class per suite, one line each.
/// Matrices are row-major.
/// </summary>
public interface IKernelBackend<TSelf>
    where TSelf : IKernelBackend<TSelf>
{
    /// <summary>The variants that this machine can run, such as instruction sets.</summary>
    static abstract IEnumerable<string> Variants { get; }

    static abstract TSelf Open(string variant);

    /// <summary>Elements of a vector operation: the suites test all lengths up to it.</summary>
    int Lanes { get; }

    /// <summary>x[rows, inputs] * weights[outputs, inputs]^T = [rows, outputs].</summary>
    /// <param name="x">[rows, inputs]</param>
    /// <param name="weights">[outputs, inputs], quantized to <paramref name="storage"/> first.</param>
    /// <param name="columns">Columns that a thread computes at a time; 0 to let the kernel choose.</param>
    float[] Product(float[] x, float[] weights, int inputs, int columns = 0, int threads = 1, WeightStorage storage = WeightStorage.F32);

    /// <summary>The rows of a quantized table as f32.</summary>
    /// <param name="table">[count, width]</param>
    /// <param name="ids">The rows to gather.</param>
    float[] Gather(float[] table, int width, int[] ids, WeightStorage storage = WeightStorage.F32);

    /// <summary>Attention of all rows of a tree.</summary>
    /// <param name="chunkSize">Tokens in a chunk of the KV cache.</param>
    /// <param name="blockOf">The block of each row in tree order: non-decreasing from 0.</param>
    float[] Attend(AttentionTree tree, int chunkSize, int threads, Func<int, int> blockOf, ScoreFunction score = ScoreFunction.Plain);

    /// <summary>A function of each element.</summary>
    float[] Map(ElementFunction function, float[] x);

    /// <summary>[6, n]: a &lt; b, a &lt;= b, a > b, a >= b, a == b (1 or 0), and b where a is not 0, else 9.</summary>
    float[] Compare(float[] a, float[] b);

    /// <summary>Rotary embedding of the pairs (i, i + count / 2) of the first <paramref name="count"/> elements; the others stay.</summary>
    /// <param name="cos">[count / 2]</param>
    /// <param name="sin">[count / 2]</param>
    float[] Rotate(float[] x, int count, float[] cos, float[] sin);

    /// <summary>The same for the pairs (2 i, 2 i + 1).</summary>
    float[] RotateInterleaved(float[] x, int count, float[] cos, float[] sin);
}

/// <summary>What happens to a score before the softmax.</summary>
public enum ScoreFunction
{
    Plain,

    /// <summary>Minus 0.25 * (head + 1) * (query position - key position).</summary>
    Distance,

    /// <summary>Negative infinity for each key.</summary>
    Hidden,
}

/// <summary>Functions of one element. The last five are powers: 3, 0.5, -0.5, 1.7, -5.</summary>
public enum ElementFunction
{
    Exp, Log, Sigmoid, Tanh, Erf, Relu, Silu, Gelu, GeluTanh, Softplus, Mish, Rsqrt, Reciprocal, Square, Negate, Abs, Sqrt, Sign, Sin, Cos,
    Floor, Ceiling, Round, Cube, SquareRoot, InverseRoot, Power, WholePower,
}
