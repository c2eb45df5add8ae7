using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed unsafe class RotaryTests
{
    public static TheoryData<int> AllWidths => Widths.All;

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Pairs_are_rotated_and_nothing_beyond_them_is_touched(int width)
    {
        using var team = new Team(1);
        foreach (var count in (int[])[2, 6, 20, 48, 80, 100, 128])
        {
            var random = new Random(count);
            float[] x = [.. random.Floats(count), 7];
            float[] interleaved = [.. Enumerable.Range(0, count).Select(i => x[(i % 2 * (count / 2)) + (i / 2)]), 7];
            float[] angle = random.Floats(count / 2), cos = [.. angle.Select(MathF.Cos)], sin = [.. angle.Select(MathF.Sin)];
            var y = x.ToArray();
            fixed (float* to = y, other = interleaved, c = cos, s = sin)
                Widths.Rowwise(width, team, 1, new Rotate(to, other, count, c, s));

            var half = count / 2;
            for (var i = 0; i < half; i++)
            {
                Assert.Equal(((double)x[i] * cos[i]) - ((double)x[i + half] * sin[i]), y[i], 1e-6);
                Assert.Equal(((double)x[i + half] * cos[i]) + ((double)x[i] * sin[i]), y[i + half], 1e-6);
                Assert.Equal(y[i], interleaved[2 * i]);
                Assert.Equal(y[i + half], interleaved[(2 * i) + 1]);
            }

            Assert.Equal(7, y[count]);
            Assert.Equal(7, interleaved[count]);
        }
    }

    private readonly struct Rotate(float* x, float* interleaved, int count, float* cos, float* sin) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            Rotary.Rotate<V>(x, count, cos, sin);
            Rotary.RotateInterleaved<V>(interleaved, count, cos, sin);
        }
    }
}
