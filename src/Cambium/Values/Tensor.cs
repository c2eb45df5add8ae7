namespace Cambium;

/// <summary>
/// Rows of floats, [T, ..] with one row per token of the batch, or a weight. Shapes align at their last axes, and an axis of length 1 broadcasts.
/// A number converts to a tensor implicitly.
/// </summary>
public sealed class Tensor
{
    private Tensor()
    {
    }

    /// <summary>Rows of this table [n, m] by token id, [T, m].</summary>
    public Tensor this[Tokens tokens] => throw ReadNotRun.Error("table[tokens]");

    /// <summary>
    /// In a score function: an element of this weight [n], such as <c>Slope[at.Head]</c>. The index is truncated and clamped to the axis.
    /// </summary>
    public Score this[Score index] => throw ReadNotRun.Error("parameter[at.Head]");

    /// <summary>
    /// In a score function: an element of this weight [n, m], such as <c>Bias[at.Query - at.Key, at.Head]</c>. Indices are truncated and clamped to
    /// their axes.
    /// </summary>
    public Score this[Score index, Score column] => throw ReadNotRun.Error("parameter[at.Key, at.Head]");

    public static implicit operator Tensor(double value) => throw ReadNotRun.Error("Tensor");

    public static Tensor operator +(Tensor left, Tensor right) => throw ReadNotRun.Error("+");

    public static Tensor operator -(Tensor left, Tensor right) => throw ReadNotRun.Error("-");

    public static Tensor operator *(Tensor left, Tensor right) => throw ReadNotRun.Error("*");

    public static Tensor operator /(Tensor left, Tensor right) => throw ReadNotRun.Error("/");

    public static Tensor operator -(Tensor x) => throw ReadNotRun.Error("-");
}
