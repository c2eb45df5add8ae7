using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

public class EngineTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 2048, Threads = 1, MaxSequences = 8, MaxRowsPerStep = 64,
        Seed = 7 };

    [Fact]
    public async Task Concurrent_callers_get_the_answers_they_get_alone()
    {
        var requests = Enumerable.Range(0, 40).Select(i => new Request
        {
            PromptTokens = Enumerable.Range(0, 40 + (i % 5)).Select(t => (t < 35 ? t * t : t + i) % 41).ToArray(),
            MaxTokens = 3 + (i % 7),
            Sampling = new() { Temperature = i % 3, Seed = (ulong)i },
        }).ToArray();
        var alone = new List<IReadOnlyList<int>>();
        using (var loop = new EngineLoop(new TinyModel(), Small with { MaxSequences = 1 }))
            alone.AddRange(requests.Select(r => loop.Run(r).Tokens));

        await using var engine = new Engine(new TinyModel(), Small with { Threads = 2, MaxQueued = 11 });
        var answers = await Task.WhenAll(requests.Select(r => Task.Run(() => engine.CompleteAsync(r))));
        Assert.Equal(alone, answers.Select(a => a.Tokens));
        Assert.Equal(40, engine.Statistics.Finished);
        Assert.Equal(requests.Sum(r => r.MaxTokens!.Value), engine.Statistics.TokensGenerated);
        Assert.True(engine.Statistics.TokensCached > 30 * 32);
        Assert.True(engine.Statistics.AttentionTime > TimeSpan.Zero && engine.Statistics.AttentionTime < engine.Statistics.StepTime);
    }

    [Fact]
    public async Task The_last_streamed_token_has_the_finish_reason()
    {
        await using var engine = new Engine(new ScriptedModel((_, position) => position + 1, LetterTokenizer.Checkpoint()), Small);
        var items = new List<GeneratedToken>();
        await foreach (var item in engine.GenerateAsync(new Request { Prompt = "ABC", MaxTokens = 4 }))
            items.Add(item);
        Assert.Equal("DEFG", string.Concat(items.Select(i => i.Text)));
        Assert.Equal([false, false, false, true], items.Select(i => i.IsLast));
        Assert.Equal(new Usage(3, 0, 4), items[^1].Usage);
        // The answer is counted before its last token is delivered.
        Assert.Equal(4, engine.Statistics.TokensGenerated);
        Assert.Equal(0, engine.Statistics.KvBytesInUse);
    }

    [Fact]
    public async Task Cancellation_and_leaving_early_free_all_chunks()
    {
        await using var engine = new Engine(new ScriptedModel(), Small);
        using var source = new CancellationTokenSource();
        var request = new Request { PromptTokens = new int[50], MaxTokens = 1900 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in engine.GenerateAsync(request, source.Token))
                await source.CancelAsync();
        });
        await foreach (var _ in engine.GenerateAsync(request))
            break;

        await UntilAsync(() => engine.Statistics is { Running: 0, KvBytesInUse: 0 });
        Assert.Equal((2, 0), (engine.Statistics.Cancelled, engine.Statistics.Finished));
    }

    [Fact]
    public async Task A_slow_reader_pauses_its_sequence_without_losing_tokens()
    {
        await using var engine = new Engine(new ScriptedModel(), Small with { MaxUnread = 3 });
        var request = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 50 };
        await using var reader = engine.GenerateAsync(request).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        // Other requests run during the pause, and the paused sequence generates nothing.
        var other = await engine.CompleteAsync(request);
        Assert.InRange(engine.Statistics.TokensGenerated, 50 + 3, 50 + 4);
        var tokens = new List<int> { reader.Current.Token };
        while (await reader.MoveNextAsync())
            tokens.Add(reader.Current.Token);
        Assert.Equal(other.Tokens, tokens);
    }

    [Fact]
    public async Task A_refused_request_does_not_occupy_a_slot()
    {
        await using var engine = new Engine(new ScriptedModel(), Small with { MaxQueued = 1 });
        await Assert.ThrowsAsync<RequestRefusedException>(() => engine.CompleteAsync(new Request { PromptTokens = new int[5000] }));
        Assert.Equal(2, (await engine.CompleteAsync(new Request { PromptTokens = new int[5], MaxTokens = 2 })).Tokens.Count);
    }

    [Fact]
    public async Task A_full_engine_refuses_requests_if_configured()
    {
        await using var engine = new Engine(new ScriptedModel(), Small with { MaxQueued = 1, RefuseWhenFull = true, PoolTokens = 32 * 2048 });
        await using var first = engine.GenerateAsync(new Request { PromptTokens = new[] { 1 }, MaxTokens = 2000 }).GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());
        var refused = await Assert.ThrowsAsync<RequestRefusedException>(() => engine.CompleteAsync(new Request { PromptTokens = new[] { 1 },
            MaxTokens = 2 }));
        Assert.Contains("MaxQueued", refused.Message);
        await first.DisposeAsync();
        Assert.Equal(2, (await engine.CompleteAsync(new Request { PromptTokens = new[] { 1 }, MaxTokens = 2 })).Tokens.Count);
    }

    [Fact]
    public async Task Draining_finishes_requests_and_refuses_new_ones()
    {
        await using var engine = new Engine(new ScriptedModel(), Small with { MaxQueued = 2 });
        var answers = Enumerable.Range(0, 5).Select(i => engine.CompleteAsync(new Request { PromptTokens = new[] { i }, MaxTokens = 40 })).ToArray();
        var drained = engine.DrainAsync();
        Assert.Contains("drained",
            (await Assert.ThrowsAsync<RequestRefusedException>(() => engine.CompleteAsync(new Request { PromptTokens = new[] { 1 } }))).Message);
        await drained;
        Assert.All(answers, static answer => Assert.Equal(40, answer.Result.Tokens.Count));
        await engine.DrainAsync();
    }

    [Fact]
    public async Task A_deadline_ends_an_unread_request()
    {
        await using var engine = new Engine(new ScriptedModel(), Small with { MaxUnread = 1, PoolTokens = 32 * 2048 });
        await using var reader = engine.GenerateAsync(new Request { PromptTokens = new[] { 1 }, MaxTokens = 2000,
            Timeout = TimeSpan.FromMilliseconds(200) }).GetAsyncEnumerator();
        Assert.True(await reader.MoveNextAsync());
        while (engine.Statistics.Failed == 0)
            await Task.Delay(5);
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
            }
        });
    }

    [Fact]
    public async Task A_failing_step_reaches_all_callers()
    {
        var model = new ScriptedModel { BeforeStep = _ => throw new DivideByZeroException("broken kernel") };
        await using var engine = new Engine(model, Small);
        var request = new Request { PromptTokens = new int[5], MaxTokens = 2 };
        var failures = await Task.WhenAll(Enumerable.Range(0, 5)
            .Select(_ => Assert.ThrowsAsync<EngineFailedException>(() => engine.CompleteAsync(request))));
        Assert.All(failures, f => Assert.IsType<DivideByZeroException>(f.InnerException));
        model.BeforeStep = null;
        Assert.Equal(2, (await engine.CompleteAsync(request)).Tokens.Count);
    }

    [Fact]
    public async Task A_failing_loop_closes_the_engine()
    {
        var model = new BrokenModel();
        await using var engine = new Engine(model, Small with { MaxQueued = 3, PoolTokens = 32 * 8192 });
        var request = new Request { PromptTokens = new int[5], MaxTokens = 60000 };
        var callers = Enumerable.Range(0, 6).Select(_ => engine.CompleteAsync(request)).ToArray();
        await UntilAsync(() => engine.Statistics.Running == 3);
        model.IsBroken = true;
        foreach (var caller in callers.Append(engine.CompleteAsync(request)))
            Assert.IsType<DivideByZeroException>((await Assert.ThrowsAsync<EngineFailedException>(() => caller)).InnerException);
        // Later requests fail, too.
        await Assert.ThrowsAsync<EngineFailedException>(() => engine.CompleteAsync(request));
    }

    [Fact]
    public async Task Disposal_ends_running_waiting_and_later_requests()
    {
        var engine = new Engine(new ScriptedModel(), Small with { MaxQueued = 2, PoolTokens = 32 * 2048 });
        var request = new Request { PromptTokens = new int[50], MaxTokens = 60000 };
        var running = Enumerable.Range(0, 2).Select(_ => engine.CompleteAsync(request)).ToArray();
        await UntilAsync(() => engine.Statistics.Running == 2);
        var waiting = engine.CompleteAsync(request);
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        foreach (var task in running.Append(waiting).Append(engine.CompleteAsync(request)))
            await Assert.ThrowsAsync<ObjectDisposedException>(() => task);
    }

    [Fact]
    public async Task Two_phase_can_be_switched_at_run_time()
    {
        await using var engine = new Engine(new ScriptedModel(), Small with { TwoPhase = false });
        var request = new Request { PromptTokens = new int[70], MaxTokens = 5 };
        await engine.CompleteAsync(request);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => engine.CompleteAsync(request)));
        Assert.Equal(0, engine.Statistics.SharedBlocks);
        engine.TwoPhase = true;
        // Batches depend on timing. Over many requests, some share a step.
        await UntilAsync(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => engine.CompleteAsync(request)));
            return engine.Statistics.SharedBlocks > 0;
        });
    }

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 2000; i++)
        {
            if (await holds())
                return;
            await Task.Delay(5);
        }

        Assert.Fail("It never came to be.");
    }
}
