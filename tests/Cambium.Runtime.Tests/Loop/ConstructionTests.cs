using System.Diagnostics.CodeAnalysis;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cpu;
using Cambium.Runtime.Steps;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>Constructors that fail part way free what they have opened.</summary>
public class ConstructionTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 256, Threads = 1, MaxSequences = 4, Seed = 7 };

    [Fact]
    public async Task An_engine_that_cannot_start_frees_its_device()
    {
        // Each iteration fails a later read of the model's facts, until the constructor needs no further read.
        for (var reads = 0; ; reads++)
        {
            using var model = new FailingModel(reads);
            Engine engine;
            try
            {
                engine = new Engine(model, Small);
            }
            catch (DivideByZeroException)
            {
                Assert.All(model.Devices, static device => Assert.True(device.IsFreed));
                continue;
            }

            Assert.True(reads > 3);
            await engine.DisposeAsync();
            Assert.True(Assert.Single(model.Devices).IsFreed);
            return;
        }
    }

    [Fact]
    public void A_pool_that_no_tree_can_index_is_freed()
    {
        using var model = new FailingModel(int.MaxValue);
        // 2048 pages of 2^20 tokens: one token more than an index of 32 bits reaches.
        using var device = new WatchedDevice { MinPages = 2048 };
        var options = Small with { ChunkSize = 1 << 20, PoolTokens = 1 << 20, Threads = 0, Device = device };
        Assert.Throws<OverflowException>(() => new EngineLoop(model, options));
        Assert.True(Assert.Single(device.Stores).IsFreed);
    }

    [Fact]
    public void An_encoder_with_a_wrong_chunk_size_frees_its_device()
    {
        using var model = new FailingModel(int.MaxValue);
        Assert.Throws<ArgumentException>(() => new Encoder(model, options: new EncoderOptions { ChunkSize = 33, Threads = 1 }));
        Assert.True(Assert.Single(model.Devices).IsFreed);
    }

    /// <summary>A model whose facts can be read a number of times.</summary>
    private sealed class FailingModel : CpuModel
    {
        private readonly ScriptedModel _inner = new();
        private int _reads;

        [SetsRequiredMembers]
        public FailingModel(int reads) => (_reads, Checkpoint) = (reads, null!);

        public List<WatchedDevice> Devices { get; } = [];

        public override ModelDefinition Definition => Read(_inner.Definition);

        public override IReadOnlyList<EntryPoint> EntryPoints => Read(_inner.EntryPoints);

        public override Device OpenDefaultDevice(DeviceOptions options)
        {
            Devices.Add(new WatchedDevice());
            return Devices[^1];
        }

        public override void Run(int entry, Step step) => _inner.Run(entry, step);

        private T Read<T>(T value) => _reads-- > 0 ? value : throw new DivideByZeroException();
    }

    /// <summary>A CPU that claims unlimited memory and records what was freed.</summary>
    private sealed class WatchedDevice : Device
    {
        private readonly CpuDevice _cpu = new(new DeviceOptions { Threads = 1 });
        private bool _isDisposed;

        public int MinPages { get; init; }

        public List<WatchedStore> Stores { get; } = [];

        public bool IsFreed => _isDisposed && Stores.TrueForAll(static store => store.IsFreed);

        public override string Name => "watched";

        public override long FreeBytes => long.MaxValue / 2;

        public override long PageBytes(IReadOnlyList<CacheSite> sites, int chunkSize, KvStorage storage = KvStorage.F32) =>
            chunkSize % 32 == 0 ? 64 : throw new ArgumentException("33");

        public override ChunkStore CreateStore(IReadOnlyList<CacheSite> sites, int chunkSize, int pages, KvStorage storage = KvStorage.F32)
        {
            Stores.Add(new WatchedStore(chunkSize, Math.Max(MinPages, pages), _cpu.CreateStore(sites, 32, 1)));
            return Stores[^1];
        }

        public override IAttentionCost AttentionCost(IReadOnlyList<CacheSite> sites, KvStorage storage = KvStorage.F32) =>
            _cpu.AttentionCost(sites, storage);

        public override long ProgramBytes(CompiledModel model, in ProgramLimits limits) => 64;

        public override ModelProgram Open(CompiledModel model, in ProgramLimits limits, ChunkStore store) =>
            _cpu.Open(model, limits, ((WatchedStore)store).Inner);

        public override void RunOnHost(IHostWork work, int items, int scratchBytes) => _cpu.RunOnHost(work, items, scratchBytes);

        protected override void Dispose(bool disposing)
        {
            _isDisposed = true;
            _cpu.Dispose();
        }
    }

    /// <summary>A store whose pages are never read.</summary>
    private sealed class WatchedStore(int chunkSize, int pages, ChunkStore inner) : ChunkStore(chunkSize, pages, 64)
    {
        public ChunkStore Inner => inner;

        public bool IsFreed { get; private set; }

        public override string Format => "watched";

        public override void CopyTokens(int from, int to, int tokens) => throw new NotSupportedException();

        public override void WriteKey(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> key) =>
            throw new NotSupportedException();

        public override void WriteValue(int page, int slot, int site, int layer, int head, ReadOnlySpan<float> value) =>
            throw new NotSupportedException();

        public override void ReadKey(int page, int slot, int site, int layer, int head, Span<float> key) => throw new NotSupportedException();

        public override void ReadValue(int page, int slot, int site, int layer, int head, Span<float> value) => throw new NotSupportedException();

        public override void Read(int page, long offset, Span<byte> bytes) => throw new NotSupportedException();

        public override void Write(int page, long offset, ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

        protected override void Put(int content, NodeData data, bool hasPositions) => throw new NotSupportedException();

        protected override void Drop(int content) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsFreed = true;
            inner.Dispose();
        }
    }
}
