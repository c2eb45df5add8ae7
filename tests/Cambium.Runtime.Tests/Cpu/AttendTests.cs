using Cambium.Runtime.Cpu;
using Cambium.Runtime.Chunks;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed class AttendTests
{
    [Fact]
    public void Attention_allocates_nothing()
    {
        var random = new Random(3);
        var tree = new AttentionTree(new CacheSite(1, 2, 32, 32), 4);
        for (var s = 0; s < 12; s++)
            tree.AddSegment(s == 0 ? -1 : random.Next(-1, s), random.Next(1, 150), random);
        for (var r = 0; r < 9; r++)
            tree.AddRow(random.Next(12), random.Floats(4 * 32));
        using var prepared = tree.Prepare(Simd.Width, 64, 1, static r => r / 4);
        prepared.Run(default(PlainScore));
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 20; i++)
                prepared.Run(default(PlainScore));
        }));
    }

    [Fact]
    public void A_shape_that_differs_from_the_cache_site_is_refused()
    {
        var tree = new AttentionTree(new CacheSite(1, 1, 16, 16), 1) { Shape = new(1, 1, 16, 24, 1, 0) };
        tree.AddSegment(-1, [], []);
        using var prepared = tree.Prepare(Simd.Width, 64, 1, static _ => 0);
        Assert.Contains("does not fit cache site 0", Assert.Throws<ArgumentException>(() => prepared.Run(default(PlainScore))).Message);
    }
}
