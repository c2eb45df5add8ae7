using System.Collections;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>Lists of requests: they are copied when a request is accepted, and have limits with options.</summary>
public class RequestLimitTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 1024, Threads = 1, MaxSequences = 4, MaxRowsPerStep = 48,
        Seed = 7 };

    [Fact]
    public void Lists_that_change_after_submission_change_nothing()
    {
        using var loop = new EngineLoop(Counting(), Small);
        var prompt = new[] { 1, 2, 3 };
        var (biases, eos, stop) = (new Dictionary<int, float> { [30] = -1 }, new List<int> { 20 }, new List<string> { "zz" });
        var sink = new CollectingSink();
        loop.Submit(
            new Request { PromptTokens = prompt, MaxTokens = 30, Sampling = new() { LogitBias = biases }, EosTokens = eos, Stop = stop }, sink);
        Change();
        loop.Step();
        Change();
        while (loop.HasWork)
            Assert.True(loop.Step());
        Assert.Equal(Enumerable.Range(3, 18), sink.Completion.Tokens);
        Assert.Equal(FinishReason.Eos, sink.Completion.Finish);

        void Change()
        {
            prompt.AsSpan().Fill(1_000_000);
            biases[1_000_000] = 1;
            biases[6] = float.NegativeInfinity;
            eos.Clear();
            eos.AddRange([-1, 5]);
            stop.Clear();
            stop.Add("E");
        }
    }

    [Fact]
    public async Task Lists_that_change_while_a_request_waits_for_room_change_nothing()
    {
        await using var engine = new Engine(Counting(), Small with { MaxQueued = 1 });
        await using var first = engine.GenerateAsync(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 30, EosTokens = [] })
            .GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());
        var (prompt, eos) = (new[] { 1, 2, 3 }, new List<int> { 20 });
        var waiting = engine.CompleteAsync(new Request { PromptTokens = prompt, MaxTokens = 30, EosTokens = eos });
        prompt[2] = 1_000_000;
        eos[0] = 5;
        await first.DisposeAsync();
        Assert.Equal(18, (await waiting).Tokens.Count);
    }

    [Fact]
    public void Lists_beyond_a_limit_are_refused_with_the_name_of_its_option()
    {
        using var loop = new EngineLoop(Counting(), Small with { MaxStopStrings = 2, MaxStopLength = 3, MaxEosTokens = 4, MaxLogitBiases = 5,
            MaxAnswers = 6, MaxTenantBytes = 7 });
        var fits = new Request
        {
            PromptTokens = (int[])[1, 2, 3], MaxTokens = 1, Stop = ["abc", "d"], EosTokens = [10, 11, 12, 13],
            Sampling = new() { LogitBias = Enumerable.Range(10, 5).ToDictionary(static i => i, static _ => 1f) }, Count = 6, Tenant = "abcdeé",
        };
        var sink = new CollectingSink();
        loop.Submit(fits, sink);
        while (!sink.IsDone)
            loop.Step();
        Assert.Equal(6, sink.Completions.Count);

        Refused(loop, fits with { Stop = ["a", "b", "c"] }, "2 strings", "EngineOptions.MaxStopStrings");
        Refused(loop, fits with { Stop = ["a", "abcd"] }, "Stop[1] has 4", "EngineOptions.MaxStopLength");
        Refused(loop, fits with { EosTokens = [1, 2, 3, 4, 5] }, "4 tokens", "EngineOptions.MaxEosTokens");
        Refused(loop, fits with { EosTokens = new EndlessList() }, "EngineOptions.MaxEosTokens");
        Refused(loop, fits with { Sampling = new() { LogitBias = Enumerable.Range(0, 6).ToDictionary(static i => i, static _ => 1f) } },
            "5 tokens", "EngineOptions.MaxLogitBiases");
        Refused(loop, fits with { Count = 7 }, "Count is 7", "EngineOptions.MaxAnswers");
        Refused(loop, fits with { BestOf = 7 }, "BestOf is 7", "EngineOptions.MaxAnswers");
        Refused(loop, fits with { Tenant = "abcdeéf" }, "8 bytes", "7", "EngineOptions.MaxTenantBytes");
        Assert.False(loop.HasWork);
    }

    [Fact]
    public void Options_of_limits_are_checked()
    {
        foreach (var (options, name) in ((EngineOptions, string)[])
            [
                (Small with { MaxStopStrings = -1 }, "MaxStopStrings is -1"), (Small with { MaxStopLength = -1 }, "MaxStopLength is -1"),
                (Small with { MaxEosTokens = -1 }, "MaxEosTokens is -1"),
                (Small with { MaxLogitBiases = int.MaxValue }, "MaxLogitBiases is 2147483647"),
                (Small with { MaxAnswers = 0 }, "MaxAnswers is 0"), (Small with { MaxTenantBytes = 70_000 }, "MaxTenantBytes is 70000"),
                (Small with { Quotas = new Dictionary<string, int> { ["a\uD800"] = 32 } }, "Quotas is not valid Unicode"),
                (Small with { Quotas = new Dictionary<string, int> { [new string('a', 300)] = 32 } }, "300 characters"),
            ])
            Assert.Contains(name, Assert.ThrowsAny<ArgumentException>(() => new EngineLoop(new ScriptedModel(), options)).Message);
    }

    [Fact]
    public void EOS_tokens_outside_the_vocabulary_are_refused()
    {
        using var loop = new EngineLoop(new ScriptedModel(checkpoint: LetterTokenizer.Checkpoint(4096, 5, 41)), Small);
        var request = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 2 };
        Refused(loop, request, "checkpoint is 41", "41 tokens", "EosTokens");
        Refused(loop, request with { EosTokens = [1, 41] }, "EosTokens[1] is 41", "41 tokens");
        Refused(loop, request with { EosTokens = [-1] }, "EosTokens[0] is -1");
        Assert.Equal(2, loop.Run(request with { EosTokens = [] }).Tokens.Count);
    }

    [Fact]
    public void Names_of_tenants_that_are_not_valid_Unicode_are_refused()
    {
        using var loop = new EngineLoop(Counting(), Small);
        foreach (var name in (string[])["\uD800", "a\uDC00b", "\uDC00\uD800", "\uD83D\uDE00\uD83D"])
            Refused(loop, new Request { PromptTokens = (int[])[1], Tenant = name }, "not valid Unicode");
        Refused(loop, new Request { PromptTokens = (int[])[1], Tenant = new string('é', 200) }, "400 bytes", "256", "EngineOptions.MaxTenantBytes");
        Assert.Single(loop.Run(new Request { PromptTokens = (int[])[1], MaxTokens = 1, Tenant = "\uD83D\uDE00" }).Tokens);
    }

    [Fact]
    public async Task Conversations_check_the_name_of_their_tenant()
    {
        await using var engine = new Engine(Counting(), Small);
        Assert.Contains("not valid Unicode", Assert.Throws<ArgumentException>(() => engine.BeginConversation(tenant: "\uD800")).Message);
        Assert.Contains("MaxTenantBytes", Assert.Throws<ArgumentException>(() => engine.BeginConversation(tenant: new string('a', 257))).Message);
    }

    [Fact]
    public void Messages_do_not_count_the_requests_of_others()
    {
        var clock = new ManualClock();
        using var loop = new EngineLoop(Counting(), Small with { MaxQueued = 12 }, clock);
        for (var i = 0; i < 11; i++)
            loop.Submit(new Request { PromptTokens = (int[])[i], MaxTokens = 500, EosTokens = [], Tenant = "other" }, new CollectingSink());
        var sink = new CollectingSink();
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 500, Timeout = TimeSpan.FromSeconds(3), Tenant = "own" }, sink);
        var full = Assert.Throws<RequestRefusedException>(() => loop.Submit(new Request { PromptTokens = (int[])[1] }, new CollectingSink()));
        Assert.Contains("EngineOptions.MaxQueued is 12", full.Message, StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromSeconds(4));
        loop.Step();
        // Neither the 11 other requests nor the place among them.
        var message = Assert.IsType<TimeoutException>(sink.Failure).Message;
        Assert.DoesNotContain("11", message, StringComparison.Ordinal);
        Assert.DoesNotContain("12", message, StringComparison.Ordinal);
        Assert.Contains("00:00:03", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_that_have_ended_do_not_stay_until_their_deadline()
    {
        using var loop = new EngineLoop(Counting(), Small);
        var prompt = new int[200];
        List<WeakReference> ended = [];
        for (var i = 0; i < 300; i++)
            ended.Add(Ask());
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.InRange(ended.Count(static sink => sink.IsAlive), 0, 150);

        // A deadline of a request that still runs is kept.
        var (late, kept) = (new ManualClock(), new CollectingSink());
        using var other = new EngineLoop(Counting(), Small, late);
        other.Submit(new Request { PromptTokens = prompt, MaxTokens = 800, EosTokens = [], Timeout = TimeSpan.FromHours(1) }, kept);
        for (var i = 0; i < 200; i++)
            other.Run(new Request { PromptTokens = prompt, MaxTokens = 1, Timeout = TimeSpan.FromDays(300) });
        late.Advance(TimeSpan.FromHours(2));
        other.Step();
        Assert.IsType<TimeoutException>(kept.Failure);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Ask()
        {
            var sink = new CollectingSink();
            loop.Submit(new Request { PromptTokens = prompt, MaxTokens = 1, Timeout = TimeSpan.FromDays(300) }, sink);
            while (!sink.IsDone)
                loop.Step();
            return new WeakReference(sink);
        }
    }

    private static ScriptedModel Counting() => new(static (_, position) => (position + 1) % ScriptedModel.Vocabulary, LetterTokenizer.Checkpoint());

    private static void Refused(EngineLoop loop, Request request, params string[] parts)
    {
        var message = Assert.Throws<RequestRefusedException>(() => loop.Submit(request, new CollectingSink())).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private sealed class EndlessList : IReadOnlyList<int>
    {
        public int Count => 1;

        public int this[int index] => 1;

        public IEnumerator<int> GetEnumerator()
        {
            while (true)
                yield return 1;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
