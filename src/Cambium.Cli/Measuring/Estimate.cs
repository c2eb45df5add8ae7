using System.Globalization;

namespace Cambium.Measuring;

/// <summary>Median, 10th and 90th percentile over the rounds.</summary>
internal readonly record struct Estimate(double Median, double Low, double High, int Rounds)
{
    public static Estimate Of(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToArray();
        return new Estimate(Quantile(sorted, 0.5), Quantile(sorted, 0.1), Quantile(sorted, 0.9), sorted.Length);
    }

    public override string ToString() => Rounds == 1 ? Text(Median) : $"{Text(Median)} [{Text(Low)} .. {Text(High)}]";

    private static double Quantile(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((at - below) * (sorted[above] - sorted[below]));
    }

    private static string Text(double value)
    {
        var digits = Math.Abs(value) switch { 0 => 0, < 10 => 3, < 100 => 1, _ => 0 };
        return value.ToString(string.Create(CultureInfo.InvariantCulture, $"F{digits}"), CultureInfo.InvariantCulture);
    }
}
