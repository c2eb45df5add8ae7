using Cambium.Runtime.Cpu;
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
    public void Eight_bits_are_off_by_half_a_step_at_most() => Groups.Sample(group =>
    {
        var numbers = new sbyte[32];
        var scale = Quantization.ToInt8(group, numbers);
        var largest = group.Max(Math.Abs);
        Assert.InRange(scale, 0, largest / 126);
        for (var i = 0; i < group.Length; i++)
            Assert.InRange(Math.Abs((double)group[i] - ((double)scale * numbers[i])), 0, Math.Max(0.501 * scale, 1e-42));
    });

    [Fact]
    public void Four_bits_lose_no_more_than_a_plain_scale_would_and_are_off_by_a_step_where_nothing_is_cut() => Groups.Sample(group =>
    {
        var numbers = new sbyte[32];
        var scale = Quantization.ToInt4(group, numbers);
        double loss = 0, plain = 0;
        var signed = group.MaxBy(Math.Abs);
        var step = (double)signed / -8;
        for (var i = 0; i < group.Length; i++)
        {
            Assert.InRange(numbers[i], -8, 7);
            loss += Math.Pow(group[i] - ((double)scale * numbers[i]), 2);
            plain += step == 0 ? 0 : Math.Pow(group[i] - (step * Math.Clamp(Math.Round(group[i] / step), -8, 7)), 2);
        }

        Assert.InRange(loss, 0, (1.0001 * plain) + 1e-80);
        Assert.True(Math.Abs(step) < 1e-40 || plain <= group.Length * step * step);
    });
}
