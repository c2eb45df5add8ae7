using Cambium.Checkpoints;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Checkpoints;

public sealed unsafe class FloatConversionTests
{
    [Theory]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    public void Every_16_bit_number_converts_exactly(ElementType type)
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(static bits => (ushort)bits)];
        float[] vectors = Widen(type, all);
        for (int bits = 0; bits < all.Length; bits++)
        {
            float expected = type == ElementType.F16
                ? (float)BitConverter.UInt16BitsToHalf((ushort)bits)
                : BitConverter.UInt32BitsToSingle((uint)bits << 16);
            AssertSame(expected, vectors[bits]);
            AssertSame(expected, Widen(type, [(ushort)bits])[0]);
        }
    }

    [Theory]
    [InlineData(ElementType.F16)]
    [InlineData(ElementType.BF16)]
    public void Any_count_converts_without_writing_past_the_end(ElementType type)
    {
        for (int count = 0; count < 50; count++)
        {
            ushort[] source = [.. Enumerable.Range(0x3C00, count).Select(static bits => (ushort)bits)];
            float[] destination = new float[count + 20];
            destination.AsSpan().Fill(-7);
            fixed (ushort* from = source)
            fixed (float* to = destination)
                FloatConversion.Widen(type, (byte*)from, to, count);
            Assert.All(destination[count..], static value => Assert.Equal(-7, value));
            Assert.DoesNotContain(-7, destination[..count]);
        }
    }

    private static float[] Widen(ElementType type, ushort[] source)
    {
        float[] destination = new float[source.Length];
        fixed (ushort* from = source)
        fixed (float* to = destination)
            FloatConversion.Widen(type, (byte*)from, to, source.Length);
        return destination;
    }

    /// <summary>Bit for bit, but any NaN is as good as another.</summary>
    private static void AssertSame(float expected, float actual) =>
        Assert.True(
            float.IsNaN(expected) ? float.IsNaN(actual) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual),
            $"expected {expected:R}, found {actual:R}");
}
