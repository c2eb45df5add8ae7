namespace Cambium;

/// <summary>
/// Rows of numbers, [T, ...] with one row per token of the batch, or a parameter. Shapes align at their ends and an axis of 1 broadcasts.
/// A number converts to a tensor wherever one is expected.
/// </summary>
public sealed class Tensor
{
    private Tensor()
    {
    }

    /// <summary>Rows of this table [n, m] by token id: [T, m].</summary>
    public Tensor this[Tokens tokens] => throw ReadNotRun.Error("table[tokens]");

    /// <summary>In a score: an element of this parameter [n], such as <c>Slope[at.Head]</c>. An index is cut to a whole number and held inside.</summary>
    public Score this[Score index] => throw ReadNotRun.Error("parameter[at.Head]");

    /// <summary>In a score: an element of this parameter [n, m], such as <c>Bias[at.Query - at.Key, at.Head]</c>. Indices are cut to whole numbers and held inside.</summary>
    public Score this[Score index, Score column] => throw ReadNotRun.Error("parameter[at.Key, at.Head]");

    public static implicit operator Tensor(double value) => throw ReadNotRun.Error("Tensor");

    public static Tensor operator +(Tensor left, Tensor right) => throw ReadNotRun.Error("+");

    public static Tensor operator -(Tensor left, Tensor right) => throw ReadNotRun.Error("-");

    public static Tensor operator *(Tensor left, Tensor right) => throw ReadNotRun.Error("*");

    public static Tensor operator /(Tensor left, Tensor right) => throw ReadNotRun.Error("/");

    public static Tensor operator -(Tensor x) => throw ReadNotRun.Error("-");
}
