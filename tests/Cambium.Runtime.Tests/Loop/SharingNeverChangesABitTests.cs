using System.Runtime.InteropServices;
using Cambium.Constraints;
using Cambium.Runtime.Chunks;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>
/// The logits of all tokens of all answers are bit-identical to those of the request alone on a cold engine with one thread, for any batch, cache
/// content and options.
/// </summary>
public class SharingNeverChangesABitTests
{
    // A multiple of every panel width.
    private const int ChunkSize = 32;

    private static readonly EngineOptions Plain = new() { ChunkSize = ChunkSize, PoolTokens = 2048, Threads = 1, MaxSequences = 8,
        MaxRowsPerStep = 64, TwoPhase = false, Seed = 1 };

    private static readonly Request[] Requests = MakeRequests();

    private static readonly Dictionary<KvStorage, List<Answer>> Alone = Enum.GetValues<KvStorage>().ToDictionary(
        static storage => storage,
        static storage => Requests.Select(r => RunAll(Plain with { KvStorage = storage }, [r], out _)[0]).ToList());

    public static TheoryData<KvStorage, string> Variants
    {
        get
        {
            var data = new TheoryData<KvStorage, string>();
            foreach (var storage in Enum.GetValues<KvStorage>())
            {
                foreach (var variant in Options.Keys)
                    data.Add(storage, variant);
            }

            return data;
        }
    }

    private static Dictionary<string, EngineOptions> Options { get; } = MakeOptions();

    [Theory]
    [MemberData(nameof(Variants))]
    public void Batched_and_cached_answers_are_bit_identical(KvStorage storage, string variant)
    {
        var options = Options[variant] with { KvStorage = storage };
        using var loop = new EngineLoop(new TinyModel(), options);
        AssertSame(Alone[storage], RunAll(loop, Requests));
        var cold = loop.Statistics;
        AssertSame(Alone[storage], RunAll(loop, Requests));
        var warm = loop.Statistics;
        loop.CheckIntegrity();

        // Without these assertions the test could pass without any sharing.
        var common = (2 * ChunkSize) + 11;
        Assert.True(cold.TokensCached >= (2 * common) + (common + 8) + (2 * ChunkSize) - 1,
            $"Cold, {cold.TokensCached} tokens were shared inside the batch.");
        var prompts = Requests.Sum(r => r.PromptTokens.Length);
        Assert.True(warm.TokensCached - cold.TokensCached >= prompts - Requests.Length - 5,
            $"Warm, {warm.TokensCached - cold.TokensCached} of {prompts} prompt tokens were found.");
        Assert.True(options.MaxSequences == 1 || options.TwoPhase == false || options.MaxBlockRows == 1 || options.TwoPhaseThreshold > 1000
            || warm.SharedBlocks > 0, "No block ever held rows of two sequences.");
        Assert.True(options.TwoPhase != false || warm.SharedBlocks == 0);
        Assert.True(options.MaxSequences == 1 || warm.PeakKvBytesInUse < warm.PeakKvBytesUnshared);
    }

    [Fact]
    public void Each_storage_has_logits_of_its_own()
    {
        Assert.NotEqual(Alone[KvStorage.F32][0].Logits.Values, Alone[KvStorage.BF16][0].Logits.Values);
        Assert.NotEqual(Alone[KvStorage.F32][0].Logits.Values, Alone[KvStorage.Int8][0].Logits.Values);
    }

    [Theory]
    [InlineData(KvStorage.F32, 5)]
    [InlineData(KvStorage.F32, 6)]
    [InlineData(KvStorage.F32, 8)]
    [InlineData(KvStorage.BF16, 6)]
    [InlineData(KvStorage.Int8, 6)]
    public void Preempted_answers_are_bit_identical(KvStorage storage, int pages)
    {
        // The longest answer takes five chunks.
        var options = Plain with { PoolTokens = pages * ChunkSize, MaxSequences = 8, MaxRowsPerStep = 33, KvStorage = storage };
        using var loop = new EngineLoop(new TinyModel(), options);
        AssertSame(Alone[storage], RunAll(loop, Requests));
        var statistics = loop.Statistics;
        Assert.True(statistics.Preemptions > 0, "Nothing was preempted.");
        Assert.True(statistics.Evictions > 0, "Nothing was evicted.");
        loop.CheckIntegrity();
    }

    [Theory]
    [InlineData(KvStorage.F32)]
    [InlineData(KvStorage.BF16)]
    [InlineData(KvStorage.Int8)]
    public void The_time_of_arrival_does_not_change_a_bit(KvStorage storage)
    {
        using var loop = new EngineLoop(new TinyModel(), Plain with { TwoPhase = null, MaxRowsPerStep = 20, KvStorage = storage });
        var running = new List<(LogitsRecorder Recorder, CollectingSink Sink)>();
        foreach (var request in Requests)
        {
            var (recorder, sink) = (new LogitsRecorder(), new CollectingSink());
            loop.Submit(request with { Observer = recorder, ObserveWholePrompt = false }, sink);
            running.Add((recorder, sink));
            for (var i = 0; i < 3; i++)
                loop.Step();
        }

        while (loop.HasWork)
            loop.Step();
        AssertSame(Alone[storage], [.. running.Select(r => new Answer([.. r.Sink.Tokens], r.Recorder.Logits))]);
        Assert.True(loop.Statistics.TokensCached > 200);
    }

    [Theory]
    [InlineData(KvStorage.F32)]
    [InlineData(KvStorage.BF16)]
    [InlineData(KvStorage.Int8)]
    public void Prompt_logits_are_bit_identical_for_all_step_sizes(KvStorage storage)
    {
        var request = Requests[0] with { MaxTokens = 5 };
        var plain = Plain with { KvStorage = storage };
        var expected = Observe(plain, request);
        Assert.Equal(request.PromptTokens.Length + 4, expected.Logits.Count);
        Assert.Equal(3 * expected.Logits.Count, expected.States.Count);
        foreach (var options in (EngineOptions[])[plain with { MaxRowsPerStep = 1 }, plain with { MaxRowsPerStep = 7, Threads = 2, TwoPhase = true },
            plain with { MaxSequences = 3 }])
        {
            var seen = Observe(options, request);
            AssertSameBits(expected.Logits, seen.Logits);
            AssertSameBits(expected.States, seen.States);
        }

        // The reference answers ran without an observer of the prompt. Both runs agree at the last prompt position.
        Assert.Equal(Alone[storage][0].Logits[request.PromptTokens.Length - 1], expected.Logits[request.PromptTokens.Length - 1]);

        // Whole sequences in one step have the bits of decode.
        using var encoder = new Encoder(new TinyModel(), options: new EncoderOptions { ChunkSize = ChunkSize, Threads = 2, KvStorage = storage });
        var tokens = new List<int>([.. request.PromptTokens.Span, .. Alone[storage][0].Tokens[..4]]);
        var whole = encoder.Run(tokens.ToArray());
        for (var i = 0; i < tokens.Count; i++)
            Assert.Equal(expected.Logits[i], whole.Values.AsSpan(i * TinyModel.Vocabulary, TinyModel.Vocabulary).ToArray());
    }

    private static LogitsRecorder Observe(EngineOptions options, Request request)
    {
        using var loop = new EngineLoop(new TinyModel(), options);
        // Another request shares the prompt and the steps.
        loop.Submit(Requests[1], new CollectingSink());
        var recorder = new LogitsRecorder();
        loop.Run(request with { Observer = recorder });
        loop.CheckIntegrity();
        return recorder;
    }

    private static Request[] MakeRequests()
    {
        var random = new Random(3);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(TinyModel.Vocabulary))];
        // A long common prefix that ends inside a chunk, then different questions. Also two equal requests, a prefix of another request, an
        // unrelated request, and one of a single token.
        var common = Draw((2 * ChunkSize) + 11);
        int[] first = [.. common, .. Draw(9)];
        return
        [
            new() { PromptTokens = first, MaxTokens = ChunkSize + 5 },
            new() { PromptTokens = (int[])[.. common, .. Draw(40)], MaxTokens = 31, Sampling = new() { Temperature = 0.8f, Seed = 11 } },
            new()
            {
                PromptTokens = (int[])[.. common, .. Draw(3)],
                MaxTokens = 17,
                Sampling = new()
                {
                    Temperature = 1.3f, TopK = 30, TopP = 0.97f, MinP = 0.01f, TypicalP = 0.95f, RepetitionPenalty = 1.2f, PresencePenalty = 0.3f,
                    FrequencyPenalty = 0.1f, Seed = 12,
                },
            },
            new() { PromptTokens = first, MaxTokens = ChunkSize + 5 },
            new() { PromptTokens = common[..(2 * ChunkSize)], MaxTokens = 12 },
            new() { PromptTokens = Draw(ChunkSize + 1), MaxTokens = 20, Sampling = new() { Temperature = 1, Seed = 13 } },
            new() { PromptTokens = (int[])[common[0]], MaxTokens = 9, Sampling = new() { Temperature = 1, Seed = 14 } },
        ];
    }

    private static Dictionary<string, EngineOptions> MakeOptions()
    {
        var variants = new Dictionary<string, EngineOptions>
        {
            ["plain"] = Plain,
            ["one at a time"] = Plain with { MaxSequences = 1 },
            ["two threads"] = Plain with { Threads = 2 },
            ["two-phase forced"] = Plain with { TwoPhase = true },
            ["two-phase forced, two threads"] = Plain with { TwoPhase = true, Threads = 2 },
            ["two-phase forced, blocks of one row"] = Plain with { TwoPhase = true, MaxBlockRows = 1 },
            ["two-phase forced, blocks of three rows"] = Plain with { TwoPhase = true, MaxBlockRows = 3 },
        };
        foreach (var threshold in (int[])[0, 1, ChunkSize, (2 * ChunkSize) + 1, 5000])
            variants[$"threshold {threshold}"] = Plain with { TwoPhase = null, TwoPhaseThreshold = threshold };
        foreach (var budget in (int[])[1, 2, 7, 31, 65, 200])
            variants[$"prefill budget {budget}"] = Plain with { TwoPhase = null, MaxRowsPerStep = budget, Threads = 1 + (budget % 2) };
        return variants;
    }

    private static List<Answer> RunAll(EngineOptions options, Request[] requests, out EngineStatistics statistics)
    {
        using var loop = new EngineLoop(new TinyModel(), options);
        var answers = RunAll(loop, requests);
        statistics = loop.Statistics;
        return answers;
    }

    private static List<Answer> RunAll(EngineLoop loop, Request[] requests)
    {
        var recorders = requests.Select(_ => new LogitsRecorder()).ToArray();
        var sinks = requests.Select(_ => new CollectingSink()).ToArray();
        for (var i = 0; i < requests.Length; i++)
            loop.Submit(requests[i] with { Observer = recorders[i], ObserveWholePrompt = false }, sinks[i]);
        while (loop.HasWork)
            Assert.True(loop.Step());
        return [.. sinks.Select((s, i) => new Answer([.. s.Completion.Tokens], recorders[i].Logits))];
    }

    private static void AssertSame(List<Answer> expected, List<Answer> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Tokens, actual[i].Tokens);
            Assert.Equal(expected[i].Tokens.Length, expected[i].Logits.Count);
            AssertSameBits(expected[i].Logits, actual[i].Logits);
        }
    }

    private static void AssertSameBits<TKey>(SortedDictionary<TKey, float[]> expected, SortedDictionary<TKey, float[]> actual)
        where TKey : notnull
    {
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (key, values) in expected)
            Assert.True(MemoryMarshal.AsBytes<float>(values).SequenceEqual(MemoryMarshal.AsBytes<float>(actual[key])), $"The bits at {key} differ.");
    }

    private sealed record Answer(int[] Tokens, SortedDictionary<int, float[]> Logits);
}
