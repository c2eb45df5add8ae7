namespace Cambium;

/// <summary>
/// The operations of a model's <c>Forward</c>. They compute nothing themselves: the generator compiles the calls to kernels.
/// A call outside a class with <see cref="ModelAttribute"/> or <see cref="BlockAttribute"/> throws.
/// </summary>
public static partial class Operations
{
    /// <summary>x weight^T (+ bias).</summary>
    /// <param name="x">[T, in], or [T, heads, in] for each head.</param>
    /// <param name="weight">[out, in], the layout of checkpoints.</param>
    /// <param name="bias">[out]</param>
    /// <returns>[T, out], or [T, heads, out]</returns>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null) => throw ReadNotRun.Error();

    /// <summary>x / sqrt(mean(x^2) + epsilon) * weight over the last axis (Zhang and Sennrich 2019).</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="weight">[n]</param>
    /// <param name="epsilon">A literal or an option.</param>
    public static Tensor RmsNorm(Tensor x, Tensor? weight, double epsilon) => throw ReadNotRun.Error();

    /// <summary>x / sqrt(mean(x^2) + epsilon) over the last axis.</summary>
    /// <inheritdoc cref="RmsNorm(Tensor, Tensor, double)"/>
    public static Tensor RmsNorm(Tensor x, double epsilon) => throw ReadNotRun.Error();

    /// <summary>(x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis (Ba et al. 2016).</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="weight">[n]</param>
    /// <param name="bias">[n]</param>
    /// <param name="epsilon">A literal or an option.</param>
    public static Tensor LayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon) => throw ReadNotRun.Error();

    /// <summary>(x - mean) / sqrt(variance + epsilon) * weight over the last axis.</summary>
    /// <inheritdoc cref="LayerNorm(Tensor, Tensor, Tensor, double)"/>
    public static Tensor LayerNorm(Tensor x, Tensor? weight, double epsilon) => throw ReadNotRun.Error();

    /// <summary>(x - mean) / sqrt(variance + epsilon) over the last axis.</summary>
    /// <inheritdoc cref="LayerNorm(Tensor, Tensor, Tensor, double)"/>
    public static Tensor LayerNorm(Tensor x, double epsilon) => throw ReadNotRun.Error();

    /// <summary>e^x divided by its sum over an axis.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1: the last axis; -2: the heads of [T, heads, size].</param>
    public static Tensor Softmax(Tensor x, int axis = -1) => throw ReadNotRun.Error();

    /// <summary>min(max(x, low), high), elementwise.</summary>
    public static Tensor Clamp(Tensor x, Tensor low, Tensor high) => throw ReadNotRun.Error();

    /// <summary>The elements of each row in another shape.</summary>
    /// <param name="x">[T, ..]</param>
    /// <param name="trailing">The axes after T; their product is the number of elements of a row.</param>
    /// <returns>[T, trailing..]</returns>
    public static Tensor Reshape(Tensor x, params int[] trailing) => throw ReadNotRun.Error();

    /// <summary>
    /// Elements begin .. begin + count of the last axis. If a tensor of the checkpoint holds several matrices, slices of its product read them as
    /// separate weights, without a copy.
    /// </summary>
    /// <param name="x">[T, .., n]</param>
    /// <returns>[T, .., count]</returns>
    public static Tensor Slice(Tensor x, int begin, int count) => throw ReadNotRun.Error();

    /// <summary>Matrix product for each token.</summary>
    /// <param name="a">[T, n, k], [T, batch, n, k], a row [T, k], or a weight [n, k]</param>
    /// <param name="b">[T, k, m], [T, batch, k, m], or a weight [k, m]</param>
    /// <returns>[T, n, m], [T, batch, n, m] or [T, m]</returns>
    public static Tensor MatMul(Tensor a, Tensor b) => throw ReadNotRun.Error();

    /// <summary>
    /// The last axis in two slices: <c>var (gate, up) = Split(x, n, n)</c>. As with <see cref="Slice"/>, slices of a product need no copy.
    /// </summary>
    /// <param name="x">[T, .., first + second]</param>
    /// <returns>[T, .., first] and [T, .., second]</returns>
    public static (Tensor First, Tensor Second) Split(Tensor x, int first, int second) => throw ReadNotRun.Error();

    /// <summary>The last axis in three slices.</summary>
    /// <inheritdoc cref="Split(Tensor, int, int)"/>
    public static (Tensor First, Tensor Second, Tensor Third) Split(Tensor x, int first, int second, int third) => throw ReadNotRun.Error();

    /// <summary>The last axis in four slices.</summary>
    /// <inheritdoc cref="Split(Tensor, int, int)"/>
    public static (Tensor First, Tensor Second, Tensor Third, Tensor Fourth) Split(Tensor x, int first, int second, int third, int fourth) =>
        throw ReadNotRun.Error();

    /// <summary>Concatenation along the last axis.</summary>
    /// <param name="parts">[T, .., n], [T, .., m], ..: all axes except the last are equal.</param>
    /// <returns>[T, .., n + m + ..]</returns>
    public static Tensor Concat(params Tensor[] parts) => throw ReadNotRun.Error();

    /// <summary>Each head repeated several times, as for grouped-query attention.</summary>
    /// <param name="x">[T, heads, size]</param>
    /// <returns>[T, heads * times, size]</returns>
    public static Tensor Repeat(Tensor x, int times) => throw ReadNotRun.Error();

    /// <summary>The last two axes exchanged.</summary>
    /// <param name="x">[T, a, b], or a weight [a, b].</param>
    /// <returns>[T, b, a]</returns>
    public static Tensor Transpose(Tensor x) => throw ReadNotRun.Error();

    /// <summary>The numbers 0, 1, .. count - 1. An expression of weights and constants only is computed once, when a checkpoint is loaded.</summary>
    /// <returns>[count]</returns>
    public static Tensor Range(int count) => throw ReadNotRun.Error();

    /// <summary>Ids or positions as floats, for arithmetic: <c>Cast(Positions(tokens)) * Frequencies</c>.</summary>
    /// <returns>[T, 1]</returns>
    public static Tensor Cast(Tokens tokens) => throw ReadNotRun.Error();

    /// <summary>The position of each token in its sequence, from 0: the index of a table of learned positions.</summary>
    /// <returns>[T]</returns>
    public static Tokens Positions(Tokens tokens) => throw ReadNotRun.Error();

    /// <summary>
    /// Ids plus an offset, for tables with reserved first rows: <c>Table[Shift(Positions(tokens), 2)]</c>, or <c>Table[Positions(tokens) + 2]</c>.
    /// </summary>
    /// <param name="by">A literal, a dim or an int option.</param>
    /// <returns>[T]</returns>
    public static Tokens Shift(Tokens tokens, int by) => throw ReadNotRun.Error();

    /// <summary>Rotary position embedding of each head (Su et al. 2021).</summary>
    /// <param name="x">[T, heads, size]</param>
    /// <param name="rotary">An option of this type.</param>
    /// <param name="interleaved">Rotates the pairs (x[2i], x[2i+1]) instead of (x[i], x[i + size/2]).</param>
    public static Tensor Rotate(Tensor x, Rotary rotary, bool interleaved = false) => throw ReadNotRun.Error();

    /// <summary>
    /// Softmax attention over all tokens of the sequence so far; keys and values are stored in the KV cache (a tree of shared prefixes).
    /// </summary>
    /// <param name="q">[T, heads, size]</param>
    /// <param name="k">[T, kv heads, size]; heads is a multiple of kv heads (grouped-query attention).</param>
    /// <param name="v">[T, kv heads, value size]</param>
    /// <param name="window">Sliding window: keys at this distance or more are masked, on both sides without causality; 0 means no window.</param>
    /// <param name="scale">Factor of q.k; 0 means 1 / sqrt(size).</param>
    /// <param name="score">Changes the scaled score before the softmax.</param>
    /// <param name="visible">A further mask: 0 hides the key from the query. A query without a visible key gets zeros.</param>
    /// <param name="sinks">[heads] attention sinks: a score per head that takes part in the softmax but has no value (Xiao et al. 2023).</param>
    /// <param name="causal">
    /// A literal or a constant. True: a query sees keys up to its own position. False: it sees all keys, as in encoders; then all tokens of a
    /// sequence run in one step.
    /// </param>
    /// <returns>[T, heads, value size]</returns>
    public static Tensor Attend(
        Tensor q,
        Tensor k,
        Tensor v,
        int window = 0,
        double scale = 0,
        ScoreFunction? score = null,
        VisibilityFunction? visible = null,
        Tensor? sinks = null,
        bool causal = true) => throw ReadNotRun.Error();

    /// <summary>Mean over the last axis, which gets the length 1, or over the axis before it.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1: the last axis; -2: the heads of [T, heads, size].</param>
    public static Tensor Mean(Tensor x, int axis = -1) => throw ReadNotRun.Error();

    /// <summary>Sum over the last axis, which gets the length 1, or over the axis before it.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1: the last axis; -2: the heads of [T, heads, size].</param>
    public static Tensor Sum(Tensor x, int axis = -1) => throw ReadNotRun.Error();

    /// <summary>Maximum over the last axis, which gets the length 1, or over the axis before it.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1: the last axis; -2: the heads of [T, heads, size].</param>
    public static Tensor MaximumOf(Tensor x, int axis = -1) => throw ReadNotRun.Error();
}
