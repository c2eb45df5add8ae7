using Cambium.Checkpoints;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Cpu.Threading;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed unsafe class MatmulTests
{
    public static TheoryData<int> AllWidths => Widths.All;

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Each_output_is_one_chain_of_multiply_adds_in_ascending_order(int width)
    {
        const int Rows = 15, Inputs = 600, Outputs = 70;
        var random = new Random(3);
        float[] x = random.Floats(Rows * Inputs), w = random.Floats(Outputs * Inputs);
        var y = Multiply(width, 2, x, w, Rows, Inputs, Outputs, 0);
        for (var r = 0; r < Rows; r++)
        {
            for (var c = 0; c < Outputs; c++)
            {
                float chain = 0;
                for (var k = 0; k < Inputs; k++)
                    chain = MathF.FusedMultiplyAdd(x[(r * Inputs) + k], w[(c * Inputs) + k], chain);
                Assert.Equal(BitConverter.SingleToInt32Bits(chain), BitConverter.SingleToInt32Bits(y[(r * Outputs) + c]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Each_group_of_columns_reaches_the_epilogue_once(int width)
    {
        const int Inputs = 20, Rows = 15;
        WeightSegment[] segments = [new(100, 48, 1), new(33, 0, 2), new(3, 1, 3), new(80, 80, 1)];
        var random = new Random(5);
        using var product = new PackedWeights(WeightStorage.F32, Inputs, 2 * width, segments);
        var weights = new List<float[][]>();
        for (var s = 0; s < segments.Length; s++)
        {
            weights.Add([.. Enumerable.Range(0, segments[s].Parts).Select(_ => random.Floats(segments[s].Outputs * Inputs))]);
            for (var p = 0; p < segments[s].Parts; p++)
                Pack(product, s, p, weights[s][p], Inputs);
        }

        var x = random.Floats(Rows * Inputs);
        var seen = new List<(int Segment, int Group, int Row, float[][] Parts)>();
        using var team = new Team(2);
        fixed (float* left = x)
            Widths.Matmul(width, team, product, Rows, left, Inputs, default(Untouched), new Collect(product, segments, seen));

        for (var s = 0; s < segments.Length; s++)
        {
            for (var row = 0; row < Rows; row++)
            {
                var calls = seen.Where(c => c.Segment == s && c.Row == row).OrderBy(static c => c.Group).ToArray();
                Assert.Equal(Enumerable.Range(0, product.GroupCount(s)), calls.Select(static c => c.Group));
                for (var p = 0; p < segments[s].Parts; p++)
                {
                    float[] columns = [.. calls.SelectMany(c => c.Parts[p])];
                    Assert.Equal(segments[s].Outputs, columns.Length);
                    for (var c = 0; c < columns.Length; c++)
                        Assert.Equal(Dot(x.AsSpan(row * Inputs, Inputs), weights[s][p].AsSpan(c * Inputs, Inputs)), columns[c]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_prologue_prepares_each_row_once_before_it_is_read(int width)
    {
        const int Inputs = 70, Outputs = 40, Stride = 75;
        var random = new Random(6);
        var w = random.Floats(Outputs * Inputs);
        foreach (var rows in (int[])[1, 2, 26])
        {
            var source = random.Floats(rows * Inputs);
            float[] doubled = [.. source.Select(static v => 2 * v)];
            var expected = Multiply(width, 1, doubled, w, rows, Inputs, Outputs, 0);

            var counts = new int[rows];
            var y = new float[rows * Outputs];
            using var product = new PackedWeights(WeightStorage.F32, Inputs, 2 * width, [new(Outputs, 0, 1)]);
            Pack(product, 0, 0, w, Inputs);
            using var team = new Team(2);
            using var scratch = new NativeBuffer(rows * Stride);
            fixed (float* from = source, to = y)
            fixed (int* count = counts)
                Widths.Matmul(width, team, product, rows, scratch.Pointer, Stride, new Double(from, Inputs, count), new Copy(product, to, Outputs));
            Assert.Equal(expected, y);
            Assert.All(counts, static c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void Packed_weights_take_the_bits_of_their_storage_plus_2_percent()
    {
        const int Inputs = 517, Outputs = 101;
        foreach (var storage in (WeightStorage[])[WeightStorage.BF16, WeightStorage.Int8, WeightStorage.Int4])
        {
            foreach (var width in Widths.Supported)
            {
                // Outputs are padded to whole panels, and inputs of quantized weights to whole groups.
                using var product = new PackedWeights(storage, Inputs, 2 * width, [new(Outputs, 48, 1)]);
                Assert.True(product.Bytes <= 1.02 * storage.Bits() / 8 * 160 * 544, $"{product.Bytes} bytes for {storage}.");
            }
        }
    }

    [Fact]
    public void Matmul_uses_the_chosen_vector_width()
    {
        const int Inputs = 30, Outputs = 50, Rows = 4;
        var random = new Random(8);
        float[] x = random.Floats(Rows * Inputs), w = random.Floats(Outputs * Inputs), y = new float[Rows * Outputs];
        using var product = new PackedWeights(WeightStorage.F32, Inputs, new WeightSegment(Outputs, 0, 1));
        Pack(product, 0, 0, w, Inputs);
        using var team = new Team(2);
        fixed (float* from = x, to = y)
            Matmul.Run(team, product, Rows, from, Inputs, new Copy(product, to, Outputs));
        Assert.Equal(Multiply(Simd.Width, 1, x, w, Rows, Inputs, Outputs, 0), y);
    }

    [Fact]
    public void Weights_packed_for_another_width_are_refused()
    {
        using var product = new PackedWeights(WeightStorage.F32, 8, 4 * Simd.PanelWidth, [new(8, 0, 1)]);
        using var team = new Team(1);
        var x = stackalloc float[8];
        Assert.Contains("panels of", Record(() => Matmul.Run(team, product, 1, x, 8, new Copy(product, x, 8))));
    }

    [Fact]
    public void A_second_product_allocates_nothing()
    {
        const int Inputs = 64, Outputs = 96, Rows = 20;
        using var product = new PackedWeights(WeightStorage.F32, Inputs, new WeightSegment(Outputs, 0, 1));
        using var team = new Team(1);
        using var x = new NativeBuffer(Rows * Inputs);
        using var y = new NativeBuffer(Rows * Outputs);
        float* from = x.Pointer, to = y.Pointer;
        Matmul.Run(team, product, Rows, from, Inputs, new Copy(product, to, Outputs));
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 50; i++)
                Matmul.Run(team, product, Rows, from, Inputs, new Copy(product, to, Outputs));
        }));
    }

    private static string Record(Action action) => Assert.Throws<ArgumentException>(action).Message;

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float chain = 0;
        for (var k = 0; k < a.Length; k++)
            chain = MathF.FusedMultiplyAdd(a[k], b[k], chain);
        return chain;
    }

    private static float[] Multiply(int width, int threads, float[] x, float[] w, int rows, int inputs, int outputs, int groupWidth,
        WeightStorage storage = WeightStorage.F32)
    {
        using var product = new PackedWeights(storage, inputs, 2 * width, [new(outputs, groupWidth, 1)]);
        Pack(product, 0, 0, w, inputs);
        using var team = new Team(threads);
        var y = new float[rows * outputs];
        fixed (float* from = x, to = y)
            Widths.Matmul(width, team, product, rows, from, inputs, default(Untouched), new Copy(product, to, outputs));
        return y;
    }

    /// <summary>Packs a weight in two slices, the second one first.</summary>
    private static void Pack(PackedWeights product, int segment, int part, float[] weight, int inputs)
    {
        var rows = weight.Length / inputs;
        var cut = rows / 3;
        product.Pack(segment, part, weight.AsSpan(cut * inputs), cut);
        product.Pack(segment, part, weight.AsSpan(0, cut * inputs), 0);
    }

    private readonly struct Untouched : IPrologue
    {
        public void Prepare<V>(int row, float* x)
            where V : unmanaged, ILanes<V>
        {
        }
    }

    private readonly struct Double(float* source, int inputs, int* counts) : IPrologue
    {
        public void Prepare<V>(int row, float* x)
            where V : unmanaged, ILanes<V>
        {
            Interlocked.Increment(ref counts[row]);
            for (var k = 0; k < inputs; k++)
                x[k] = 2 * source[(row * inputs) + k];
        }
    }

    private readonly struct Copy(PackedWeights weights, float* y, int outputs) : IEpilogue
    {
        public void Finish<V>(int segment, int group, int row, float* product, int partStride)
            where V : unmanaged, ILanes<V>
        {
            var columns = weights.Columns(segment, group);
            for (var c = 0; c < columns; c += V.Count)
            {
                var to = y + ((nint)row * outputs) + (group * weights.GroupWidth(segment)) + c;
                V.StoreFirst(V.Load(product + c), to, columns - c);
            }
        }
    }

    private readonly struct Collect(PackedWeights weights, WeightSegment[] segments, List<(int, int, int, float[][])> seen) : IEpilogue
    {
        public void Finish<V>(int segment, int group, int row, float* product, int partStride)
            where V : unmanaged, ILanes<V>
        {
            var columns = weights.Columns(segment, group);
            var parts = new float[segments[segment].Parts][];
            for (var p = 0; p < parts.Length; p++)
            {
                parts[p] = new ReadOnlySpan<float>(product + (p * partStride), columns).ToArray();
                // An epilogue may read and write up to the next multiple of the panel width.
                new Span<float>(product + (p * partStride), (columns + weights.Panel - 1) / weights.Panel * weights.Panel).Fill(float.NaN);
            }

            lock (seen)
                seen.Add((segment, group, row, parts));
        }
    }
}
