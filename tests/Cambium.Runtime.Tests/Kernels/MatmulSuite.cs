using Cambium.Runtime.Loading;
using Xunit;

namespace Cambium.Runtime.Tests.Kernels;

public abstract class MatmulSuite<TBackend> : KernelSuite<TBackend>
    where TBackend : IKernelBackend<TBackend>
{
    [Theory]
    [MemberData(nameof(Variants))]
    public void Products_of_odd_sizes_match_double_precision(string variant)
    {
        var backend = TBackend.Open(variant);
        foreach (var (rows, inputs, outputs) in (ReadOnlySpan<(int, int, int)>)
            [(1, 1, 1), (3, 20, 33), (5, 48, 80), (13, 100, 20), (37, 33, 100), (2, 300, 3), (29, 513, 48), (250, 70, 130), (7, 1030, 31)])
        {
            var random = new Random(rows + inputs);
            float[] x = random.Floats(rows * inputs), w = random.Floats(outputs * inputs);
            var expected = new double[rows * outputs];
            for (var r = 0; r < rows; r++)
            {
                for (var c = 0; c < outputs; c++)
                {
                    for (var k = 0; k < inputs; k++)
                        expected[(r * outputs) + c] += (double)x[(r * inputs) + k] * w[(c * inputs) + k];
                }
            }

            var y = backend.Product(x, w, inputs, threads: 2);
            TensorAssert.Close(expected, y, new Tolerance((1e-7 * inputs) + 1e-6, 0), $"[{rows}, {inputs}] x [{outputs}, {inputs}]", rows, outputs);
        }
    }

    // Batch invariance.
    [Theory]
    [MemberData(nameof(Variants))]
    public void A_row_has_the_same_bits_in_any_batch_on_any_number_of_threads(string variant)
    {
        const int Inputs = 517, Outputs = 100;
        var backend = TBackend.Open(variant);
        var random = new Random(4);
        var w = random.Floats(Outputs * Inputs);
        var x = random.Floats(300 * Inputs);
        var all = backend.Product(x, w, Inputs, columns: 48);
        for (var rows = 1; rows <= 37; rows++)
        {
            var some = backend.Product(x[..(rows * Inputs)], w, Inputs, rows % 2 == 0 ? 0 : 20, 1 + (rows % 3));
            TensorAssert.SameBits(all.AsSpan(0, rows * Outputs), some, "rows", rows, Outputs);
        }

        TensorAssert.SameBits(all, backend.Product(x, w, Inputs, threads: 2));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Quantized_weights_give_the_bits_of_their_rounded_floats(string variant)
    {
        const int Inputs = 517, Outputs = 101;
        var backend = TBackend.Open(variant);
        var random = new Random(8);
        var w = random.Floats(Outputs * Inputs);
        // One outlier, and a group of zeros.
        w[700] = 40;
        Array.Clear(w, 3 * Inputs, 64);
        var x = random.Floats(300 * Inputs);
        foreach (var storage in (WeightStorage[])[WeightStorage.BF16, WeightStorage.Int8, WeightStorage.Int4])
        {
            var rounded = backend.Gather(w, Inputs, [.. Enumerable.Range(0, Outputs)], storage);
            Assert.NotEqual(w, rounded);
            foreach (var rows in (int[])[1, 2, 13, 300])
            {
                var batch = x[..(rows * Inputs)];
                var actual = backend.Product(batch, w, Inputs, rows == 13 ? 0 : 20, 1 + (rows % 3), storage);
                TensorAssert.SameBits(backend.Product(batch, rounded, Inputs), actual, $"{storage}", rows, Outputs);
            }
        }
    }
}
