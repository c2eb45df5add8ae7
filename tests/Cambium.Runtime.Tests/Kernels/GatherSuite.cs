using Cambium.Runtime.Loading;
using Xunit;

namespace Cambium.Runtime.Tests.Kernels;

public abstract class GatherSuite<TBackend> : KernelSuite<TBackend>
    where TBackend : IKernelBackend<TBackend>
{
    [Theory]
    [MemberData(nameof(Variants))]
    public void Gathered_rows_have_the_bits_of_the_table(string variant)
    {
        var backend = TBackend.Open(variant);
        foreach (var width in (int[])[1, 21, 33, 100])
        {
            var table = new Random(width).Floats(50 * width);
            int[] ids = [.. Enumerable.Range(0, 40).Select(static i => i * 7 % 50), 49, 49];
            float[] expected = [.. ids.SelectMany(id => table[(id * width)..((id + 1) * width)])];
            TensorAssert.SameBits(expected, backend.Gather(table, width, ids), "rows", ids.Length, width);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_quantized_row_does_not_depend_on_the_other_rows(string variant)
    {
        const int Width = 70;
        var backend = TBackend.Open(variant);
        var table = new Random(2).Floats(50 * Width);
        foreach (var storage in (WeightStorage[])[WeightStorage.BF16, WeightStorage.Int8, WeightStorage.Int4])
        {
            var all = backend.Gather(table, Width, [.. Enumerable.Range(0, 50)], storage);
            var alone = backend.Gather(table[(17 * Width)..(18 * Width)], Width, [0], storage);
            TensorAssert.SameBits(all.AsSpan(17 * Width, Width), alone, $"{storage}");
        }
    }
}
