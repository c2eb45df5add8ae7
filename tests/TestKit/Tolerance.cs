namespace Cambium.TestKit;

/// <summary>How far a computed value may be from the expected one: |computed - expected| &lt;= Absolute + Relative * |expected|.</summary>
/// <param name="Absolute">The part that does not depend on the expected value; it decides near zero.</param>
/// <param name="Relative">The part in proportion to the expected value.</param>
public readonly record struct Tolerance(double Absolute, double Relative)
{
    /// <summary>One kernel on f32 values, with products and sums in f32.</summary>
    public static Tolerance F32 { get; } = new(2e-6, 2e-6);

    /// <summary>A whole model on f32 weights against a reference implementation, which adds in another order.</summary>
    public static Tolerance Model { get; } = new(2e-4, 2e-4);

    /// <summary>Values rounded to bfloat16 (8 bits of mantissa): half a unit in the last place is 2^-9.</summary>
    public static Tolerance BFloat16 { get; } = new(1e-6, 1.0 / 512);

    /// <summary>Values rounded to float16 (11 bits of mantissa): half a unit in the last place is 2^-12, below 2^-14 it is 2^-25.</summary>
    public static Tolerance Float16 { get; } = new(1.0 / (1 << 25), 1.0 / 4096);

    /// <summary>The same absolute and relative tolerance.</summary>
    public static Tolerance Of(double tolerance) => new(tolerance, tolerance);

    /// <summary>The difference in units of the allowed one: at most 1 if it is tolerated, NaN if a value is NaN.</summary>
    public double Share(double expected, double actual) =>
        expected.Equals(actual) && !double.IsNaN(actual) ? 0 : Math.Abs(actual - expected) / (Absolute + (Relative * Math.Abs(expected)));

    public override string ToString() => $"{Absolute:G3} + {Relative:G3} * |expected|";
}
