using Xunit;

namespace Cambium.Runtime.Tests.Kernels;

public abstract class RotarySuite<TBackend> : KernelSuite<TBackend>
    where TBackend : IKernelBackend<TBackend>
{
    [Theory]
    [MemberData(nameof(Variants))]
    public void Pairs_are_rotated_and_the_rest_stays(string variant)
    {
        var backend = TBackend.Open(variant);
        foreach (var count in (int[])[2, 6, 20, 48, 80, 100, 128])
        {
            var random = new Random(count);
            var half = count / 2;
            float[] x = [.. random.Floats(count), 7];
            float[] angle = random.Floats(half), cos = [.. angle.Select(MathF.Cos)], sin = [.. angle.Select(MathF.Sin)];
            var y = backend.Rotate(x, count, cos, sin);
            for (var i = 0; i < half; i++)
            {
                Assert.Equal(((double)x[i] * cos[i]) - ((double)x[i + half] * sin[i]), y[i], 1e-6);
                Assert.Equal(((double)x[i + half] * cos[i]) + ((double)x[i] * sin[i]), y[i + half], 1e-6);
            }

            Assert.Equal(7, y[count]);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Interleaved_pairs_get_the_same_bits(string variant)
    {
        var backend = TBackend.Open(variant);
        foreach (var count in (int[])[2, 6, 20, 48, 80, 100, 128])
        {
            var random = new Random(count);
            var half = count / 2;
            float[] x = [.. random.Floats(count), 7];
            float[] interleaved = [.. Enumerable.Range(0, count).Select(i => x[(i % 2 * half) + (i / 2)]), 7];
            float[] angle = random.Floats(half), cos = [.. angle.Select(MathF.Cos)], sin = [.. angle.Select(MathF.Sin)];
            var (y, z) = (backend.Rotate(x, count, cos, sin), backend.RotateInterleaved(interleaved, count, cos, sin));
            for (var i = 0; i < half; i++)
            {
                Assert.Equal(y[i], z[2 * i]);
                Assert.Equal(y[i + half], z[(2 * i) + 1]);
            }

            Assert.Equal(7, z[count]);
        }
    }
}
