using Xunit;
using Xunit.Sdk;

namespace Cambium.Runtime.Tests.Kit;

public sealed class TensorAssertTests
{
    private static readonly Tolerance Tenth = Tolerance.Of(0.1);

    [Fact]
    public void Close_returns_the_largest_share_of_the_tolerance() =>
        Assert.Equal(0.5, TensorAssert.Close([1.0, -2], [1.1, -2.0], Tenth), 1e-9);

    [Fact]
    public void Close_names_the_first_differences_by_their_indices()
    {
        double[] expected = new double[12], actual = new double[12];
        actual[7] = 1;
        actual[11] = double.NaN;
        var message = Assert.Throws<FailException>(() => TensorAssert.Close(expected, actual, Tenth, "y", 2, 3, 2)).Message;
        Assert.Contains("y: 2 of 12 values differ by more than 0.1 + 0.1 * |expected|", message, StringComparison.Ordinal);
        Assert.Contains("[1, 0, 1]: 1, expected 0, 10 times the tolerance", message, StringComparison.Ordinal);
        Assert.Contains("[1, 2, 1]: NaN, expected 0", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(double.NaN, double.NaN, false)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, true)]
    [InlineData(double.PositiveInfinity, double.NegativeInfinity, false)]
    [InlineData(double.PositiveInfinity, 1, false)]
    [InlineData(1, double.PositiveInfinity, false)]
    [InlineData(0, -0.0, true)]
    public void NaN_is_never_close_and_equal_infinities_are(double expected, double actual, bool isClose)
    {
        var failure = Record.Exception(() => TensorAssert.Close([expected], [actual], Tolerance.F32));
        Assert.Equal(isClose, failure is null);
    }

    [Fact]
    public void Other_lengths_fail() =>
        Assert.Contains("1 values, expected 2", Assert.Throws<TrueException>(() => TensorAssert.Close([1.0, 2], [1.0], Tenth)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void SameBits_distinguishes_the_zeros() =>
        Assert.Contains("[0]: -0 (0x80000000), expected 0 (0x00000000)",
            Assert.Throws<FailException>(() => TensorAssert.SameBits([0], [-0f])).Message, StringComparison.Ordinal);
}
