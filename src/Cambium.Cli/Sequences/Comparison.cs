using System.Globalization;

namespace Cambium.Cli.Sequences;

/// <summary>
/// Compares computed rows with one recorded tensor. The error of a value is given as a share of its tolerance; up to 1 counts as equal.
/// </summary>
/// <param name="name">The tensor's name.</param>
/// <param name="shape">Its shape; rows are the last extent.</param>
/// <param name="expected">Its values in row-major order.</param>
internal sealed class Comparison(string name, IReadOnlyList<long> shape, float[] expected)
{
    /// <summary>The absolute tolerance.</summary>
    public const double Absolute = 2e-4;

    /// <summary>The relative tolerance, as a share of the expected value. It is added to the absolute one.</summary>
    public const double Relative = 2e-4;

    private long _worstAt;
    private float _worst;
    private long _compared;

    /// <summary>The largest error as a share of its tolerance; infinite for NaN.</summary>
    public double Share { get; private set; }

    /// <summary>Whether all rows were compared and all values are within the tolerance.</summary>
    public bool Agrees => Share <= 1 && _compared == expected.Length;

    /// <summary>Compares a row.</summary>
    /// <param name="row">Index of the row in the tensor.</param>
    /// <param name="actual">The computed row, as wide as the rows of the tensor.</param>
    public void Row(long row, ReadOnlySpan<float> actual)
    {
        _compared += actual.Length;
        var first = row * actual.Length;
        for (var i = 0; i < actual.Length; i++)
        {
            var wanted = expected[first + i];
            var share = actual[i] == wanted ? 0 : Math.Abs((double)actual[i] - wanted) / (Absolute + (Relative * Math.Abs(wanted)));
            if (double.IsNaN(share))
                share = double.PositiveInfinity;
            if (share > Share)
                (Share, _worstAt, _worst) = (share, first + i, actual[i]);
        }
    }

    /// <summary>Describes the largest error: its index, both values, and its size.</summary>
    public string Worst()
    {
        if (_compared != expected.Length)
            return $"{name}: {_compared} of {expected.Length} values were computed.";
        var place = new long[shape.Count];
        var rest = _worstAt;
        for (var axis = shape.Count - 1; axis >= 0; axis--)
            (rest, place[axis]) = Math.DivRem(rest, shape[axis]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name}[{string.Join(", ", place)}] is {_worst:G9}, expected {expected[_worstAt]:G9}: {Share:G3} times the tolerance.");
    }
}
