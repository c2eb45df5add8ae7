using Cambium.Checkpoints;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Memory;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed unsafe class LanesTests
{
    public static TheoryData<int> AllWidths => Widths.All;

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Partial_loads_and_stores_do_not_touch_other_elements(int width)
    {
        using var team = new Team(1);
        using var buffer = new NativeBuffer(64);
        Widths.Rowwise(width, team, 1, new Partial(buffer.Pointer));
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void Sums_and_maxima_cover_all_lanes(int width)
    {
        using var team = new Team(1);
        Widths.Rowwise(width, team, 1, default(Reductions));
    }

    [Theory]
    [MemberData(nameof(AllWidths))]
    public void A_table_lookup_clamps_its_indices(int width)
    {
        using var team = new Team(1);
        float[] index = [0, 1, 2.9f, 6, 7, 1e30f, -1, -1e30f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 3, 4.5f, 5, 6.99f, 1, 2];
        fixed (float* p = index)
            Widths.Rowwise(width, team, index.Length - width + 1, new LookUps(p));
    }

    [Fact]
    public void The_chosen_width_is_a_supported_one()
    {
        Assert.Contains(Simd.Width, (int[])[4, 8, 16]);
        Assert.Equal(2 * Simd.Width, Simd.PanelWidth);
        Assert.NotEmpty(Simd.Name);
    }

    [Fact]
    public void An_unknown_width_is_refused_by_name()
    {
        Assert.Equal((4, null), Simd.Choose("128"));
        Assert.Equal(Simd.Choose(null), Simd.Choose("512"));
        Assert.True(Simd.Choose("256").Width <= 8);
        Assert.Contains("'64'; it must be 512, 256 or 128", Simd.Choose("64").Refusal);
    }

    private readonly struct Partial(float* p) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            for (var n = -1; n <= V.Count + 2; n++)
            {
                for (var i = 0; i < 64; i++)
                    p[i] = i < Math.Max(n, 0) ? i + 1 : float.NaN;
                var v = V.LoadFirst(p, n);
                V.Store(v, p + 32);
                for (var i = 0; i < V.Count; i++)
                    Assert.Equal(i < n ? i + 1 : 0, p[32 + i]);

                for (var i = 0; i < 64; i++)
                    p[i] = -7;
                V.StoreFirst(V.Indices, p, n);
                for (var i = 0; i < 64; i++)
                    Assert.Equal(i < Math.Min(n, V.Count) ? i : -7, p[i]);

                V.Store(V.KeepFirst(V.Broadcast(3), n, V.Broadcast(float.NegativeInfinity)), p);
                for (var i = 0; i < V.Count; i++)
                    Assert.Equal(i < n ? 3 : float.NegativeInfinity, p[i]);
                V.Store(V.KeepFirst(V.Broadcast(float.NaN), n, V.Broadcast(5)), p);
                for (var i = 0; i < V.Count; i++)
                    Assert.Equal(i < n ? float.NaN : 5, p[i]);
            }
        }
    }

    private readonly struct LookUps(float* index) : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            // A table of 7 elements (3 rows of 2, and one more) between NaN elements, which must not be read.
            var table = stackalloc float[16];
            for (var i = 0; i < 16; i++)
                table[i] = i is > 3 and < 11 ? i * 10 : float.NaN;
            var result = stackalloc float[3 * V.Count];
            var at = V.Load(index + row);
            V.Store(Functions.LookUp(table + 4, 7, at), result);
            V.Store(Functions.LookUp(table + 4, 3, 2, at, V.Indices), result + V.Count);
            V.Store(Functions.LookUp(table + 4, 2, 3, V.Broadcast(1), at), result + (2 * V.Count));
            for (var i = 0; i < V.Count; i++)
            {
                Assert.Equal(10 * (4 + Inside(index[row + i], 7)), result[i]);
                Assert.Equal(10 * (4 + (2 * Inside(index[row + i], 3)) + Math.Min(i, 1)), result[V.Count + i]);
                Assert.Equal(10 * (7 + Inside(index[row + i], 3)), result[(2 * V.Count) + i]);
            }
        }

        private static int Inside(float x, int count) => float.IsNaN(x) ? 0 : (int)Math.Clamp(x, 0, count - 1);
    }

    private readonly struct Reductions : IRowKernel
    {
        public void Row<V>(int row)
            where V : unmanaged, ILanes<V>
        {
            var values = stackalloc float[V.Count];
            for (var at = 0; at < V.Count; at++)
            {
                for (var i = 0; i < V.Count; i++)
                    values[i] = i == at ? 5 : -(1 << i);
                Assert.Equal(5, V.MaxOf(V.Load(values)));
                Assert.Equal(5 - (1 << V.Count) + 1 + (1 << at), V.Sum(V.Load(values)));
            }

            Assert.Equal(0, V.First(V.Indices));
        }
    }
}
