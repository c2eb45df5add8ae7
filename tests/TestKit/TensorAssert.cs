using System.Text;
using Xunit;

namespace Cambium.TestKit;

/// <summary>Assertions on tensors. A failure lists the first differences with their indices.</summary>
public static class TensorAssert
{
    private const int Shown = 5;

    /// <summary>Fails unless each value is within the tolerance of the expected one. NaN is never within it; equal infinities are.</summary>
    /// <param name="expected">Row-major values of the reference.</param>
    /// <param name="actual">As many computed values.</param>
    /// <param name="tolerance">The allowed difference.</param>
    /// <param name="what">Name of the tensor in the message.</param>
    /// <param name="shape">Extents, outermost first, for the indices in the message; without it, they are flat.</param>
    /// <returns>The largest difference in units of the allowed one, at most 1.</returns>
    public static double Close(
        ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, Tolerance tolerance, string what = "tensor", params ReadOnlySpan<int> shape)
    {
        Assert.True(expected.Length == actual.Length, $"{what}: {actual.Length} values, expected {expected.Length}.");
        var (largest, count) = (0.0, 0);
        var message = new StringBuilder();
        for (var i = 0; i < expected.Length; i++)
        {
            var share = tolerance.Share(expected[i], actual[i]);
            if (share <= 1)
                largest = Math.Max(largest, share);
            else if (count++ < Shown)
                message.Append($"\n  {Index(i, shape)}: {actual[i]:G9}, expected {expected[i]:G9}, {share:G3} times the tolerance");
        }

        if (count > 0)
            Assert.Fail($"{what}: {count} of {expected.Length} values differ by more than {tolerance}:{message}{(count > Shown ? "\n  ..." : "")}");
        return largest;
    }

    /// <inheritdoc cref="Close(ReadOnlySpan{double}, ReadOnlySpan{double}, Tolerance, string, ReadOnlySpan{int})"/>
    public static double Close(
        ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, Tolerance tolerance, string what = "tensor", params ReadOnlySpan<int> shape) =>
        Close(expected, Widened(actual), tolerance, what, shape);

    /// <inheritdoc cref="Close(ReadOnlySpan{double}, ReadOnlySpan{double}, Tolerance, string, ReadOnlySpan{int})"/>
    public static double Close(
        ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, Tolerance tolerance, string what = "tensor", params ReadOnlySpan<int> shape) =>
        Close(Widened(expected), Widened(actual), tolerance, what, shape);

    /// <summary>Fails unless the values are bit-identical. All bits count: -0 is not 0, and NaN equals a NaN of the same bits.</summary>
    /// <inheritdoc cref="Close(ReadOnlySpan{double}, ReadOnlySpan{double}, Tolerance, string, ReadOnlySpan{int})"/>
    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what = "tensor", params ReadOnlySpan<int> shape)
    {
        Assert.True(expected.Length == actual.Length, $"{what}: {actual.Length} values, expected {expected.Length}.");
        var count = 0;
        var message = new StringBuilder();
        for (var i = 0; i < expected.Length; i++)
        {
            var (wanted, got) = (BitConverter.SingleToUInt32Bits(expected[i]), BitConverter.SingleToUInt32Bits(actual[i]));
            if (wanted != got && count++ < Shown)
                message.Append($"\n  {Index(i, shape)}: {actual[i]:G9} (0x{got:X8}), expected {expected[i]:G9} (0x{wanted:X8})");
        }

        if (count > 0)
            Assert.Fail($"{what}: {count} of {expected.Length} values have other bits:{message}{(count > Shown ? "\n  ..." : "")}");
    }

    private static string Index(int flat, ReadOnlySpan<int> shape)
    {
        if (shape.IsEmpty)
            return $"[{flat}]";
        var index = new int[shape.Length];
        for (var axis = shape.Length - 1; axis >= 0; axis--)
            (flat, index[axis]) = (flat / shape[axis], flat % shape[axis]);
        return $"[{string.Join(", ", index)}]";
    }

    private static double[] Widened(ReadOnlySpan<float> values)
    {
        var widened = new double[values.Length];
        for (var i = 0; i < values.Length; i++)
            widened[i] = values[i];
        return widened;
    }
}
