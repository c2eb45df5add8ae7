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

    /// <summary>In a score: the element of this parameter [heads] for the current head, <c>Slope[at.Head]</c>.</summary>
    public Score this[Score head] => throw ReadNotRun.Error("parameter[at.Head]");

    public static implicit operator Tensor(double value) => throw ReadNotRun.Error("Tensor");

    public static Tensor operator +(Tensor left, Tensor right) => throw ReadNotRun.Error("+");

    public static Tensor operator -(Tensor left, Tensor right) => throw ReadNotRun.Error("-");

    public static Tensor operator *(Tensor left, Tensor right) => throw ReadNotRun.Error("*");

    public static Tensor operator /(Tensor left, Tensor right) => throw ReadNotRun.Error("/");

    public static Tensor operator -(Tensor x) => throw ReadNotRun.Error("-");
}
