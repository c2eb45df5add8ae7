using System.Globalization;

namespace Cambium.Cli.Sequences;

/// <summary>
/// Holds one recorded tensor against what is computed. An error counts as a share of what is tolerated at that value: up to 1 is equal.
/// </summary>
/// <param name="name">The tensor's name.</param>
/// <param name="shape">Its shape; rows are the last extent.</param>
/// <param name="expected">Its values in row-major order.</param>
internal sealed class Comparison(string name, IReadOnlyList<long> shape, float[] expected)
{
    /// <summary>Difference that is tolerated anywhere.</summary>
    public const double Absolute = 2e-4;

    /// <summary>Difference that is tolerated beside it, as a share of the expected value.</summary>
    public const double Relative = 2e-4;

    private long _worstAt;
    private float _worst;
    private long _compared;

    /// <summary>The largest error as a share of what is tolerated; infinite where a number is none.</summary>
    public double Share { get; private set; }

    /// <summary>Whether all rows were compared and all values are within the tolerance.</summary>
    public bool Agrees => Share <= 1 && _compared == expected.Length;

    /// <summary>Compares a row.</summary>
    /// <param name="row">Index of the row in the tensor.</param>
    /// <param name="actual">What was computed; as wide as the tensor's rows.</param>
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

    /// <summary>Where the largest error is.</summary>
    public string Worst()
    {
        if (_compared != expected.Length)
            return $"{name}: {_compared} of {expected.Length} values were computed.";
        var place = new long[shape.Count];
        var rest = _worstAt;
        for (var axis = shape.Count - 1; axis >= 0; axis--)
            (rest, place[axis]) = Math.DivRem(rest, shape[axis]);
        return string.Create(CultureInfo.InvariantCulture,
            $"{name}[{string.Join(", ", place)}] is {_worst:G9}, expected {expected[_worstAt]:G9}: {Share:G3} times what is tolerated.");
    }
}
