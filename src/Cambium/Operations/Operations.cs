namespace Cambium;

/// <summary>
/// The operations of a model's <c>Forward</c>. They describe, they do not compute: the generator reads the calls and writes kernels.
/// Calling one outside a class with <see cref="ModelAttribute"/> or <see cref="BlockAttribute"/> throws.
/// </summary>
public static partial class Operations
{
    /// <summary>x weight^T (+ bias).</summary>
    /// <param name="x">[T, in], or [T, heads, in] for each head.</param>
    /// <param name="weight">[out, in], as checkpoints store it.</param>
    /// <param name="bias">[out]</param>
    /// <returns>[T, out], or [T, heads, out]</returns>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null) => throw ReadNotRun.Error();

    /// <summary>x / sqrt(mean(x^2) + epsilon) * weight over the last axis (Zhang and Sennrich 2019).</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="weight">[n]</param>
    /// <param name="epsilon">A literal or an option.</param>
    public static Tensor RmsNorm(Tensor x, Tensor? weight, float epsilon) => throw ReadNotRun.Error();

    /// <summary>x / sqrt(mean(x^2) + epsilon) over the last axis.</summary>
    /// <inheritdoc cref="RmsNorm(Tensor, Tensor, float)"/>
    public static Tensor RmsNorm(Tensor x, float epsilon) => throw ReadNotRun.Error();

    /// <summary>(x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis (Ba et al. 2016).</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="weight">[n]</param>
    /// <param name="bias">[n]</param>
    /// <param name="epsilon">A literal or an option.</param>
    public static Tensor LayerNorm(Tensor x, Tensor? weight, Tensor? bias, float epsilon) => throw ReadNotRun.Error();

    /// <summary>(x - mean) / sqrt(variance + epsilon) * weight over the last axis.</summary>
    /// <inheritdoc cref="LayerNorm(Tensor, Tensor, Tensor, float)"/>
    public static Tensor LayerNorm(Tensor x, Tensor? weight, float epsilon) => throw ReadNotRun.Error();

    /// <summary>(x - mean) / sqrt(variance + epsilon) over the last axis.</summary>
    /// <inheritdoc cref="LayerNorm(Tensor, Tensor, Tensor, float)"/>
    public static Tensor LayerNorm(Tensor x, float epsilon) => throw ReadNotRun.Error();

    /// <summary>e^x over its sum along the last axis.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1, the last one, or -2: over the heads of [T, heads, size].</param>
    public static Tensor Softmax(Tensor x, int axis = -1) => throw ReadNotRun.Error();

    /// <summary>min(max(x, low), high), element by element.</summary>
    public static Tensor Clamp(Tensor x, Tensor low, Tensor high) => throw ReadNotRun.Error();

    /// <summary>The same elements of each row under another shape.</summary>
    /// <param name="x">[T, ..]</param>
    /// <param name="trailing">The axes after T; their product is the number of elements of a row.</param>
    /// <returns>[T, trailing..]</returns>
    public static Tensor Reshape(Tensor x, params int[] trailing) => throw ReadNotRun.Error();

    /// <summary>A run of each row, or of each head: elements begin .. begin + count of the last axis. Several matrices in one tensor of the checkpoint are runs of its product.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <returns>[T, .., count]</returns>
    public static Tensor Slice(Tensor x, int begin, int count) => throw ReadNotRun.Error();

    /// <summary>Matrices times matrices, token by token.</summary>
    /// <param name="a">[T, n, k], [T, batch, n, k], a row [T, k], or a parameter [n, k]</param>
    /// <param name="b">[T, k, m], [T, batch, k, m], or a parameter [k, m]</param>
    /// <returns>[T, n, m], [T, batch, n, m] or [T, m]</returns>
    public static Tensor MatMul(Tensor a, Tensor b) => throw ReadNotRun.Error();

    /// <summary>Each row, or each head, as two runs that together are all of it: <c>var (gate, up) = Split(x, n, n)</c>. As with <see cref="Slice"/>, runs of a product cost nothing.</summary>
    /// <param name="x">[T, .., first + second]</param>
    /// <returns>[T, .., first] and [T, .., second]</returns>
    public static (Tensor First, Tensor Second) Split(Tensor x, int first, int second) => throw ReadNotRun.Error();

    /// <summary>Each row, or each head, as three runs.</summary>
    /// <inheritdoc cref="Split(Tensor, int, int)"/>
    public static (Tensor First, Tensor Second, Tensor Third) Split(Tensor x, int first, int second, int third) => throw ReadNotRun.Error();

    /// <summary>Each row, or each head, as four runs.</summary>
    /// <inheritdoc cref="Split(Tensor, int, int)"/>
    public static (Tensor First, Tensor Second, Tensor Third, Tensor Fourth) Split(Tensor x, int first, int second, int third, int fourth) => throw ReadNotRun.Error();

    /// <summary>Rows side by side, or heads: along the last axis.</summary>
    /// <param name="parts">[T, .., n], [T, .., m], ..: all axes but the last are the same.</param>
    /// <returns>[T, .., n + m + ..]</returns>
    public static Tensor Concat(params Tensor[] parts) => throw ReadNotRun.Error();

    /// <summary>Each head several times in a row.</summary>
    /// <param name="x">[T, heads, size]</param>
    /// <returns>[T, heads * times, size]</returns>
    public static Tensor Repeat(Tensor x, int times) => throw ReadNotRun.Error();

    /// <summary>The last two axes exchanged.</summary>
    /// <param name="x">[T, a, b], or a parameter [a, b].</param>
    /// <returns>[T, b, a]</returns>
    public static Tensor Transpose(Tensor x) => throw ReadNotRun.Error();

    /// <summary>The numbers 0, 1, .. count - 1 as a parameter. What follows from parameters alone is computed once, when a checkpoint is loaded.</summary>
    /// <returns>[count]</returns>
    public static Tensor Range(int count) => throw ReadNotRun.Error();

    /// <summary>Ids or positions as numbers, for arithmetic: <c>Cast(Positions(tokens)) * Frequencies</c>.</summary>
    /// <returns>[T, 1]</returns>
    public static Tensor Cast(Tokens tokens) => throw ReadNotRun.Error();

    /// <summary>The logical position of each token, to index a table of learned positions with.</summary>
    /// <returns>[T]</returns>
    public static Tokens Positions(Tokens tokens) => throw ReadNotRun.Error();

    /// <summary>Ids plus a number, for tables that begin with other rows: <c>Table[Shift(Positions(tokens), 2)]</c>, or <c>Table[Positions(tokens) + 2]</c>.</summary>
    /// <param name="by">A literal, a dim or an int option.</param>
    /// <returns>[T]</returns>
    public static Tokens Shift(Tokens tokens, int by) => throw ReadNotRun.Error();

    /// <summary>Rotary position embedding of each head by its token's position (Su et al. 2021).</summary>
    /// <param name="x">[T, heads, size]</param>
    /// <param name="rotary">An option of this type.</param>
    /// <param name="interleaved">Pairs are neighbours (x[2i], x[2i+1]) instead of halves (x[i], x[i + size/2]).</param>
    public static Tensor Rotate(Tensor x, Rotary rotary, bool interleaved = false) => throw ReadNotRun.Error();

    /// <summary>Softmax attention over the sequence's whole path in the tree of prefixes; keys and values are cached.</summary>
    /// <param name="q">[T, heads, size]</param>
    /// <param name="k">[T, kv heads, size]; heads is a multiple of kv heads.</param>
    /// <param name="v">[T, kv heads, value size]</param>
    /// <param name="window">A key is seen while its distance to the query, on both sides where attention is not causal, is below this; 0 means always.</param>
    /// <param name="scale">Factor of q.k; 0 means 1 / sqrt(size).</param>
    /// <param name="score">Changes the scaled score before the softmax.</param>
    /// <param name="visible">Whether a query sees a key, beside what causality and the window say: not 0 where it does. A query that sees nothing gets zeros.</param>
    /// <param name="sinks">[heads] a score per head that takes part in the softmax and has no value, so that a query can turn away from all keys.</param>
    /// <param name="causal">A query sees keys up to its own position; false (a literal or a constant) lets it see those behind it too, as encoders do. Then all tokens of a sequence run in one step.</param>
    /// <returns>[T, heads, value size]</returns>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, int window = 0, float scale = 0, ScoreFunction? score = null, VisibilityFunction? visible = null, Tensor? sinks = null, bool causal = true) => throw ReadNotRun.Error();

    /// <summary>Mean over the last axis, which becomes 1, or over the one before it.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1, the last one, or -2: over the heads of [T, heads, size].</param>
    public static Tensor Mean(Tensor x, int axis = -1) => throw ReadNotRun.Error();

    /// <summary>Sum over the last axis, which becomes 1, or over the one before it.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1, the last one, or -2: over the heads of [T, heads, size].</param>
    public static Tensor Sum(Tensor x, int axis = -1) => throw ReadNotRun.Error();

    /// <summary>Maximum over the last axis, which becomes 1, or over the one before it.</summary>
    /// <param name="x">[T, .., n]</param>
    /// <param name="axis">-1, the last one, or -2: over the heads of [T, heads, size].</param>
    public static Tensor MaximumOf(Tensor x, int axis = -1) => throw ReadNotRun.Error();
}
