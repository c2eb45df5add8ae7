using Cambium.Runtime;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Loading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Models.Tests.SameBits;

/// <summary>
/// Logits are bit-identical for any batch, cache content and options.
/// Each test also counts the event that it tests, so that it fails if the event does not occur.
/// </summary>
public abstract class SharingNeverChangesABitTests : IDisposable
{
    private readonly RecordingModel _model;
    private readonly IReadOnlyList<int[]> _prompts;
    private readonly ResultRow[] _alone;

    protected SharingNeverChangesABitTests(string checkpoint, LoadOptions? options = null, KvStorage storage = KvStorage.F32)
    {
        Plain = new() { Threads = 1, TwoPhase = false, PoolTokens = 4096, MaxSequences = 16, KvStorage = storage };
        var inner = Zoo.Load(Fixtures.InRepository(checkpoint), options);
        _model = new RecordingModel(inner) { Checkpoint = inner.Checkpoint };
        _prompts = Crowd.Prompts(_model.OutputWidth);

        // The reference: each sequence alone in a new engine, on one thread.
        var rows = new List<ResultRow>();
        foreach (var prompt in _prompts)
        {
            using var loop = new EngineLoop(_model, Plain);
            var answer = loop.Run(Crowd.Ask(prompt));
            Assert.Equal((0, Crowd.Answer), (answer.Usage.CachedTokens, answer.Usage.GeneratedTokens));
            rows.AddRange(_model.TakeRows());
        }

        _alone = ResultRow.Sorted(rows);
        Assert.Equal(_prompts.Count * Crowd.Answer, _alone.Length);
    }

    private EngineOptions Plain { get; }

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Other_sequences_in_the_batch_do_not_change_a_bit()
    {
        using var loop = new EngineLoop(_model, Plain);
        var answers = Crowd.Run(loop, _prompts.Select(static (prompt, i) => Crowd.Ask(prompt) with { Tenant = $"tenant {i}" }));
        AssertSameAsAlone();
        Assert.All(answers, static answer => Assert.Equal(0, answer.Usage.CachedTokens));
        Assert.True(loop.Statistics.Steps < _prompts.Count * Crowd.Answer, "Nothing was batched.");
    }

    [Fact]
    public void A_cached_prefix_does_not_change_a_bit()
    {
        using var loop = new EngineLoop(_model, Plain);
        Crowd.Run(loop, _prompts.Select(Crowd.Ask));
        AssertSameAsAlone();
        var warm = Crowd.Run(loop, _prompts.Select(Crowd.Ask));
        AssertSameAsAlone();
        // All tokens of each prompt except the last one are cached.
        Assert.Equal(_prompts.Select(static prompt => prompt.Length - 1), warm.Select(static answer => answer.Usage.CachedTokens));
    }

    [Fact]
    public void Continuing_an_answer_does_not_change_a_bit()
    {
        using var loop = new EngineLoop(_model, Plain);
        var first = Crowd.Run(loop, _prompts.Select(Crowd.Ask));
        _model.TakeRows();
        var second = Crowd.Run(loop,
            first.Select((answer, i) => Crowd.Ask([.. _prompts[i], .. answer.Tokens.Take(Crowd.Answer - 1)]) with { MaxTokens = 1 }));
        // Each prompt of this round ends with the last row of the first round, so one row per prompt is computed again.
        var rows = _model.TakeRows();
        Assert.Equal(_prompts.Count, rows.Length);
        Assert.All(rows, row => Assert.Contains(row, _alone));
        Assert.All(second, static answer => Assert.True(answer.Usage.CachedTokens > 0));
        Assert.Equal(first.Select(static answer => answer.Tokens[^1]), second.Select(static answer => answer.Tokens[^1]));
    }

    [Theory]
    [InlineData(false, 16, 64, false)]
    [InlineData(true, 16, 64, true)]
    [InlineData(true, 16, 3, true)]
    [InlineData(null, 0, 64, true)]
    [InlineData(null, 1, 64, true)]
    [InlineData(null, 16, 64, true)]
    [InlineData(null, 16, 5, true)]
    [InlineData(null, 64, 64, true)]
    // Two sequences share at most two whole chunks. The rest of their common prefix is copied.
    [InlineData(null, 128, 64, true)]
    [InlineData(null, 129, 64, false)]
    public void Two_phase_attention_does_not_change_a_bit(bool? twoPhase, int threshold, int blockRows, bool shares)
    {
        var options = Plain with { TwoPhase = twoPhase, TwoPhaseThreshold = threshold, MaxBlockRows = blockRows };
        using var loop = new EngineLoop(_model, options);
        var answers = Crowd.Run(loop, _prompts.Select(Crowd.Ask));
        AssertSameAsAlone();
        Assert.Contains(answers, static answer => answer.Usage.CachedTokens > 0);
        Assert.Equal(shares, loop.Statistics.SharedBlocks > 0);
        // Small blocks cut a long prompt into pieces that read its chunks again, so that only large blocks show the saving in the total.
        // The planner expects less of sharing narrower keys, and may choose it for the rows of one prompt only.
        if (shares && blockRows == 64 && (twoPhase == true || Plain.KvStorage == KvStorage.F32))
            Assert.True(loop.Statistics.ChunkReads < loop.Statistics.ChunkReadsUnshared, "No chunk was read once for several sequences.");
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(2, null)]
    [InlineData(3, null)]
    public void The_number_of_threads_does_not_change_a_bit(int threads, bool? twoPhase)
    {
        using var loop = new EngineLoop(_model, Plain with { Threads = threads, TwoPhase = twoPhase });
        Crowd.Run(loop, _prompts.Select(Crowd.Ask));
        AssertSameAsAlone();
        var warm = Crowd.Run(loop, _prompts.Select(Crowd.Ask));
        AssertSameAsAlone();
        Assert.All(warm.Where(static answer => answer.Usage.PromptTokens > 1), static answer => Assert.True(answer.Usage.CachedTokens > 0));
        Assert.Equal(twoPhase is not false, loop.Statistics.SharedBlocks > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(512)]
    public void The_prefill_budget_does_not_change_a_bit(int rowsPerStep)
    {
        using var loop = new EngineLoop(_model, Plain with { MaxRowsPerStep = rowsPerStep, TwoPhase = null, Threads = 2 });
        var answers = Crowd.Run(loop, _prompts.Select(Crowd.Ask));
        AssertSameAsAlone();
        Assert.Contains(answers, static answer => answer.Usage.CachedTokens > 0);
        Assert.True(loop.Statistics.SharedBlocks > 0);
        Assert.True(loop.Statistics.Steps >= loop.Statistics.TokensPrefilled / rowsPerStep);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_time_of_arrival_does_not_change_a_bit(int stepsBetween)
    {
        using var loop = new EngineLoop(_model, Plain with { MaxRowsPerStep = 29, TwoPhase = null });
        var answers = Crowd.Run(loop, _prompts.Reverse().Select(Crowd.Ask), stepsBetween);
        AssertSameAsAlone();
        Assert.Contains(answers, static answer => answer.Usage.CachedTokens > 0);
        Assert.True(loop.Statistics.SharedBlocks > 0);
    }

    [Fact]
    public void A_small_pool_does_not_change_a_bit()
    {
        // Sequences without a common prefix: each needs up to three of the eight chunks.
        using var loop = new EngineLoop(_model, Plain with { PoolTokens = 8 * 64, MaxRowsPerStep = 50 });
        for (var round = 0; round < 2; round++)
        {
            Crowd.Run(loop, _prompts.Select((prompt, i) => Crowd.Ask(prompt) with { Tenant = $"tenant {i + round}" }));
            AssertSameAsAlone();
        }

        Assert.True(loop.Statistics.Evictions > 0, "Nothing was evicted.");
    }

    [Fact]
    public void Preemption_does_not_change_a_bit()
    {
        // All sequences begin in one chunk each. Their answers grow into a second chunk, and the pool is too small for all of them.
        using var alone = new EngineLoop(_model, Plain);
        var prompts = Enumerable.Range(0, 6).Select(i => _prompts[9][i..(i + 58)]).ToArray();
        foreach (var prompt in prompts)
            alone.Run(Crowd.Ask(prompt) with { MaxTokens = 80, Tenant = $"{prompt[0]} {prompt[1]}" });
        var expected = _model.TakeRows();

        using var loop = new EngineLoop(_model, Plain with { PoolTokens = 10 * 64 });
        Crowd.Run(loop, prompts.Select(static (prompt, i) => Crowd.Ask(prompt) with { MaxTokens = 80, Tenant = $"tenant {i}" }));
        AssertSame(expected, _model.TakeRows());
        Assert.True(loop.Statistics.Preemptions > 0, "No sequence was preempted.");
    }

    [Fact]
    public void An_observer_does_not_change_a_bit()
    {
        using var loop = new EngineLoop(_model, Plain with { TwoPhase = null });
        var seen = _prompts.Select(prompt => new Reference.PromptRecord(prompt.Length, _model.OutputWidth)).ToArray();
        Crowd.Run(loop, _prompts.Select((prompt, i) => Crowd.Ask(prompt) with { Observer = seen[i] }));
        var rows = _model.TakeRows();
        Assert.All(_alone, row => Assert.Contains(row, rows));
        Assert.True(rows.Length > _alone.Length);
    }

    private static void AssertSame(ResultRow[] expected, ResultRow[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(expected[i] == actual[i], $"Row {i}: expected {expected[i]}, computed {actual[i]}.");
    }

    private void AssertSameAsAlone() => AssertSame(_alone, _model.TakeRows());
}

public sealed class SharingInLlamaTests() : SharingNeverChangesABitTests("llama-linear-rope");

// Integer products.
public sealed class SharingInLlamaOfInt4Tests()
    : SharingNeverChangesABitTests("llama-linear-rope", new LoadOptions { Storage = WeightStorage.Int4 });

public sealed class SharingInLlamaOfBrainFloatsTests() : SharingNeverChangesABitTests("llama-bf16-sharded");

public sealed class SharingInLlamaOfBrainFloatKeysTests() : SharingNeverChangesABitTests("llama-linear-rope", storage: KvStorage.BF16);

/// <summary>With a sliding window and keys and values in int8.</summary>
public sealed class SharingInMistralOfInt8KeysTests() : SharingNeverChangesABitTests("mistral-window", storage: KvStorage.Int8);

/// <summary>With a sliding window, sequences that share a chunk attend to different parts of it.</summary>
public sealed class SharingInMistralTests() : SharingNeverChangesABitTests("mistral-window");
