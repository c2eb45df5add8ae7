using System.Globalization;

namespace Cambium.Constraints;

/// <summary>
/// Numbers from <paramref name="Low"/>, at least 0, to <paramref name="High"/> with at most <paramref name="Digits"/> digits after the point.
/// </summary>
internal sealed record DecimalInterval(decimal Low, bool LowIncluded, decimal High, bool HighIncluded, int Digits)
{
    /// <summary>The fraction of <see cref="Low"/> as digits.</summary>
    public string LowDigits { get; } = Fraction(Low, Digits);

    /// <summary>The fraction of <see cref="High"/> as digits.</summary>
    public string HighDigits { get; } = Fraction(High, Digits);

    /// <summary>Whether a number may end after this many digits of its fraction.</summary>
    /// <param name="written">Digits so far.</param>
    /// <param name="atLow">Whether all digits so far are those of the lower bound.</param>
    /// <param name="atHigh">Whether all digits so far are those of the upper bound.</param>
    public bool MayEnd(int written, bool atLow, bool atHigh)
    {
        var (lowRest, highRest) = (LowDigits.AsSpan(written).ContainsAnyExcept('0'), HighDigits.AsSpan(written).ContainsAnyExcept('0'));
        return (!atLow || (!lowRest && LowIncluded)) && (!atHigh || highRest || HighIncluded);
    }

    /// <summary>A whole number with leading zeros.</summary>
    public static string Text(decimal value, int digits) => value.ToString(new string('0', digits), CultureInfo.InvariantCulture);

    public static decimal Power10(int digits)
    {
        var power = 1m;
        for (var i = 0; i < digits; i++)
            power *= 10;
        return power;
    }

    private static string Fraction(decimal value, int digits) => digits == 0 ? "" : Text((value - decimal.Truncate(value)) * Power10(digits), digits);
}
