using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using CsCheck;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public class QuantizationTests
{
    private static readonly Gen<float[]> Groups = Gen.OneOf(
        Gen.Float[-2, 2].Array[1, 32],
        Gen.Select(Gen.Float[-1e-3f, 1e-3f].Array[32], Gen.Float[-1e4f, 1e4f], Gen.Int[0, 31], static (group, outlier, at) =>
        {
            group[at] = outlier;
            return group;
        }),
        Gen.Float[-3e38f, 3e38f].Array[1, 32],
        Gen.Const(new float[32]),
        Gen.Float[-1e-44f, 1e-44f].Array[32]);

    [Fact]
    public void Int8_rounding_error_is_at_most_half_a_step() => Groups.Sample(group =>
    {
        var numbers = new sbyte[32];
        var scale = Quantization.ToInt8(group, numbers);
        var largest = group.Max(Math.Abs);
        Assert.InRange(scale, 0, largest / 126);
        for (var i = 0; i < group.Length; i++)
            Assert.InRange(Math.Abs((double)group[i] - ((double)scale * numbers[i])), 0, Math.Max(0.501 * scale, 1e-42));
    });

    [Fact]
    public void Int4_rounding_error_is_half_a_step_or_one_at_the_clipped_end() => Groups.Sample(group =>
    {
        var numbers = new sbyte[32];
        var scale = (double)Quantization.ToInt4(group, numbers);
        for (var i = 0; i < group.Length; i++)
        {
            Assert.InRange(numbers[i], -8, 7);
            // The largest weight becomes -8 steps. A weight of the same size and the other sign is clipped to 7.
            var isCut = numbers[i] == 7;
            Assert.InRange(Math.Abs(group[i] - (scale * numbers[i])), 0, Math.Max((isCut ? 1.001 : 0.501) * Math.Abs(scale), 1e-42));
        }
    });
}
