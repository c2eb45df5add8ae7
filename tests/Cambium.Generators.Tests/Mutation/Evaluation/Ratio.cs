using System.Numerics;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>An exact number. A division with a remainder gives a fraction, which is an integer again when multiplied by the divisor.</summary>
internal readonly record struct Ratio
{
    private readonly BigInteger _above;
    private readonly BigInteger _below;

    private Ratio(BigInteger above, BigInteger below)
    {
        var common = BigInteger.GreatestCommonDivisor(above, below) * (below.Sign < 0 ? -1 : 1);
        (_above, _below) = (above / common, below / common);
    }

    public bool IsWhole => _below.IsOne;

    public int Sign => _above.Sign;

    public static implicit operator Ratio(BigInteger value) => new(value, 1);

    public static implicit operator Ratio(long value) => new(value, 1);

    public static Ratio operator +(Ratio a, Ratio b) => new((a._above * b._below) + (b._above * a._below), a._below * b._below);

    public static Ratio operator -(Ratio a, Ratio b) => a + (b * -1);

    public static Ratio operator *(Ratio a, Ratio b) => new(a._above * b._above, a._below * b._below);

    /// <summary>The quotient, or null for a division by zero.</summary>
    public static Ratio? Divide(Ratio a, Ratio b) => b.Sign == 0 ? null : new(a._above * b._below, a._below * b._above);

    public override string ToString() => IsWhole ? _above.ToString(System.Globalization.CultureInfo.InvariantCulture) : $"{_above}/{_below}";
}
