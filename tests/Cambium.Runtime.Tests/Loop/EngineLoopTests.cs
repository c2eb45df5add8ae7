using Cambium.Runtime.Chunks;
using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

public class EngineLoopTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 256, Threads = 1, MaxSequences = 4, MaxRowsPerStep = 48,
        Seed = 7 };

    [Fact]
    public void An_answer_ends_after_MaxTokens()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small);
        var answer = loop.Run(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 4 });
        Assert.Equal(FinishReason.Length, answer.Finish);
        Assert.Equal([((3 * 7) + 3) % 41, ((24 * 7) + 4) % 41], answer.Tokens.Take(2));
        Assert.Equal(new Usage(3, 0, 4), answer.Usage);
        loop.CheckIntegrity();
    }

    [Fact]
    public void An_answer_ends_at_EOS_of_the_checkpoint_or_request()
    {
        var model = new ScriptedModel((_, position) => position + 1, LetterTokenizer.Checkpoint(4096, 7, 9));
        using var loop = new EngineLoop(model, Small);
        var request = new Request { Prompt = "ABC", MaxTokens = 20 };
        var answer = loop.Run(request);
        Assert.Equal((FinishReason.Eos, "DEFG"), (answer.Finish, answer.Text));
        Assert.Equal([3, 4, 5, 6, 7], answer.Tokens);
        Assert.Equal(new Usage(3, 0, 5), answer.Usage);
        Assert.Equal([3, 4], loop.Run(request with { EosTokens = [4] }).Tokens);
        Assert.Equal(20, loop.Run(request with { EosTokens = [] }).Tokens.Count);
    }

    [Fact]
    public void A_stop_string_may_span_tokens()
    {
        using var loop = new EngineLoop(new ScriptedModel((_, position) => position + 1, LetterTokenizer.Checkpoint()), Small);
        var sink = new CollectingSink();
        loop.Submit(new Request { Prompt = "ABC", MaxTokens = 20, Stop = ["XYZ", "FGH"] }, sink);
        while (loop.Step())
        {
        }

        Assert.Equal((FinishReason.StopString, "DE"), (sink.Completion.Finish, sink.Completion.Text));
        Assert.Equal([3, 4, 5, 6, 7], sink.Completion.Tokens);
        loop.CheckIntegrity();
        Assert.Equal(0, loop.Statistics.KvBytesInUse);
    }

    [Fact]
    public void An_incomplete_character_is_held_back()
    {
        var texts = new List<string>();
        var model = new ScriptedModel(
            static (_, position) => position switch { 1 => LetterTokenizer.FirstHalf, 2 => LetterTokenizer.SecondHalf, _ => 1 },
            LetterTokenizer.Checkpoint());
        using var loop = new EngineLoop(model, Small);
        loop.Submit(new Request { Prompt = "AB", MaxTokens = 3 }, new DelegateSink(t => texts.Add(t.Text)));
        while (loop.Step())
        {
        }

        Assert.Equal(["", "é", "B"], texts);
    }

    [Fact]
    public void Held_text_is_sent_with_the_last_token()
    {
        using var loop = new EngineLoop(new ScriptedModel((_, position) => position + 1, LetterTokenizer.Checkpoint()), Small);
        Assert.Equal("DEFG", loop.Run(new Request { Prompt = "ABC", MaxTokens = 4, Stop = ["GHI"] }).Text);
        // An incomplete character at the end of the answer becomes U+FFFD.
        using var half = new EngineLoop(new ScriptedModel((_, _) => LetterTokenizer.FirstHalf, LetterTokenizer.Checkpoint()), Small);
        Assert.Equal("\uFFFD", half.Run(new Request { Prompt = "ABC", MaxTokens = 1 }).Text);
    }

    [Fact]
    public void An_answer_ends_when_the_context_is_full()
    {
        using var loop = new EngineLoop(new ScriptedModel(checkpoint: LetterTokenizer.Checkpoint(context: 40)), Small);
        Assert.Equal(40, loop.ContextLength);
        // 40 positions are computed, and the last one gives one more token.
        var answer = loop.Run(new Request { PromptTokens = new int[38] });
        Assert.Equal((FinishReason.ContextFull, 3), (answer.Finish, answer.Tokens.Count));
        Assert.Equal(FinishReason.ContextFull, loop.Run(new Request { PromptTokens = new int[40], MaxTokens = 100 }).Finish);
        Assert.Equal(FinishReason.Length, loop.Run(new Request { PromptTokens = new int[38], MaxTokens = 3 }).Finish);
        loop.CheckIntegrity();
    }

    [Fact]
    public void A_request_that_can_never_run_is_refused_with_its_numbers()
    {
        using var loop = new EngineLoop(new ScriptedModel(checkpoint: LetterTokenizer.Checkpoint(context: 100)), Small);
        Refused(loop, new Request { PromptTokens = new int[101] }, "101 tokens", "100");
        Refused(loop, new Request { PromptTokens = (int[])[3, 41] }, "Token 1", "41");
        Refused(loop, new Request { PromptTokens = (int[])[-1] }, "-1");
        Refused(loop, new Request(), "no tokens");
        Refused(loop, new Request { Prompt = "A", PromptTokens = (int[])[1] }, "leave one out");
        Refused(loop, new Request { Prompt = "A", MaxTokens = 0 }, "MaxTokens is 0");
        Refused(loop, new Request { Prompt = "A", Sampling = new() { Temperature = -1 } }, "-1");
        Refused(loop, new Request { Prompt = "A", Sampling = new() { Temperature = float.NaN } }, "NaN");
        Refused(loop, new Request { Prompt = "A", Stop = [""] }, "empty stop string");
        Refused(loop, new Request { Prompt = "A", Stop = null! }, "Stop is null");
        Refused(loop, new Request { Prompt = "A", Count = 2, BestOf = 3, Observer = new ThrowingObserver(at: 0) }, "Count is 2 and BestOf 3");
        Refused(loop, new Request { Prompt = "A", Publish = true }, "Publish needs Pin");
        Refused(loop, new Request { Prompt = "A", Tenant = null! }, "Tenant is null");
        Assert.False(loop.HasWork);

        // The pool is smaller than the context.
        using var tight = new EngineLoop(new ScriptedModel(), Small with { PoolTokens = 64 });
        Assert.Equal(64, tight.ContextLength);
        Refused(tight, new Request { PromptTokens = new int[65] }, "65 tokens", "64", "PoolTokens");
        Refused(tight, new Request { PromptTokens = new int[60], MaxTokens = 6 }, "65 tokens", "64", "MaxTokens");
        // An explicit MaxTokens beyond the model's context does not hide that the pool is too small.
        using var between = new EngineLoop(new ScriptedModel(checkpoint: LetterTokenizer.Checkpoint(context: 100)), Small with { PoolTokens = 64 });
        Refused(between, new Request { PromptTokens = new int[60], MaxTokens = 41 }, "100 tokens", "64", "MaxTokens");
        Refused(between, new Request { PromptTokens = new int[60], MaxTokens = int.MaxValue }, "100 tokens", "64", "MaxTokens");
        Refused(tight, new Request { Prompt = "A" }, "tokenizer");
        Refused(tight, new Request { PromptTokens = (int[])[1], Stop = ["x"] }, "tokenizer");
        Assert.Equal(5, tight.Run(new Request { PromptTokens = new int[60], MaxTokens = 5 }).Tokens.Count);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        foreach (var (options, name) in ((EngineOptions, string)[])
            [
                (Small with { MaxRowsPerStep = 0 }, "MaxRowsPerStep is 0"), (Small with { MaxSequences = 0 }, "MaxSequences is 0"),
                (Small with { ChunkSize = 33 }, "33"),
                (Small with { PoolBytes = 100 }, "PoolBytes"), (Small with { PoolTokens = null, PoolBytes = 100 }, "takes"),
                (Small with { Threads = -1 }, "Threads is -1"),
                (Small with { KvStorage = (KvStorage)3 }, "KvStorage is 3; it must be F32, BF16 or Int8"),
                (Small with { Threads = 100_000 }, "Threads is 100000"),
                (Small with { MaxRowsPerStep = int.MaxValue }, "MaxRowsPerStep + MaxSequences is 2147483651"),
            ])
            Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => new EngineLoop(new ScriptedModel(), options)).Message);
        var e = Assert.Throws<ArgumentException>(() => new EngineLoop(new ScriptedModel(checkpoint: LetterTokenizer.Checkpoint(context: 50)),
            Small with { ContextLength = 51 }));
        Assert.Contains("51", e.Message);
        Assert.Contains("50", e.Message);
    }

    [Fact]
    public void Memory_is_checked_before_allocation()
    {
        var e = Assert.Throws<InsufficientMemoryException>(() => new EngineLoop(new TinyModel(), Small with { PoolTokens = int.MaxValue - 100 }));
        Assert.Contains("GiB", e.Message);
        Assert.Contains("Lower PoolTokens", e.Message);
    }

    [Fact]
    public void Concurrent_requests_compute_their_common_prompt_once()
    {
        var model = new ScriptedModel();
        using var loop = new EngineLoop(model, Small with { MaxSequences = 8, PoolTokens = 1024 });
        int[] common = [.. Enumerable.Range(0, 75).Select(i => i % 41)];
        var sinks = Enumerable.Range(0, 6).Select(_ => new CollectingSink()).ToArray();
        for (var i = 0; i < 6; i++)
            loop.Submit(new Request { PromptTokens = (int[])[.. common, i, i], MaxTokens = 2 }, sinks[i]);
        while (loop.HasWork)
        {
            loop.Step();
            loop.CheckIntegrity();
        }

        Assert.Equal([0, 75, 75, 75, 75, 75], sinks.Select(s => s.Completion.Usage.CachedTokens));
        Assert.Equal(77 + (5 * 2) + 6, model.Rows);
        Assert.Equal((77 + 10, 375, 12), (loop.Statistics.TokensPrefilled, loop.Statistics.TokensCached, loop.Statistics.TokensGenerated));
        Assert.True(model.Checked > 6 * 77);
    }

    [Fact]
    public void Tenants_share_only_published_prompts()
    {
        foreach (var share in (bool[])[false, true])
        {
            using var loop = new EngineLoop(new ScriptedModel(), Small with { ShareAcrossTenants = share });
            var request = new Request { PromptTokens = new int[50], MaxTokens = 1, Tenant = "a" };
            loop.Run(request);
            Assert.Equal(share ? 49 : 0, loop.Run(request with { Tenant = "b" }).Usage.CachedTokens);
            Assert.Equal(49, loop.Run(request).Usage.CachedTokens);
        }
    }

    [Fact]
    public void Two_phase_savings_are_measured_without_changing_a_bit()
    {
        Request[] requests =
        [
            .. Enumerable.Range(0, 8).Select(static i => new Request
            {
                PromptTokens = (int[])[.. Prompt(1, 320), i, 2], MaxTokens = 150, Sampling = new() { Temperature = 1, Seed = (ulong)i },
            }),
        ];
        List<IReadOnlyList<int>> Answers(EngineLoop loop)
        {
            var sinks = requests.Select(_ => new CollectingSink()).ToArray();
            for (var i = 0; i < requests.Length; i++)
                loop.Submit(requests[i], sinks[i]);
            while (loop.Step())
            {
            }

            return [.. sinks.Select(static sink => sink.Completion.Tokens)];
        }

        using var shared = new EngineLoop(new TinyModel(), Small with { PoolTokens = 8192, MaxSequences = 8 });
        using var plain = new EngineLoop(new TinyModel(), Small with { PoolTokens = 8192, MaxSequences = 8, TwoPhase = false });
        Assert.Equal(Answers(plain), Answers(shared));
        Assert.Equal(new AttentionDecision(8, 8, 0, 0, null), plain.Statistics.LastAttention);
        Assert.Equal(TimeSpan.Zero, plain.Statistics.AttentionTimeSaved);
        var last = shared.Statistics.LastAttention;
        Assert.True(last is { Rows: 8, SharedBlocks: > 0, EstimatedSaving: > 0.05 and < 1 }, last.ToString());
        // The value depends on the machine. The test asserts only that it was measured.
        Assert.NotNull(last.MeasuredSaving);
        Assert.NotEqual(TimeSpan.Zero, shared.Statistics.AttentionTimeSaved);
    }

    [Fact]
    public void A_pinned_prompt_stays_cached_for_its_time()
    {
        var clock = new ManualClock();
        using var loop = new EngineLoop(new ScriptedModel(), Small with { PoolTokens = 32 * 8, Quotas = new Dictionary<string, int> { ["b"] = 96 } },
            clock);
        var system = Prompt(0, 64);
        loop.Run(new Request { PromptTokens = system, MaxTokens = 1, Pin = TimeSpan.FromMinutes(1), Publish = true });
        loop.Run(new Request { PromptTokens = Prompt(7, 40), MaxTokens = 1, Tenant = "a" });

        // The chunks of other requests are evicted.
        for (var i = 0; i < 20; i++)
            loop.Run(new Request { PromptTokens = Enumerable.Repeat(i, 90).ToArray(), MaxTokens = 1 });
        loop.CheckIntegrity();
        foreach (var tenant in new[] { "", "a", "b" })
        {
            Assert.Equal(64, loop.Run(new Request { PromptTokens = (int[])[.. system, 1, 2], MaxTokens = 1, Tenant = tenant }).Usage.CachedTokens);
            Assert.Equal(65, loop.Run(new Request { PromptTokens = (int[])[.. system, 1, 3], MaxTokens = 1, Tenant = tenant }).Usage.CachedTokens);
        }

        Assert.Equal(0, loop.Run(new Request { PromptTokens = Prompt(7, 40), MaxTokens = 1, Tenant = "a" }).Usage.CachedTokens);
        clock.Advance(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 20; i++)
            loop.Run(new Request { PromptTokens = Enumerable.Repeat(i, 90).ToArray(), MaxTokens = 1 });
        Assert.Equal(0, loop.Pins);
        Assert.Equal(0, loop.Run(new Request { PromptTokens = (int[])[.. system, 1], MaxTokens = 1, Tenant = "c" }).Usage.CachedTokens);
        loop.CheckIntegrity();

        var published = new Request { PromptTokens = system, Tenant = "a", Pin = TimeSpan.FromMinutes(1), Publish = true };
        Assert.Contains("without a tenant", Assert.Throws<RequestRefusedException>(() => loop.Run(published)).Message);
        Assert.Contains("tenant's share",
            Assert.Throws<RequestRefusedException>(() => loop.Run(new Request { PromptTokens = Prompt(0, 100), Tenant = "b" })).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Readers_of_published_chunks_with_another_quota_give_them_back(bool isKept)
    {
        var clock = new ManualClock();
        using var loop = new EngineLoop(new ScriptedModel(),
            Small with { PoolTokens = 32 * 10, Quotas = new Dictionary<string, int> { ["b"] = 32 * 4 } }, clock);
        var system = Prompt(0, 64);
        loop.Run(new Request { PromptTokens = system, MaxTokens = 1, Pin = TimeSpan.FromMinutes(1), Publish = true });

        // A conversation of the tenant keeps the published chunks, or a request that runs while its reader is slow.
        var isReady = true;
        var tokens = new List<int>();
        var reader = new Request { PromptTokens = (int[])[.. system, 1], MaxTokens = 20, Tenant = "b" };
        if (isKept)
            loop.Run(reader with { Turn = new Turn(1, TimeSpan.FromHours(1)) });
        else
            loop.Submit(reader, new DelegateSink(token => tokens.Add(token.Token), () => isReady));
        loop.Step();
        isReady = false;
        clock.Advance(TimeSpan.FromMinutes(2));
        loop.Step();
        Assert.Equal(isKept ? 1 : 0, loop.Pins);
        Assert.Equal(isKept ? 0 : 1, loop.Statistics.Running);

        // This request needs all six chunks that tenants without a quota share.
        var large = new Request { PromptTokens = Prompt(9, 150), MaxTokens = 42 };
        using var alone = new EngineLoop(new ScriptedModel(), Small);
        Assert.Equal(alone.Run(large).Tokens, loop.Run(large).Tokens);
        loop.CheckIntegrity();
        Assert.Equal((0, isKept ? 0 : 1), (loop.Pins, (int)loop.Statistics.Preemptions));
        isReady = true;
        while (loop.HasWork)
            loop.Step();
        if (!isKept)
            Assert.Equal(alone.Run(reader with { Tenant = "" }).Tokens, tokens);
    }

    [Fact]
    public void A_cancelled_request_frees_its_chunks()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxSequences = 1 });
        var (running, waiting) = (new CollectingSink(), new CollectingSink());
        var first = loop.Submit(new Request { PromptTokens = new int[60], MaxTokens = 50 }, running);
        var second = loop.Submit(new Request { PromptTokens = new int[3], MaxTokens = 5 }, waiting);
        loop.Step();
        loop.Step();
        Assert.True(loop.Cancel(second));
        Assert.True(loop.Cancel(first));
        Assert.False(loop.Cancel(first));
        Assert.False(loop.HasWork);
        Assert.False(loop.Step());
        loop.CheckIntegrity();
        Assert.Equal((0, 2), (loop.Statistics.KvBytesInUse, loop.Statistics.Cancelled));
        Assert.Equal((1, 0), (running.Tokens.Count, waiting.Tokens.Count));
        Assert.False(running.IsDone);
    }

    [Fact]
    public void A_request_waits_until_it_fits()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { PoolTokens = 128 });
        var (first, second) = (new CollectingSink(), new CollectingSink());
        loop.Submit(new Request { PromptTokens = Prompt(1, 70), MaxTokens = 20 }, first);
        loop.Submit(new Request { PromptTokens = Prompt(2, 70), MaxTokens = 20 }, second);
        loop.Step();
        loop.Step();
        Assert.Equal((1, 1), (loop.Statistics.Running, loop.Statistics.Waiting));
        while (loop.HasWork)
            loop.Step();
        Assert.Equal((20, 20), (first.Completion.Tokens.Count, second.Completion.Tokens.Count));
        Assert.Equal(0, loop.Statistics.Preemptions);
        loop.CheckIntegrity();
    }

    [Fact]
    public void A_slow_reader_pauses_its_sequence()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small);
        var ready = true;
        var slow = new DelegateSink(_ => { }, () => ready);
        loop.Submit(new Request { PromptTokens = new int[5], MaxTokens = 4 }, slow);
        loop.Step();
        ready = false;
        Assert.False(loop.Step());
        var other = loop.Run(new Request { PromptTokens = Prompt(3, 9), MaxTokens = 6 });
        Assert.Equal(6, other.Tokens.Count);
        Assert.Equal(1, slow.Count);
        ready = true;
        while (loop.Step())
        {
        }

        Assert.Equal(4, slow.Count);
    }

    [Theory]
    [InlineData(1, 256)]
    [InlineData(4, 96)]
    public void A_reader_that_never_reads_does_not_block_others(int places, int pool)
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxSequences = places, PoolTokens = pool });
        var ready = true;
        var tokens = new List<int>();
        var slow = new DelegateSink(t => tokens.Add(t.Token), () => ready);
        var request = new Request { PromptTokens = Prompt(1, 70), MaxTokens = 20 };
        loop.Submit(request, slow);
        for (var i = 0; i < 6; i++)
            loop.Step();
        Assert.InRange(tokens.Count, 1, 6);
        ready = false;
        Assert.Equal(10, loop.Run(new Request { PromptTokens = Prompt(5, 80), MaxTokens = 10 }).Tokens.Count);
        Assert.Equal(1, loop.Statistics.Preemptions);
        ready = true;
        while (loop.HasWork)
            Assert.True(loop.Step());
        loop.CheckIntegrity();

        using var alone = new EngineLoop(new ScriptedModel(), Small);
        Assert.Equal(alone.Run(request).Tokens, tokens);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_request_that_breaks_the_model_fails_alone(int places)
    {
        const int poison = 40;
        var model = new ScriptedModel();
        using var loop = new EngineLoop(model, Small with { MaxSequences = places });
        int[][] prompts = [Prompt(0, 70), [.. Prompt(0, 69), poison], [.. Prompt(0, 40), 3]];
        var sinks = prompts.Select(static _ => new CollectingSink()).ToArray();
        for (var i = 0; i < prompts.Length; i++)
            loop.Submit(new Request { PromptTokens = prompts[i], MaxTokens = 5 }, sinks[i]);
        model.BeforeStep = step =>
        {
            for (var row = 0; row < step.Rows; row++)
            {
                if (TokenAt(step, row) == (poison, 69))
                    throw new DivideByZeroException("broken kernel");
            }
        };
        while (loop.HasWork)
        {
            Assert.True(loop.Step());
            loop.CheckIntegrity();
        }

        var e = Assert.Throws<EngineFailedException>(() => sinks[1].Completion);
        Assert.Contains("broken kernel", e.Message);
        Assert.Contains("request 2", e.Message);
        Assert.IsType<DivideByZeroException>(e.InnerException);
        foreach (var i in new[] { 0, 2 })
        {
            using var alone = new EngineLoop(new ScriptedModel(), Small);
            Assert.Equal(alone.Run(new Request { PromptTokens = prompts[i], MaxTokens = 5 }).Tokens, sinks[i].Completion.Tokens);
        }

        Assert.Equal((2, 1, places > 1 ? 1 : 0), ((int)loop.Statistics.Finished, (int)loop.Statistics.Failed, (int)loop.Statistics.Retries));
    }

    private static unsafe (int Token, int Position) TokenAt(Cambium.Runtime.Cpu.Step step, int row) => (step.Tokens[row], step.Positions[row]);

    [Fact]
    public void A_model_that_always_throws_fails_all_requests()
    {
        var model = new ScriptedModel { BeforeStep = static _ => throw new DivideByZeroException("broken kernel") };
        using var loop = new EngineLoop(model, Small with { MaxSequences = 2 });
        var sinks = Enumerable.Range(0, 4).Select(static _ => new CollectingSink()).ToArray();
        foreach (var sink in sinks)
            loop.Submit(new Request { PromptTokens = Prompt(0, 70), MaxTokens = 3 }, sink);
        for (var step = 0; loop.HasWork; step++)
        {
            Assert.True(loop.Step() && step < 20);
            loop.CheckIntegrity();
        }

        Assert.All(sinks, static sink => Assert.Throws<EngineFailedException>(() => sink.Completion));
    }

    [Fact]
    public void Higher_priority_preempts_lower_priority()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxSequences = 1 });
        var order = new List<int>();
        var requests = Enumerable.Range(0, 4)
            .Select(static i => new Request { PromptTokens = Prompt(i, 20 + i), MaxTokens = 6, Priority = i == 2 ? 5 : i == 3 ? 1 : 0 }).ToArray();
        var sinks = requests.Select(static _ => new CollectingSink()).ToArray();
        void Submit(int i) => loop.Submit(requests[i], new DelegateSink(token =>
        {
            sinks[i].Next(token);
            if (token.IsLast)
                order.Add(i);
        }));
        Submit(0);
        loop.Step();
        loop.Step();
        for (var i = 1; i < 4; i++)
            Submit(i);
        while (loop.HasWork)
            loop.Step();

        Assert.Equal([2, 3, 0, 1], order);
        Assert.Equal(1, loop.Statistics.Preemptions);
        for (var i = 0; i < 4; i++)
        {
            using var alone = new EngineLoop(new ScriptedModel(), Small);
            Assert.Equal(alone.Run(requests[i]).Tokens, sinks[i].Completion.Tokens);
        }
    }

    [Theory]
    [InlineData(0, new[] { 0, 1, 2, 3, 4 })]
    [InlineData(2, new[] { 0, 2, 3, 1, 4 })]
    [InlineData(9, new[] { 0, 2, 3, 4, 1 })]
    public void Cached_prompts_start_first_until_others_are_aged(int overtakes, int[] expected)
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxSequences = 1, MaxBypasses = overtakes });
        var order = new List<int>();
        for (var i = 0; i < 5; i++)
        {
            var number = i;
            int[] prompt = i == 1 ? Prompt(30, 70) : [.. Prompt(0, 70), i];
            loop.Submit(new Request { PromptTokens = prompt, MaxTokens = 2 }, new DelegateSink(token =>
            {
                if (token.IsLast)
                    order.Add(number);
            }));
        }

        while (loop.HasWork)
            loop.Step();
        Assert.Equal(expected, order);
    }

    [Fact]
    public void A_timed_out_request_fails_and_frees_its_chunks()
    {
        var clock = new ManualClock();
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxSequences = 1 }, clock);
        var (late, waiting, patient) = (new CollectingSink(), new CollectingSink(), new CollectingSink());
        loop.Submit(new Request { PromptTokens = Prompt(0, 10), MaxTokens = 50, Timeout = TimeSpan.FromSeconds(2) }, late);
        loop.Submit(new Request { PromptTokens = Prompt(1, 10), MaxTokens = 5, Timeout = TimeSpan.FromSeconds(1) }, waiting);
        loop.Submit(new Request { PromptTokens = Prompt(2, 10), MaxTokens = 5 }, patient);
        loop.Step();
        Assert.Equal(TimeSpan.FromSeconds(1), loop.UntilNextDeadline);
        clock.Advance(TimeSpan.FromSeconds(1));
        loop.Step();
        Assert.Contains("got 0 tokens", Assert.Throws<TimeoutException>(() => waiting.Completion).Message);
        clock.Advance(TimeSpan.FromSeconds(1));
        while (loop.HasWork)
            loop.Step();
        Assert.Contains("got 2 tokens", Assert.Throws<TimeoutException>(() => late.Completion).Message);
        Assert.Equal(5, patient.Completion.Tokens.Count);
        Assert.Null(loop.UntilNextDeadline);
        loop.CheckIntegrity();
    }

    [Fact]
    public void A_loop_enforces_the_limits_on_requests_and_tokens()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxQueued = 2, MaxTokens = 4 });
        var five = new Request { PromptTokens = Prompt(0, 10), MaxTokens = 5 };
        Assert.Contains("allows 4", Assert.Throws<RequestRefusedException>(() => loop.Submit(five, new CollectingSink())).Message);
        var sink = new CollectingSink();
        loop.Submit(new Request { PromptTokens = Prompt(0, 10) }, sink);
        loop.Submit(new Request { PromptTokens = Prompt(0, 10) }, new CollectingSink());
        Assert.Contains("MaxQueued is 2",
            Assert.Throws<RequestRefusedException>(() => loop.Submit(new Request { PromptTokens = Prompt(0, 10) }, new CollectingSink())).Message);
        while (loop.HasWork)
            loop.Step();
        Assert.Equal((4, FinishReason.Length), (sink.Completion.Tokens.Count, sink.Completion.Finish));
    }

    [Fact]
    public void NaN_logits_fail_only_their_request()
    {
        var model = new ScriptedModel();
        using var loop = new EngineLoop(new NanModel(model), Small);
        var (bad, good) = (new CollectingSink(), new CollectingSink());
        loop.Submit(new Request { PromptTokens = (int[])[40], MaxTokens = 3 }, bad);
        loop.Submit(new Request { PromptTokens = (int[])[2], MaxTokens = 1 }, good);
        while (loop.HasWork)
            loop.Step();
        Assert.Contains("position 1", Assert.Throws<EngineFailedException>(() => bad.Completion).Message);
        Assert.Single(good.Completion.Tokens);
        loop.CheckIntegrity();
    }

    [Fact]
    public void A_failing_observer_fails_only_its_request()
    {
        using var loop = new EngineLoop(new TinyModel(), Small);
        var (bad, good) = (new CollectingSink(), new CollectingSink());
        loop.Submit(new Request { PromptTokens = Prompt(1, 70), MaxTokens = 3, Observer = new ThrowingObserver(at: 3) }, bad);
        loop.Submit(new Request { PromptTokens = Prompt(2, 5), MaxTokens = 3 }, good);
        while (loop.HasWork)
        {
            loop.Step();
            loop.CheckIntegrity();
        }

        Assert.Contains("position 3: enough", Assert.Throws<EngineFailedException>(() => bad.Completion).Message);
        Assert.Equal(3, good.Completion.Tokens.Count);
    }

    [Fact]
    public void An_observer_that_throws_in_a_failing_step_fails_its_request()
    {
        var model = new ScriptedModel();
        using var loop = new EngineLoop(model, Small);
        var (bad, good) = (new CollectingSink(), new CollectingSink());
        loop.Submit(new Request { PromptTokens = Prompt(2, 5), MaxTokens = 3 }, good);
        loop.Submit(new Request { PromptTokens = Prompt(1, 5), MaxTokens = 3, Observer = new ThrowingObserver(at: 0) }, bad);
        var isFirst = true;
        model.BeforeStep = step => FailOnce(step, ref isFirst);
        for (var step = 0; loop.HasWork; step++)
        {
            Assert.True(loop.Step() && step < 20);
            loop.CheckIntegrity();
        }

        Assert.Contains("position 0: enough", Assert.Throws<EngineFailedException>(() => bad.Completion).Message);
        Assert.Equal(3, good.Completion.Tokens.Count);
        Assert.Equal(0, loop.Statistics.KvBytesInUse);

        static unsafe void FailOnce(Cambium.Runtime.Cpu.Step step, ref bool isFirst)
        {
            if (!isFirst)
                return;
            isFirst = false;
            var states = stackalloc float[step.Rows];
            step.Observe(states, 1, step.Rows);
            throw new DivideByZeroException("broken kernel");
        }
    }

    [Fact]
    public void A_paused_sequence_does_not_block_others_with_its_prompt()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxRowsPerStep = 10 });
        var never = new DelegateSink(_ => { }, () => false);
        loop.Submit(new Request { PromptTokens = Prompt(1, 70), MaxTokens = 3 }, never);
        var other = loop.Run(new Request { PromptTokens = Prompt(1, 70), MaxTokens = 3 });
        Assert.Equal((3, 69, 0), (other.Tokens.Count, other.Usage.CachedTokens, never.Count));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_failing_sink_fails_only_its_request(int token)
    {
        // Token 5 is the last token.
        using var loop = new EngineLoop(new ScriptedModel(), Small);
        var request = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 5 };
        var alone = loop.Run(request).Tokens;
        var (first, failing, last) = (new CollectingSink(), new FailingSink(token), new CollectingSink());
        loop.Submit(request, first);
        loop.Submit(request with { PromptTokens = (int[])[1, 2, 4] }, failing);
        loop.Submit(request, last);
        while (loop.HasWork)
            Assert.True(loop.Step());
        Assert.Equal([alone, alone], [first.Completion.Tokens, last.Completion.Tokens]);
        Assert.Contains($"failed at its token {token}: full", Assert.IsType<EngineFailedException>(failing.Failure).Message);
        Assert.Equal((3, 1), (loop.Statistics.Finished, loop.Statistics.Failed));
        loop.CheckIntegrity();
    }

    [Fact]
    public void Loops_of_different_sizes_share_a_model()
    {
        // The offsets in a model's working memory depend on the largest step, so the two loops need different offsets.
        using var model = new TinyModel();
        var requests = Enumerable.Range(0, 3)
            .Select(i => new Request { PromptTokens = Enumerable.Range(i, 40).Select(t => t * t % 41).ToArray(), MaxTokens = 5 }).ToArray();
        var alone = new List<IReadOnlyList<int>>();
        foreach (var request in requests)
        {
            using var loop = new EngineLoop(model, Small with { MaxSequences = 1 });
            alone.Add(loop.Run(request).Tokens);
        }

        using var large = new EngineLoop(model, Small);
        using var small = new EngineLoop(model, Small with { MaxRowsPerStep = 5, MaxSequences = 1 });
        foreach (var loop in (EngineLoop[])[large, small])
        {
            var sinks = requests.Select(_ => new CollectingSink()).ToArray();
            foreach (var (request, sink) in requests.Zip(sinks))
                loop.Submit(request, sink);
            while (loop.HasWork)
                loop.Step();
            Assert.Equal(alone, sinks.Select(static sink => sink.Completion.Tokens));
        }
    }

    [Fact]
    public void An_observer_that_runs_the_model_fails_its_request()
    {
        using var model = new TinyModel();
        using var outer = new EngineLoop(model, Small);
        using var inner = new EngineLoop(model, Small);
        var observer = new DelegateObserver(() => inner.Run(new Request { PromptTokens = (int[])[1], MaxTokens = 1 }));
        var e = Assert.Throws<EngineFailedException>(() => outer.Run(new Request { PromptTokens = (int[])[1, 2], MaxTokens = 2,
            Observer = observer }));
        Assert.Contains("must not run the model", e.Message);
        Assert.Equal(2, outer.Run(new Request { PromptTokens = (int[])[1, 2], MaxTokens = 2 }).Tokens.Count);
    }

    [Fact]
    public void A_disposed_model_is_named_in_the_error()
    {
        var model = new TinyModel();
        using var loop = new EngineLoop(model, Small);
        model.Dispose();
        var e = Assert.Throws<EngineFailedException>(() => loop.Run(new Request { PromptTokens = (int[])[1], MaxTokens = 1 }));
        Assert.IsType<ObjectDisposedException>(e.InnerException);
        Assert.Contains("Tiny has been disposed", e.Message);
        Assert.Equal(0, model.Rows);
        Assert.Throws<ObjectDisposedException>(() => new EngineLoop(model, Small));
    }

    [Fact]
    public void Requests_without_a_seed_get_different_seeds()
    {
        var request = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 30, Sampling = new() { Temperature = 2 } };
        using var loop = new EngineLoop(new TinyModel(), Small);
        var (a, b) = (loop.Run(request), loop.Run(request));
        Assert.NotEqual(a.Tokens, b.Tokens);
        var seeded = request with { Sampling = new() { Temperature = 2, Seed = 5 } };
        Assert.Equal(loop.Run(seeded).Tokens, loop.Run(seeded).Tokens);
        // With a seed of the engine, all draws are repeatable.
        using var again = new EngineLoop(new TinyModel(), Small);
        Assert.Equal(a.Tokens, again.Run(request).Tokens);
    }

    private static int[] Prompt(int first, int count) => [.. Enumerable.Range(first, count).Select(i => (i * i) % 41)];

    private static void Refused(EngineLoop loop, Request request, params string[] parts)
    {
        var message = Assert.Throws<RequestRefusedException>(() => loop.Submit(request, new CollectingSink())).Message;
        Assert.All(parts, part => Assert.Contains(part, message));
    }

    private sealed class FailingSink(int token) : ITokenSink
    {
        private int _tokens;

        public Exception? Failure { get; private set; }

        public bool Ready => true;

        public void Next(in GeneratedToken item)
        {
            if (++_tokens == token)
                throw new InvalidOperationException("full");
        }

        public void Fail(Exception reason) => Failure = reason;
    }

    private sealed class DelegateObserver(Action act) : IPromptObserver
    {
        public void Logits(int position, ReadOnlySpan<float> logits)
        {
        }

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden) => act();
    }

    private sealed class ThrowingObserver(int at) : IPromptObserver
    {
        public void Logits(int position, ReadOnlySpan<float> logits)
        {
        }

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden)
        {
            if (position == at)
                throw new InvalidOperationException("enough");
        }
    }
}
