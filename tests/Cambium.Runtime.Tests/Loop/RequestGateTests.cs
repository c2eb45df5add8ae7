using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>Tests that measure the memory of the whole process: no other test runs at the same time.</summary>
[CollectionDefinition(nameof(AloneInProcess), DisableParallelization = true)]
public class AloneInProcess;

/// <summary>Places of MaxQueued: one for each answer.</summary>
[Collection(nameof(AloneInProcess))]
public class RequestGateTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 4096, Threads = 1, MaxSequences = 8, MaxRowsPerStep = 64,
        Seed = 7 };

    [Fact]
    public async Task A_request_takes_a_place_for_each_answer()
    {
        using var stop = new CancellationTokenSource();
        var gate = new RequestGate(10, 64, refuseWhenFull: false, new CommandQueue(), stop.Token);
        Assert.Equal(8, await gate.EnterAsync(8, default));
        var three = gate.EnterAsync(3, default).AsTask();
        Assert.Equal(2, await gate.EnterAsync(2, default));
        Assert.False(three.IsCompleted);
        gate.Leave(1, isLast: false);
        gate.Leave(1, isLast: false);
        Assert.False(three.IsCompleted);
        gate.Leave(1, isLast: false);
        Assert.Equal(3, await three);
    }

    [Fact]
    public async Task Fewer_answers_go_first_and_the_oldest_is_bypassed_a_limited_number_of_times()
    {
        using var stop = new CancellationTokenSource();
        var gate = new RequestGate(4, 2, refuseWhenFull: false, new CommandQueue(), stop.Token);
        await gate.EnterAsync(4, default);
        var large = gate.EnterAsync(4, default).AsTask();
        var small = Enumerable.Range(0, 4).Select(_ => gate.EnterAsync(1, default).AsTask()).ToArray();
        gate.Leave(4, isLast: true);
        await Task.WhenAll(small[0], small[1]);
        Assert.False(large.IsCompleted || small[2].IsCompleted || small[3].IsCompleted);
        gate.Leave(1, isLast: true);
        gate.Leave(1, isLast: true);
        await large;
        Assert.False(small[2].IsCompleted || small[3].IsCompleted);
        gate.Leave(4, isLast: true);
        await Task.WhenAll(small);
    }

    [Fact]
    public async Task A_cancelled_waiter_lets_the_next_one_in()
    {
        using var stop = new CancellationTokenSource();
        using var cancel = new CancellationTokenSource();
        var gate = new RequestGate(4, 0, refuseWhenFull: false, new CommandQueue(), stop.Token);
        await gate.EnterAsync(2, default);
        var large = gate.EnterAsync(4, cancel.Token).AsTask();
        var small = gate.EnterAsync(1, default).AsTask();
        Assert.False(small.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        Assert.Equal(1, await small);
        gate.Leave(1, isLast: true);
        gate.Leave(2, isLast: true);
        await gate.DrainAsync(default);
        Assert.Contains("drained", (await Assert.ThrowsAsync<RequestRefusedException>(() => gate.EnterAsync(1, default).AsTask())).Message);
    }

    [Fact]
    public void Submission_counts_answers()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxQueued = 10 });
        var request = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 2, Count = 4 };
        loop.Submit(request, new CollectingSink());
        loop.Submit(request with { Count = 1, BestOf = 4 }, new CollectingSink());
        Assert.Contains("MaxQueued", Assert.Throws<RequestRefusedException>(() => loop.Submit(request, new CollectingSink())).Message);
        loop.Submit(request with { Count = 2 }, new CollectingSink());
        Assert.Contains("Count is 11", Assert.Throws<RequestRefusedException>(() => loop.Run(request with { Count = 11 })).Message);
        while (loop.HasWork)
            loop.Step();
        Assert.Equal(10, loop.Statistics.Finished);
    }

    [Fact]
    public void Answers_share_the_array_of_their_prompt_until_they_have_a_token()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small);
        var number = loop.Submit(new Request { PromptTokens = new int[100], MaxTokens = 5, Count = 100 }, new CollectingSink());
        var answers = ((Generation)loop.Find(number)!).Owner.Answers;
        Assert.All(answers, answer => Assert.Same(answers[0].Tokens, answer.Tokens));
        loop.Step();
        loop.Step();
        loop.Step();
        Assert.True(answers[0].Generated > 0 && answers[0].Tokens != answers[^1].Tokens);
        Assert.Equal(100, answers[^1].Tokens.Length);
        while (loop.HasWork)
            loop.Step();
        Assert.Equal(100, loop.Statistics.Finished);
    }

    [Fact]
    public void A_request_with_one_answer_does_not_wait_for_all_answers_of_another()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small with { MaxSequences = 2 });
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 5, Count = 200 }, new CollectingSink());
        for (var i = 0; i < 30; i++)
            loop.Step();
        var innocent = new CollectingSink();
        var before = loop.Statistics.Finished;
        loop.Submit(new Request { PromptTokens = (int[])[4, 5, 6], MaxTokens = 5 }, innocent);
        while (!innocent.IsDone)
            loop.Step();
        Assert.InRange(loop.Statistics.Finished - before, 1, 5);
        while (loop.HasWork)
            loop.Step();
        loop.CheckIntegrity();
    }

    [Fact]
    public async Task Many_requests_with_many_answers_leave_room_for_others()
    {
        await using var engine = new Engine(new ScriptedModel(), Small with { MaxSequences = 64 });
        using var stop = new CancellationTokenSource();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var crowd = Enumerable.Range(0, 400).Select(_ => Record.ExceptionAsync(() => engine.CompleteAllAsync(
            new Request { PromptTokens = new int[300], MaxTokens = 50, Count = 1024 }, stop.Token))).ToArray();
        Assert.Equal(5, (await engine.CompleteAsync(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 5 })).Tokens.Count);
        Assert.True(crowd.Count(static task => task.IsCompleted) < 10);
        Assert.InRange(engine.Statistics.Waiting + engine.Statistics.Running, 0, 4096);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(held < 64 << 20, $"{held >> 20} MiB are held.");
        await stop.CancelAsync();
        await Task.WhenAll(crowd);
    }
}
