using Cambium.Checkpoints;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Runtime.Loading;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

/// <summary>Products of weights in the blocks of GGUF files and in the formats that weights are rounded to.</summary>
public sealed unsafe class QuantizedProductTests
{
    private const int Outputs = 71;
    private const int Inputs = 768;

    public static TheoryData<string> Formats =>
        [.. BlockFormats.All.Select(static format => format.Name), nameof(WeightStorage.Int8), nameof(WeightStorage.Int4)];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Packed_rows_have_the_bits_of_widened_blocks(string name)
    {
        var weights = new Weights(name);
        var row = stackalloc float[Inputs];
        foreach (var width in Widths.Supported)
        {
            using var packed = weights.Pack(width, WeightProducts.Exact);
            for (var i = 0; i < Outputs; i++)
            {
                packed.CopyRow(0, 0, i, row);
                TensorAssert.SameBits(weights.Floats.AsSpan(i * Inputs, Inputs), new ReadOnlySpan<float>(row, Inputs), name, 1, Inputs);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Exact_products_have_the_bits_of_f32_weights(string name)
    {
        var weights = new Weights(name);
        var x = new Random(2).Floats(13 * Inputs);
        foreach (var width in Widths.Supported)
        {
            using var packed = weights.Pack(width, WeightProducts.Exact);
            using var wide = new PackedWeights(WeightStorage.F32, Inputs, 2 * width, [new(Outputs, 48, 1)]);
            wide.Pack(0, 0, weights.Floats, 0);
            foreach (var rows in (int[])[1, 2, 13])
                TensorAssert.SameBits(Multiply(width, wide, x, rows, 1), Multiply(width, packed, x, rows, 2), name, rows, Outputs);
        }
    }

    // The promise of batch invariance, and the same order of additions at every width.
    [Theory]
    [MemberData(nameof(Formats))]
    public void Integer_products_have_the_same_bits_in_any_batch_on_any_threads_at_any_width(string name)
    {
        const int Rows = 263;
        var weights = new Weights(name);
        var x = new Random(3).Floats(Rows * Inputs);
        float[]? first = null;
        foreach (var width in Widths.Supported)
        {
            using var packed = weights.Pack(width, WeightProducts.Integer);
            var all = Multiply(width, packed, x, Rows, 2);
            first ??= all;
            TensorAssert.SameBits(first, all, name, Rows, Outputs);
            for (var rows = 1; rows <= 19; rows++)
            {
                var some = Multiply(width, packed, x[((Rows - rows) * Inputs)..], rows, 1 + (rows % 3));
                TensorAssert.SameBits(all.AsSpan((Rows - rows) * Outputs), some, name, rows, Outputs);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Integer_products_are_products_with_rounded_rows(string name)
    {
        const int Rows = 5;
        var weights = new Weights(name);
        var x = new Random(4).Floats(Rows * Inputs);
        // An outlier, a group of zeros, and a group of subnormal numbers.
        x[100] = 300;
        Array.Clear(x, Inputs + 64, 32);
        for (var i = 0; i < 32; i++)
            x[(2 * Inputs) + 32 + i] = float.Epsilon * i;
        var rounded = new double[x.Length];
        for (var group = 0; group < x.Length; group += 32)
        {
            var scale = x.AsSpan(group, 32).ToArray().Max(MathF.Abs) / 127;
            for (var i = group; i < group + 32; i++)
                rounded[i] = scale == 0 ? 0 : Math.Clamp(MathF.Round(x[i] / scale), -127, 127) * (double)scale;
        }

        using var packed = weights.Pack(Simd.Width, WeightProducts.Integer);
        var y = Multiply(Simd.Width, packed, x, Rows, 1);
        for (var row = 0; row < Rows; row++)
        {
            for (var output = 0; output < Outputs; output++)
            {
                var (sum, size) = (0.0, 0.0);
                for (var k = 0; k < Inputs; k++)
                {
                    var term = rounded[(row * Inputs) + k] * weights.Floats[(output * Inputs) + k];
                    (sum, size) = (sum + term, size + Math.Abs(term));
                }

                // Minimums are subtracted for a whole group, so that larger terms than the weights cancel.
                var actual = y[(row * Outputs) + output];
                Assert.True(Math.Abs(sum - actual) <= 4e-6 * size, $"{name}, row {row}, output {output}: {actual} is not {sum}.");
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_row_that_is_not_finite_gives_nan_in_its_own_row_only(float value)
    {
        var weights = new Weights("Q4_K");
        var x = new Random(5).Floats(3 * Inputs);
        using var packed = weights.Pack(Simd.Width, WeightProducts.Integer);
        var expected = Multiply(Simd.Width, packed, x, 3, 1);
        x[Inputs + 40] = value;
        var y = Multiply(Simd.Width, packed, x, 3, 1);
        Assert.All(y[Outputs..(2 * Outputs)], static number => Assert.True(float.IsNaN(number)));
        Assert.Equal(expected[..Outputs], y[..Outputs]);
        Assert.Equal(expected[(2 * Outputs)..], y[(2 * Outputs)..]);
    }

    [Fact]
    public void Parts_of_several_formats_meet_in_one_product()
    {
        string[] names = ["Q4_K", "Q6_K", nameof(WeightStorage.F32), nameof(WeightStorage.BF16), "Q8_0"];
        var x = new Random(6).Floats(9 * Inputs);
        foreach (var products in Enum.GetValues<WeightProducts>())
        {
            using var packed = new PackedWeights(WeightStorage.Stored, Inputs, 2 * Simd.Width, [new(Outputs, 48, names.Length)], products);
            var alone = new List<float[]>();
            for (var part = 0; part < names.Length; part++)
            {
                var weights = new Weights(names[part]);
                weights.PackInto(packed, part);
                using var own = weights.Pack(Simd.Width, products);
                alone.Add(Multiply(Simd.Width, own, x, 9, 1));
            }

            foreach (var rows in (int[])[1, 9])
            {
                var y = Multiply(Simd.Width, packed, x, rows, 2, names.Length);
                for (var part = 0; part < names.Length; part++)
                    TensorAssert.SameBits(alone[part].AsSpan(0, rows * Outputs), y.AsSpan(part * rows * Outputs, rows * Outputs),
                        names[part], rows, Outputs);
            }
        }
    }

    private static float[] Multiply(int width, PackedWeights packed, float[] x, int rows, int threads, int parts = 1)
    {
        using var team = new Team(threads);
        var y = new float[parts * rows * Outputs];
        fixed (float* from = x, to = y)
            Widths.Matmul(width, team, packed, rows, from, Inputs, default(Untouched), new Copy(packed, to, rows, parts));
        return y;
    }

    private readonly struct Untouched : IPrologue
    {
        public void Prepare<V>(int row, float* x)
            where V : unmanaged, ILanes<V>
        {
        }
    }

    private readonly struct Copy(PackedWeights weights, float* y, int rows, int parts) : IEpilogue
    {
        public void Finish<V>(int segment, int group, int row, float* product, int partStride)
            where V : unmanaged, ILanes<V>
        {
            var columns = weights.Columns(segment, group);
            for (var part = 0; part < parts; part++)
            {
                var to = y + (((nint)part * rows) + row) * Outputs + (group * weights.GroupWidth(segment));
                new ReadOnlySpan<float>(product + (part * partStride), columns).CopyTo(new Span<float>(to, columns));
            }
        }
    }

    /// <summary>Random weights of one format, with the floats that they stand for.</summary>
    private sealed class Weights
    {
        private readonly string _name;
        private readonly WeightFormat _format;
        private readonly byte[] _rows;
        private readonly float[] _floats = new float[Outputs * Inputs];

        public Weights(string name)
        {
            _name = name;
            var random = new Random(name.Length);
            _rows = [];
            _format = WeightFormat.F32;
            if (BlockFormats.All.FirstOrDefault(format => format.Name == name) is { } blocks)
            {
                var type = ElementType.Q8_0 + Array.IndexOf(BlockFormats.All, blocks);
                _format = WeightFormat.Of(type);
                _rows = Random(blocks, random);
                fixed (byte* from = _rows)
                fixed (float* to = _floats)
                    FloatConversion.Widen(type, from, to, _floats.Length);
                return;
            }

            random.Floats(_floats.Length).CopyTo(_floats, 0);
            if (name == nameof(WeightStorage.F32))
                return;
            using var packed = Pack(Simd.Width, WeightProducts.Exact);
            fixed (float* to = _floats)
            {
                for (var i = 0; i < Outputs; i++)
                    packed.CopyRow(0, 0, i, to + (i * Inputs));
            }
        }

        public float[] Floats => _floats;

        public PackedWeights Pack(int width, WeightProducts products)
        {
            var storage = Enum.TryParse<WeightStorage>(_name, out var named) ? named : WeightStorage.Stored;
            var packed = new PackedWeights(storage, Inputs, 2 * width, [new(Outputs, 48, 1)], products);
            PackInto(packed, 0);
            return packed;
        }

        public void PackInto(PackedWeights packed, int part)
        {
            if (_rows.Length == 0 && (packed.Storage != WeightStorage.Stored || _name == nameof(WeightStorage.F32)))
            {
                packed.Pack(0, part, _floats, 0);
                return;
            }

            var bytes = _rows.Length > 0 ? _rows : [.. _floats.SelectMany(static value => BitConverter.GetBytes(FloatConversion.ToBFloat16(value)))];
            fixed (byte* from = bytes)
            {
                for (var i = 0; i < Outputs; i++)
                    packed.PackStored(0, part, _rows.Length > 0 ? _format : WeightFormat.BF16, from + ((nint)i * bytes.Length / Outputs), i);
            }
        }

        // Random bytes whose scales are of ordinary size.
        private static byte[] Random(BlockFormat blocks, Random random)
        {
            var rows = new byte[Outputs * Inputs / blocks.Inputs * blocks.Bytes];
            var codes = stackalloc byte[BlockFormat.MaxInputs];
            var scales = stackalloc sbyte[BlockFormat.MaxSubBlocks];
            var minimums = stackalloc byte[BlockFormat.MaxSubBlocks];
            for (var at = 0; at < rows.Length; at += blocks.Bytes)
            {
                var isOrdinary = false;
                while (!isOrdinary)
                {
                    random.NextBytes(rows.AsSpan(at, blocks.Bytes));
                    float scale, minimum;
                    fixed (byte* block = rows.AsSpan(at))
                        blocks.Decode(block, codes, scales, minimums, out scale, out minimum);
                    isOrdinary = MathF.Abs(scale) is > 1e-3f and < 10 && MathF.Abs(minimum) < 10;
                }
            }

            return rows;
        }
    }
}
