using Cambium.Runtime.Cpu;
using Cambium.Runtime.Chunks;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed class AttendTests
{
    [Theory]
    [InlineData(KvStorage.F32)]
    [InlineData(KvStorage.BF16)]
    [InlineData(KvStorage.Int8)]
    public void Attention_allocates_nothing(KvStorage storage)
    {
        var random = new Random(3);
        var tree = new AttentionTree(new CacheSite(1, 2, 32, 32), 4) { Storage = storage };
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

    [Theory]
    [InlineData(KvStorage.F32, 0.9959f)]
    [InlineData(KvStorage.BF16, 0.99609375f)]
    [InlineData(KvStorage.Int8, 1f / 127 * 126)]
    public void Values_are_rounded_to_the_storage(KvStorage storage, float expected)
    {
        var tree = new AttentionTree(new CacheSite(1, 1, 1, 2), 1) { Storage = storage };
        tree.AddRow(tree.AddSegment(-1, [1], [0.9959f, 1]), [1]);
        Assert.Equal(expected, tree.Attend(Simd.Width, 64, 1, static _ => 0)[0]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_gives_NaN_with_int8(float value)
    {
        var tree = new AttentionTree(new CacheSite(1, 1, 1, 3), 1) { Storage = KvStorage.Int8 };
        tree.AddRow(tree.AddSegment(-1, [1], [1, value, 1]), [1]);
        Assert.All(tree.Attend(Simd.Width, 64, 1, static _ => 0), static one => Assert.True(float.IsNaN(one)));
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
