using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;
using Xunit;

namespace Cambium.Models.Tests.SameBits;

/// <summary>
/// Requests with prefixes of each kind, stacked ones and none, in one batch: each row has the bits that it has alone. Each test also counts the event
/// that it tests.
/// </summary>
public abstract class PrefixesNeverChangeABitTests : IDisposable
{
    private readonly RecordingModel _model;
    private readonly Prefix[] _prefixes;
    private readonly (int[] Prompt, int[] Prefixes)[] _cases;
    private readonly ResultRow[] _alone;

    protected PrefixesNeverChangeABitTests(string checkpoint, KvStorage storage = KvStorage.F32)
    {
        Plain = new() { Threads = 1, TwoPhase = false, PoolTokens = 4096, MaxSequences = 16, KvStorage = storage };
        var inner = Zoo.Load(Fixtures.InRepository(checkpoint));
        _model = new RecordingModel(inner) { Checkpoint = inner.Checkpoint };
        _prefixes =
        [
            RandomPrefix.Rows(_model, 5, hasPositions: true, seed: 1),
            RandomPrefix.Rows(_model, 130, hasPositions: false, seed: 2),
            RandomPrefix.State(_model, seed: 3),
            RandomPrefix.Side(_model, 70, seed: 4),
            RandomPrefix.Mark("edited"),
        ];
        int[][] paths = [[], [0], [1], [2], [3], [4], [0, 1], [2, 3], [0, 2, 1, 3], [1], [0], []];
        var random = new Random(11);
        int[] root = [.. Enumerable.Range(0, 75).Select(_ => random.Next(_model.OutputWidth))];
        _cases = [.. paths.Select((path, i) => ((int[])[.. root[..(75 - (i % 3))], random.Next(_model.OutputWidth)], path))];

        var rows = new List<ResultRow>();
        for (var i = 0; i < _cases.Length; i++)
        {
            using var loop = new EngineLoop(_model, Plain);
            Assert.Equal(0, loop.Run(Ask(Load(loop), i)).Usage.CachedTokens);
            rows.AddRange(_model.TakeRows());
        }

        _alone = ResultRow.Sorted(rows);
        Assert.Equal(_cases.Length * Crowd.Answer, _alone.Length);
        // The prefixes change the answers; a mark does not.
        Assert.True(_alone.Select(static row => row.Bits).Distinct().Count() >= _alone.Length - (2 * Crowd.Answer));
    }

    private EngineOptions Plain { get; }

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(false, 1, 64)]
    [InlineData(true, 1, 64)]
    [InlineData(null, 2, 64)]
    [InlineData(true, 2, 3)]
    public void A_batch_does_not_change_a_bit(bool? twoPhase, int threads, int blockRows)
    {
        using var loop = new EngineLoop(_model, Plain with { TwoPhase = twoPhase, Threads = threads, MaxBlockRows = blockRows });
        var prefixes = Load(loop);
        for (var round = 0; round < 2; round++)
        {
            var answers = Crowd.Run(loop, _cases.Select((_, i) => Ask(prefixes, i)));
            AssertSameAsAlone();
            Assert.True(round == 0 || answers.All(static answer => answer.Usage.CachedTokens > 0), "Nothing was cached.");
        }

        Assert.Equal(twoPhase != false, loop.Statistics.SharedBlocks > 0);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(64)]
    public void The_prefill_budget_does_not_change_a_bit(int rowsPerStep)
    {
        using var loop = new EngineLoop(_model, Plain with { MaxRowsPerStep = rowsPerStep, TwoPhase = null });
        var prefixes = Load(loop);
        Crowd.Run(loop, _cases.Select((_, i) => Ask(prefixes, i)), stepsBetween: 2);
        AssertSameAsAlone();
    }

    [Fact]
    public void Evictions_and_preemptions_do_not_change_a_bit()
    {
        using var loop = new EngineLoop(_model, Plain with { PoolTokens = 7 * 64, MaxRowsPerStep = 50 });
        var prefixes = Load(loop);
        for (var round = 0; round < 2; round++)
        {
            Crowd.Run(loop, _cases.Select((_, i) => Ask(prefixes, i) with { Tenant = $"tenant {i + round}", Priority = i % 3 }), stepsBetween: 1);
            AssertSameAsAlone();
        }

        Assert.True(loop.Statistics.Evictions > 0, "Nothing was evicted.");
        Assert.True(loop.Statistics.Preemptions > 0, "Nothing was preempted.");
    }

    [Fact]
    public void A_saved_tree_does_not_change_a_bit()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "tree");
        using (var loop = new EngineLoop(_model, Plain))
        {
            var prefixes = Load(loop);
            Crowd.Run(loop, _cases.Select((_, i) => Ask(prefixes, i)));
            AssertSameAsAlone();
            Assert.True(loop.Save(path) > 0);
        }

        using var second = new EngineLoop(_model, Plain);
        var loaded = Load(second);
        Assert.True(second.Load(path) > 0);
        second.CheckIntegrity();
        var answers = Crowd.Run(second, _cases.Select((_, i) => Ask(loaded, i)));
        AssertSameAsAlone();
        Assert.All(answers, static answer => Assert.True(answer.Usage.CachedTokens >= 64));

        // Chunks below prefixes that are not loaded are passed over.
        using var third = new EngineLoop(_model, Plain);
        third.Load(path);
        third.CheckIntegrity();
        Assert.True(third.Snapshot().Nodes.Count < second.Snapshot().Nodes.Count);
        Assert.DoesNotContain(third.Snapshot().Nodes, static node => node.Content is not null);
    }

    [Fact]
    public async Task Unloading_waits_for_requests_and_frees_what_is_cached()
    {
        using var loop = new EngineLoop(_model, Plain);
        var prefixes = Load(loop);
        Assert.Equal(4, loop.Store.Contents);
        var sink = new CollectingSink();
        loop.Submit(Ask(prefixes, 1), sink);
        loop.Step();
        var unloading = prefixes[0].DisposeAsync();
        Assert.False(unloading.IsCompleted);
        Assert.Throws<RequestRefusedException>(() => loop.Run(Ask(prefixes, 1)));
        while (loop.Step())
        {
        }

        Assert.Equal(Crowd.Answer, sink.Completion.Tokens.Count);
        await unloading;
        Assert.Equal(3, loop.Store.Contents);
        Assert.DoesNotContain(loop.Snapshot().Nodes, static node => node.Content is not null);
        Assert.Equal(0, loop.Snapshot().Nodes.Count(static node => node.Tokens.Count > 0));
        loop.CheckIntegrity();
        Crowd.Run(loop, _cases.Select((_, i) => i).Where(i => !_cases[i].Prefixes.Contains(0)).Select(i => Ask(prefixes, i)));
        Assert.All(_model.TakeRows(), row => Assert.Contains(row, _alone));
    }

    private LoadedPrefix[] Load(EngineLoop loop) => [.. _prefixes.Select(prefix => loop.LoadPrefix(prefix))];

    private Request Ask(LoadedPrefix[] prefixes, int index) =>
        Crowd.Ask(_cases[index].Prompt) with { Prefixes = [.. _cases[index].Prefixes.Select(i => (PrefixUse)prefixes[i])] };

    private void AssertSameAsAlone()
    {
        var rows = _model.TakeRows();
        Assert.Equal(_alone.Length, rows.Length);
        for (var i = 0; i < rows.Length; i++)
            Assert.True(_alone[i] == rows[i], $"Row {i}: expected {_alone[i]}, computed {rows[i]}.");
    }
}

public sealed class PrefixesInLlamaTests() : PrefixesNeverChangeABitTests("llama-gqa");

public sealed class PrefixesInLlamaOfInt8KeysTests() : PrefixesNeverChangeABitTests("llama-gqa", KvStorage.Int8);

/// <summary>With a sliding window, which hides rows at positions and no others.</summary>
public sealed class PrefixesInMistralTests() : PrefixesNeverChangeABitTests("mistral-window", KvStorage.BF16);
