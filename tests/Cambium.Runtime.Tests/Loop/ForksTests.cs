using Cambium.Runtime.Sampling;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

public class ForksTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 4096, Threads = 1, MaxSequences = 8, MaxRowsPerStep = 64,
        Seed = 7 };

    private static readonly Request Several = new() { PromptTokens = Enumerable.Range(0, 75).Select(static i => i * i % 41).ToArray(),
        MaxTokens = 20, Count = 5, Sampling = new() { Temperature = 1, Seed = 9 } };

    [Fact]
    public void Several_answers_equal_requests_with_the_derived_seeds()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var answers = RunAll(loop, Several);
        for (var i = 0; i < 5; i++)
        {
            using var alone = new EngineLoop(new TinyModel(), Small);
            var expected = alone.Run(Several with { Count = 1, Sampling = Several.Sampling with { Seed = SamplingOptions.ForkSeed(9, i) } });
            Assert.Equal(expected.Tokens, answers[i].Tokens);
        }

        Assert.Equal(5, answers.Select(static answer => string.Join(' ', answer.Tokens)).Distinct().Count());
        loop.CheckIntegrity();
        Assert.False(loop.HasWork);
    }

    [Fact]
    public void Several_answers_compute_their_prompt_once()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var answers = RunAll(loop, Several);
        Assert.Equal(0, answers[0].Usage.CachedTokens);
        // The last prompt token gives a row of logits to each answer.
        Assert.All(answers.Skip(1), static answer => Assert.Equal(new Usage(75, 74, 20), answer.Usage));
        Assert.Equal(75 + 4, loop.Statistics.TokensPrefilled);
    }

    [Fact]
    public void More_answers_than_slots_take_turns()
    {
        using var loop = new EngineLoop(new TinyModel(), Small with { MaxSequences = 2 });
        using var wide = new EngineLoop(new TinyModel(), Small);
        Assert.Equal(RunAll(wide, Several).Select(static a => a.Tokens), RunAll(loop, Several).Select(static a => a.Tokens));
    }

    [Fact]
    public void The_best_answers_have_the_largest_mean_log_probability()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var all = RunAll(loop, Several with { Count = 7, LogProbabilities = 0 });
        var expected = all.OrderByDescending(static answer => answer.LogProbabilities.Average(static p => (double)p.Chosen.LogProbability)).Take(2)
            .Select(static answer => answer.Tokens);
        var best = RunAll(loop, Several with { Count = 2, BestOf = 7 });
        Assert.Equal(expected, best.Select(static answer => answer.Tokens));
        Assert.All(best, static answer => Assert.Empty(answer.LogProbabilities));
        loop.CheckIntegrity();
    }

    [Fact]
    public async Task A_request_streams_all_of_its_answers()
    {
        await using var engine = new Engine(new TinyModel(), Small);
        var items = new List<GeneratedToken>();
        await foreach (var item in engine.GenerateAsync(Several))
            items.Add(item);
        Assert.Equal(100, items.Count);
        Assert.Equal([0, 1, 2, 3, 4], items.Select(static item => item.Fork).Distinct().Order());
        Assert.Equal(5, items.Count(static item => item.Finish == FinishReason.Length));
        Assert.True(items[^1].IsLast && items[..^1].All(static item => !item.IsLast));
        var answers = await engine.CompleteAllAsync(Several with { Count = 2, BestOf = 4 });
        Assert.Equal(2, answers.Count);
        Assert.Equal(answers[0].Tokens, (await engine.CompleteAsync(Several with { Count = 1, BestOf = 4 })).Tokens);
    }

    [Fact]
    public void Cancellation_ends_all_answers()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var sink = new CollectingSink();
        var number = loop.Submit(Several with { Count = 12 }, sink);
        loop.Step();
        loop.Step();
        Assert.True(loop.Cancel(number));
        Assert.False(loop.Cancel(number));
        Assert.False(loop.HasWork);
        loop.CheckIntegrity();
        Assert.Equal(12, loop.Statistics.Cancelled);
    }

    [Fact]
    public void A_failing_sink_ends_all_answers_and_gets_one_failure()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var failures = 0;
        loop.Submit(Several, new FailingSink(() => failures++));
        var other = new CollectingSink();
        loop.Submit(Several with { Count = 1 }, other);
        while (loop.Step())
        {
        }

        Assert.Equal(1, failures);
        Assert.False(loop.HasWork);
        Assert.Equal(20, other.Completion.Tokens.Count);
        loop.CheckIntegrity();
    }

    [Fact]
    public void Invalid_counts_are_refused()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        foreach (var (request, message) in new[]
        {
            (Several with { Count = 0 }, "Count is 0"),
            (Several with { Count = 3, BestOf = 2 }, "BestOf is 2"),
            (Several with { Count = 100_000 }, "Count is 100000"),
            (Several with { Observer = new LogitsRecorder() }, "Observer sees one sequence"),
            (Several with { LogProbabilities = -1 }, "LogProbabilities is -1"),
            (Several with { PromptLogProbabilities = 1000 }, "PromptLogProbabilities is 1000"),
            (Several with { Sampling = new() { TopP = 0 } }, "TopP is 0"),
            (Several with { Sampling = new() { LogitBias = new Dictionary<int, float> { [41] = 1 } } }, "token 41"),
            (Several with { Sampling = null! }, "Sampling is null"),
        })
        {
            Assert.Contains(message, Assert.Throws<RequestRefusedException>(() => loop.Run(request)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Log_probabilities_match_the_observed_logits()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var recorder = new LogitsRecorder();
        var request = Several with { Count = 1, LogProbabilities = 3, PromptLogProbabilities = 2 };
        var seen = loop.Run(request with { Observer = recorder });
        // With a cached prompt, and with other requests in the batch.
        var answers = RunAll(loop, request with { Count = 3 });
        var prompt = request.PromptTokens.ToArray();
        Assert.Equal(prompt.Length, answers[0].PromptLogProbabilities.Count);
        Assert.Null(answers[0].PromptLogProbabilities[0]);
        Assert.Empty(answers[1].PromptLogProbabilities);
        for (var i = 1; i < prompt.Length; i++)
            Same(LogProbabilities.Of(recorder.Logits[i - 1], prompt[i], 2), answers[0].PromptLogProbabilities[i]!);
        for (var i = 0; i < seen.Tokens.Count; i++)
        {
            Same(LogProbabilities.Of(recorder.Logits[prompt.Length - 1 + i], seen.Tokens[i], 3), answers[0].LogProbabilities[i]);
            Same(seen.LogProbabilities[i], answers[0].LogProbabilities[i]);
        }

        static void Same(LogProbabilities expected, LogProbabilities actual)
        {
            Assert.Equal(expected.Chosen, actual.Chosen);
            Assert.Equal(expected.Top, actual.Top);
        }
    }

    private static IReadOnlyList<Completion> RunAll(EngineLoop loop, Request request)
    {
        var sink = new CollectingSink();
        loop.Submit(request, sink);
        while (!sink.IsDone)
            Assert.True(loop.Step());
        return sink.Completions;
    }

    private sealed class FailingSink(Action failed) : ITokenSink
    {
        private int _items;

        public bool Ready => true;

        public void Next(in GeneratedToken token)
        {
            if (++_items == 13)
                throw new InvalidOperationException("full");
        }

        public void Fail(Exception reason) => failed();
    }
}
