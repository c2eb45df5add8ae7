using Cambium.Runtime.Cpu;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed unsafe class PackedWeightsTests
{
    [Fact]
    public void Packed_rows_can_be_read_back()
    {
        const int Inputs = 33;
        WeightSegment[] segments = [new(100, 20, 1), new(48, 0, 2)];
        using var product = new PackedWeights(WeightStorage.F32, Inputs, segments);
        var random = new Random(1);
        var row = stackalloc float[Inputs];
        for (var s = 0; s < segments.Length; s++)
        {
            for (var p = 0; p < segments[s].Parts; p++)
                product.Pack(s, p, random.Floats(segments[s].Outputs * Inputs), 0);
        }

        var again = new Random(1);
        for (var s = 0; s < segments.Length; s++)
        {
            for (var p = 0; p < segments[s].Parts; p++)
            {
                var weight = again.Floats(segments[s].Outputs * Inputs);
                for (var r = 0; r < segments[s].Outputs; r++)
                {
                    product.CopyRow(s, p, r, row);
                    Assert.Equal(weight.AsSpan(r * Inputs, Inputs), new ReadOnlySpan<float>(row, Inputs));
                }
            }
        }
    }

    [Fact]
    public void The_last_group_may_be_short()
    {
        using var product = new PackedWeights(WeightStorage.F32, 4, new WeightSegment(100, 48, 1));
        Assert.Equal(3, product.GroupCount(0));
        Assert.Equal([48, 48, 4], (int[])[product.Columns(0, 0), product.Columns(0, 1), product.Columns(0, 2)]);
    }

    [Fact]
    public void Rows_outside_the_weight_are_refused()
    {
        using var product = new PackedWeights(WeightStorage.F32, 4, new WeightSegment(10, 0, 1));
        Assert.Contains("outside segment 0's 10 outputs",
            Assert.Throws<ArgumentOutOfRangeException>(() => product.Pack(0, 0, new float[8], 9)).Message);
        Assert.Contains("whole rows of 4", Assert.Throws<ArgumentException>(() => product.Pack(0, 0, new float[7], 0)).Message);
        Assert.Contains("has 1 parts", Assert.Throws<ArgumentOutOfRangeException>(() => product.Pack(0, 1, new float[4], 0)).Message);
        Assert.Contains("group width -1",
            Assert.Throws<ArgumentException>(static () => new PackedWeights(WeightStorage.F32, 4, new WeightSegment(10, -1, 1))).Message);
    }

    [Fact]
    public void A_row_kernel_runs_on_each_gathered_row()
    {
        const int Inputs = 21, Stride = 24, Rows = 40;
        using var table = new PackedWeights(WeightStorage.F32, Inputs, new WeightSegment(50, 0, 1));
        var weight = new Random(2).Floats(50 * Inputs);
        table.Pack(0, 0, weight, 0);
        using var team = new Team(2);
        using var result = new NativeBuffer(Rows * Stride);
        var ids = stackalloc int[Rows];
        for (var i = 0; i < Rows; i++)
            ids[i] = i * 7 % 50;
        Gather.Run(team, table, 0, 0, ids, Rows, result.Pointer, Stride, new Negate(result.Pointer, Stride, Inputs));
        for (var i = 0; i < Rows; i++)
        {
            for (var k = 0; k < Inputs; k++)
                Assert.Equal(-weight[(ids[i] * Inputs) + k], result.Pointer[(i * Stride) + k]);
        }

        ids[3] = 50;
        var bad = new IntPtr(ids);
        var to = new IntPtr(result.Pointer);
        Assert.Throws<ArgumentOutOfRangeException>(() => Gather.Run(team, table, 0, 0, (int*)bad, Rows, (float*)to, Stride));
    }

    private readonly struct Negate(float* x, int stride, int count) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var i = 0; i < count; i++)
                x[(row * stride) + i] = -x[(row * stride) + i];
        }
    }
}
