using Cambium.Checkpoints;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public unsafe class CpuChunkStoreTests
{
    private static readonly KvLayout Layout = new([new CacheSite(2, 3, 5, 7), new CacheSite(1, 1, 4, 4)], 8, 4);

    [Fact]
    public void Pages_are_taken_until_none_is_free()
    {
        using var store = new CpuChunkStore(Layout, 3);
        var pages = new List<int>();
        while (store.TryTake(out var page))
            pages.Add(page);
        Assert.Equal([0, 1, 2], pages);
        Assert.Equal(0, store.Free);

        store.Give(1);
        Assert.True(store.TryTake(out var again));
        Assert.Equal(1, again);
    }

    [Fact]
    public void A_page_cannot_be_given_back_twice()
    {
        using var store = new CpuChunkStore(Layout, 2);
        store.TryTake(out var page);
        store.Give(page);
        var e = Assert.Throws<InvalidOperationException>(() => store.Give(page));
        Assert.Contains("Page 0", e.Message);
    }

    [Fact]
    public void Pages_are_aligned_and_do_not_overlap()
    {
        using var store = new CpuChunkStore(Layout, 2);
        Assert.Equal(Layout.ChunkBytes, (nint)(store[1] - store[0]));
        Assert.Equal(0, (long)store[0] % 64);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = store[2]; });
    }

    [Fact]
    public void A_store_that_no_machine_can_hold_is_refused_with_its_size()
    {
        var e = Assert.Throws<InsufficientMemoryException>(() => new CpuChunkStore(new KvLayout([new CacheSite(1 << 20, 1, 1 << 24, 1 << 24)], 4, 4),
            1 << 20));
        Assert.Contains("1048576 chunks", e.Message);
    }

    [Theory]
    [InlineData(typeof(CpuChunkStore))]
    [InlineData(typeof(Device))]
    [InlineData(typeof(FloatConversion))]
    public void The_format_names_the_build_of_everything_that_computes_keys(Type type)
    {
        using var store = new CpuChunkStore(Layout, 1);
        Assert.Contains(type.Module.ModuleVersionId.ToString(), store.Format);
    }

    [Theory]
    [InlineData(1, 2, 9, 11)]
    [InlineData(2, 1, 9, 11)]
    [InlineData(2, 2, 8, 11)]
    [InlineData(2, 2, 9, 10)]
    public void A_program_refuses_a_store_with_other_sites(int layers, int heads, int keySize, int valueSize)
    {
        using var model = new TinyModel();
        using var device = new CpuDevice(new DeviceOptions { Threads = 1 });
        var limits = new ProgramLimits(0, 1, 1);
        using var store = device.CreateStore([new CacheSite(layers, heads, keySize, valueSize)], 32, 1);
        var e = Assert.Throws<ArgumentException>(() => device.Open(model, limits, store));
        Assert.Contains($"KeySize = {keySize}", e.Message);
        Assert.Contains("'Tiny.Forward'", e.Message);

        using var right = device.CreateStore([model.CacheSites[0] with { Heads = 4 }], 32, 1);
        device.Open(model, limits, right).Dispose();
        using var panels = new CpuChunkStore(new KvLayout(model.CacheSites, 32, Simd.PanelWidth == 16 ? 8 : 16), 1);
        Assert.Contains("panels", Assert.Throws<ArgumentException>(() => device.Open(model, limits, panels)).Message);
    }

    [Theory]
    [InlineData(KvStorage.F32, 0)]
    [InlineData(KvStorage.BF16, 1f / 512)]
    [InlineData(KvStorage.Int8, 1f / 253)]
    public void Every_key_and_value_has_a_place_of_its_own(KvStorage storage, float tolerance)
    {
        using var store = StoreOf(storage);
        var random = new Random(1);
        var written = new Dictionary<(int Page, int Slot, int Site, int Layer, int Head), (float[] Key, float[] Value)>();
        foreach (var at in Places(store))
        {
            var site = Layout.Sites[at.Site];
            var (key, value) = (Draw(site.KeySize), Draw(site.ValueSize));
            store.WriteKey(at.Page, at.Slot, at.Site, at.Layer, at.Head, key);
            store.WriteValue(at.Page, at.Slot, at.Site, at.Layer, at.Head, value);
            written.Add(at, (key, value));
        }

        foreach (var (at, (key, value)) in written)
        {
            var (foundKey, foundValue) = (new float[key.Length], new float[value.Length]);
            store.ReadKey(at.Page, at.Slot, at.Site, at.Layer, at.Head, foundKey);
            store.ReadValue(at.Page, at.Slot, at.Site, at.Layer, at.Head, foundValue);
            Close(key, foundKey);
            Close(value, foundValue);
        }

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];

        void Close(float[] expected, float[] actual)
        {
            for (var i = 0; i < expected.Length; i++)
                Assert.InRange(Math.Abs(expected[i] - actual[i]), 0, tolerance);
        }
    }

    [Theory]
    [InlineData(KvStorage.F32)]
    [InlineData(KvStorage.BF16)]
    [InlineData(KvStorage.Int8)]
    public void The_first_tokens_of_a_page_are_copied(KvStorage storage)
    {
        using var store = StoreOf(storage);
        foreach (var at in Places(store))
        {
            var number = at.Page + (10f * at.Slot) + 1;
            store.WriteKey(at.Page, at.Slot, at.Site, at.Layer, at.Head, [.. Enumerable.Repeat(number, Layout.Sites[at.Site].KeySize)]);
            store.WriteValue(at.Page, at.Slot, at.Site, at.Layer, at.Head, [.. Enumerable.Repeat(-number, Layout.Sites[at.Site].ValueSize)]);
        }

        store.CopyTokens(1, 0, 5);
        foreach (var at in Places(store))
        {
            var key = new float[Layout.Sites[at.Site].KeySize];
            var value = new float[Layout.Sites[at.Site].ValueSize];
            store.ReadKey(at.Page, at.Slot, at.Site, at.Layer, at.Head, key);
            store.ReadValue(at.Page, at.Slot, at.Site, at.Layer, at.Head, value);
            if (at.Slot < 5)
            {
                Assert.All(key, number => Assert.Equal(2 + (10f * at.Slot), number, 5e-5));
                Assert.All(value, number => Assert.Equal(-2 - (10f * at.Slot), number, 5e-5));
            }
        }
    }

    // 3 heads in 2 layers and one in another: sizes 5 + 8 (7, padded) and 4 + 4, of 8 tokens; each head rounded up to a cache line.
    [Theory]
    [InlineData(KvStorage.F32, (6 * 448) + 256)]
    [InlineData(KvStorage.BF16, (6 * 256) + 128)]
    [InlineData(KvStorage.Int8, (6 * 192) + 128)]
    public void The_bytes_of_a_page_follow_the_storage(KvStorage storage, int bytes)
    {
        using var store = StoreOf(storage);
        Assert.Equal((bytes, storage), (store.PageBytes, store.Storage));
        Assert.Contains($" {storage.Name()} ", store.Format, StringComparison.Ordinal);

        using var device = new CpuDevice(new DeviceOptions { Threads = 1 });
        using var made = device.CreateStore(Layout.Sites.ToArray(), 64, 1, storage);
        Assert.Equal(device.PageBytes(Layout.Sites.ToArray(), 64, storage), made.PageBytes);
    }

    [Theory]
    [InlineData(0f, 0f)]
    [InlineData(1e-45f, 0f)]
    [InlineData(1e-40f, 0f)]
    [InlineData(1e-30f, 1e-30f)]
    [InlineData(1e38f, 1e38f)]
    [InlineData(float.NaN, float.NaN)]
    [InlineData(float.PositiveInfinity, float.NaN)]
    [InlineData(float.NegativeInfinity, float.NaN)]
    public void Int8_keeps_the_largest_element(float number, float expected)
    {
        using var store = StoreOf(KvStorage.Int8);
        var key = new float[5];
        store.WriteKey(0, 3, 0, 1, 2, [0, number, 0, -number, 0]);
        store.ReadKey(0, 3, 0, 1, 2, key);
        if (float.IsNaN(expected))
        {
            Assert.All(key, static one => Assert.True(float.IsNaN(one)));
            return;
        }

        Assert.Equal(expected, key[1], Math.Abs(expected) * 1e-6f);
        Assert.Equal(-key[1], key[3]);
        Assert.Equal(0, key[0]);
    }

    [Fact]
    public void A_page_is_read_and_written_as_bytes()
    {
        using var store = new CpuChunkStore(Layout, 2);
        byte[] bytes = [.. Enumerable.Range(0, (int)store.PageBytes).Select(static i => (byte)(i * 7))];
        store.Write(1, 0, bytes);
        var read = new byte[100];
        store.Read(1, 30, read);
        Assert.Equal(bytes[30..130], read);
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Read(1, store.PageBytes - 99, read));
    }

    private static CpuChunkStore StoreOf(KvStorage storage) => new(new KvLayout(Layout.Sites.ToArray(), 8, 4, storage), 2);

    private static IEnumerable<(int Page, int Slot, int Site, int Layer, int Head)> Places(ChunkStore store) =>
        from page in Enumerable.Range(0, store.Pages)
        from slot in Enumerable.Range(0, store.ChunkSize)
        from site in Enumerable.Range(0, Layout.Sites.Length)
        from layer in Enumerable.Range(0, Layout.Sites[site].Layers)
        from head in Enumerable.Range(0, Layout.Sites[site].KvHeads)
        select (page, slot, site, layer, head);
}
