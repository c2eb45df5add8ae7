using Cambium.Runtime.Cache;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cache;

public unsafe class ChunkPoolTests
{
    [Fact]
    public void Pages_can_be_taken_again_after_their_return()
    {
        using var pool = new ChunkPool(16, 3);
        var pages = new List<int>();
        while (pool.TryTake(out var page))
            pages.Add(page);
        Assert.Equal([0, 1, 2], pages);
        Assert.Equal(0, pool.Free);

        pool.Give(1);
        Assert.True(pool.TryTake(out var again));
        Assert.Equal(1, again);
    }

    [Fact]
    public void A_page_cannot_be_given_back_twice()
    {
        using var pool = new ChunkPool(16, 2);
        pool.TryTake(out var page);
        pool.Give(page);
        var e = Assert.Throws<InvalidOperationException>(() => pool.Give(page));
        Assert.Contains("Page 0", e.Message);
    }

    [Fact]
    public void Pages_are_aligned_without_overlap()
    {
        using var pool = new ChunkPool(48, 2);
        Assert.Equal(48, pool[1] - pool[0]);
        Assert.Equal(0, (long)pool[0] % 64);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = pool[2]; });
    }

    [Fact]
    public void A_pool_that_no_machine_can_hold_is_refused_with_its_size()
    {
        var e = Assert.Throws<InsufficientMemoryException>(() => new ChunkPool(nint.MaxValue / 8, 1000));
        Assert.Contains("1000 chunks", e.Message);
    }
}
