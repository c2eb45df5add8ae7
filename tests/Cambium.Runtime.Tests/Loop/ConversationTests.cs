using Cambium.Checkpoints;
using Cambium.Constraints;
using Cambium.Runtime.Cache;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

public class ConversationTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 32 * 16, Threads = 1, MaxSequences = 4, MaxRowsPerStep = 64,
        Seed = 7 };

    [Fact]
    public async Task A_turn_computes_only_new_tokens_under_cache_pressure()
    {
        await using var engine = new Engine(new TinyModel(), Small);
        await using var conversation = engine.BeginConversation();
        var first = await conversation.CompleteAsync(new Request { PromptTokens = Prompt(1, 90), MaxTokens = 10 });
        Assert.Equal([.. Prompt(1, 90), .. first.Tokens], conversation.Tokens);
        await FillAsync(engine);

        int[] said = [.. conversation.Tokens];
        var second = await conversation.CompleteAsync(new Request { PromptTokens = Prompt(2, 5), MaxTokens = 10 });
        Assert.Equal(new Usage(105, 96, 10), second.Usage);
        // The answer equals the answer to the whole sequence.
        Assert.Equal(await AloneAsync([.. said, .. Prompt(2, 5)]), second.Tokens);
        Assert.Equal(115, conversation.Tokens.Count);
    }

    [Fact]
    public async Task A_fork_is_independent_of_its_conversation()
    {
        await using var engine = new Engine(new TinyModel(), Small);
        await using var conversation = engine.BeginConversation(Timeout.InfiniteTimeSpan);
        await conversation.CompleteAsync(new Request { PromptTokens = Prompt(1, 90), MaxTokens = 10 });
        await using var fork = await conversation.ForkAsync();
        await fork.CompleteAsync(new Request { PromptTokens = Prompt(3, 20), MaxTokens = 9 });
        Assert.Equal((100, 129), (conversation.Tokens.Count, fork.Tokens.Count));
        Assert.Equal(conversation.Tokens, fork.Tokens.Take(100));

        await fork.RewindAsync(70);
        await FillAsync(engine);
        var answer = await fork.CompleteAsync(new Request { PromptTokens = Prompt(4, 3), MaxTokens = 10 });
        // The other conversation keeps its three chunks: the last one was copied up to the rewind position.
        Assert.Equal(new Usage(73, 70, 10), answer.Usage);
        Assert.Equal(await AloneAsync([.. Prompt(1, 70), .. Prompt(4, 3)]), answer.Tokens);
        await fork.RewindAsync(0);
        Assert.Empty(fork.Tokens);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => fork.RewindAsync(1));
        await Assert.ThrowsAsync<RequestRefusedException>(() => fork.CompleteAsync(new Request { MaxTokens = 1 }));
    }

    [Fact]
    public async Task Removal_frees_chunks_at_once_and_disposal_caches_them()
    {
        await using var engine = new Engine(new TinyModel(), Small);
        var (removed, disposed) = (engine.BeginConversation(), engine.BeginConversation(tenant: "other"));
        foreach (var conversation in (Conversation[])[removed, disposed])
            await conversation.CompleteAsync(new Request { PromptTokens = Prompt(1, 90), MaxTokens = 10 });
        Assert.Equal(4, await removed.RemoveAsync());
        await disposed.DisposeAsync();
        await disposed.DisposeAsync();
        var snapshot = await engine.SnapshotAsync();
        Assert.All(snapshot.Nodes.Where(static node => node.Parent >= 0), static node => Assert.Equal((0, "other"), (node.Users, node.Tenant)));
        Assert.Equal(5, snapshot.Nodes.Count);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => removed.RewindAsync(0));
    }

    [Fact]
    public async Task A_conversation_expires()
    {
        var clock = new ManualClock();
        await using var engine = new Engine(new TinyModel(), Small, clock);
        await using var conversation = engine.BeginConversation(TimeSpan.FromMinutes(1));
        await conversation.CompleteAsync(new Request { PromptTokens = Prompt(1, 90), MaxTokens = 10 });
        clock.Advance(TimeSpan.FromMinutes(2));
        await FillAsync(engine);
        Assert.Equal(0, (await conversation.CompleteAsync(new Request { PromptTokens = Prompt(2, 5), MaxTokens = 1 })).Usage.CachedTokens);
    }

    [Fact]
    public async Task An_abandoned_answer_ends_at_the_last_token_read()
    {
        await using var engine = new Engine(new TinyModel(), Small);
        await using var conversation = engine.BeginConversation();
        await foreach (var _ in conversation.GenerateAsync(new Request { PromptTokens = Prompt(1, 40), MaxTokens = 300 }))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => conversation.ForkAsync());
            break;
        }

        Assert.Equal(41, conversation.Tokens.Count);
        await Assert.ThrowsAsync<RequestRefusedException>(() => conversation.CompleteAsync(new Request { PromptTokens = Prompt(1, 5000),
            MaxTokens = 300 }));
        await Assert.ThrowsAsync<RequestRefusedException>(() => conversation.CompleteAsync(new Request { PromptTokens = Prompt(1, 5), Count = 2 }));
        Assert.Equal(41, conversation.Tokens.Count);
        // A turn may add no tokens.
        Assert.Equal(await AloneAsync([.. conversation.Tokens]), (await conversation.CompleteAsync(new Request { MaxTokens = 10 })).Tokens);
        await engine.DisposeAsync();
        await conversation.DisposeAsync();
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.BeginConversation(TimeSpan.Zero));
    }

    [Fact]
    public async Task Watchers_get_existing_chunks_then_changes()
    {
        await using var engine = new Engine(new TinyModel(), Small);
        await engine.CompleteAsync(new Request { PromptTokens = Prompt(1, 70), MaxTokens = 1 });
        var heard = new List<TreeEvent>();
        var begun = new TaskCompletionSource();
        var watching = Task.Run(async () =>
        {
            await foreach (var change in engine.WatchTreeAsync())
            {
                heard.Add(change);
                if (heard.Count == 2)
                    begun.SetResult();
            }
        });
        await begun.Task;
        await engine.CompleteAsync(new Request { PromptTokens = (int[])[.. Prompt(1, 64), .. Prompt(2, 40)], MaxTokens = 1 });
        await engine.DisposeAsync();
        await watching;
        Assert.Equal([TreeEventKind.Stored, TreeEventKind.Stored, TreeEventKind.Stored, TreeEventKind.Hit],
            heard.Select(static change => change.Kind));
        Assert.Equal([heard[0].Name, heard[1].Name], [heard[1].Parent, heard[2].Parent]);
        Assert.Equal(heard[1] with { Kind = TreeEventKind.Hit, Tokens = heard[3].Tokens, Request = 2 }, heard[3]);
        Assert.Equal(Prompt(1, 64)[32..], heard[3].Tokens);
        Assert.Equal(64, heard[2].FirstPosition);
    }

    [Fact]
    public async Task A_watch_cancelled_before_it_begins_is_removed()
    {
        var model = new ScriptedModel();
        await using var engine = new Engine(model, Small);
        using var inStep = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        model.BeforeStep = _ =>
        {
            inStep.Set();
            goOn.Wait(TimeSpan.FromSeconds(30));
        };
        var answer = engine.CompleteAsync(new Request { PromptTokens = Prompt(1, 40), MaxTokens = 1 });
        inStep.Wait(TimeSpan.FromSeconds(30));
        using var cancellation = new CancellationTokenSource();
        var watching = engine.WatchTreeAsync(cancellation.Token).GetAsyncEnumerator();
        var first = watching.MoveNextAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first);
        model.BeforeStep = null;
        goOn.Set();
        await answer;
        Assert.False(await engine.BetweenStepsAsync(static loop => loop.IsWatched, CancellationToken.None));
    }

    private static int[] Prompt(int kind, int count) =>
        [.. Enumerable.Range(0, count).Select(i => ((i * i * kind) + (3 * i) + kind) % TinyModel.Vocabulary)];

    private static async Task FillAsync(Engine engine)
    {
        for (var i = 0; i < 20; i++)
            await engine.CompleteAsync(new Request { PromptTokens = Enumerable.Repeat(i, 90).ToArray(), MaxTokens = 1 });
    }

    private static async Task<IReadOnlyList<int>> AloneAsync(int[] prompt)
    {
        await using var engine = new Engine(new TinyModel(), Small);
        return (await engine.CompleteAsync(new Request { PromptTokens = prompt, MaxTokens = 10 })).Tokens;
    }
}
