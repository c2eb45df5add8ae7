using Cambium.Checkpoints;
using Cambium.Runtime.Loading;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>The tokens of a step on their way to the sinks.</summary>
public class DeliveryTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 256, Threads = 1, MaxSequences = 4, MaxRowsPerStep = 48,
        Seed = 7 };

    [Fact]
    public void A_token_is_counted_before_it_is_delivered()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small);
        var delivered = 0;
        var sink = new DelegateSink(token =>
        {
            Assert.Equal(++delivered, loop.Statistics.TokensGenerated);
            Assert.Equal(token.IsLast ? (1, 0) : (0, 1), ((int)loop.Statistics.Finished, loop.Statistics.Running));
        });
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 4 }, sink);
        while (loop.Step())
        {
        }

        Assert.Equal((4, 0), (delivered, (int)loop.Statistics.Failed));
    }

    [Fact]
    public void A_sink_can_cancel_a_request_of_the_same_step()
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small);
        var second = 0L;
        var cancelled = new CollectingSink();
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 4 }, new DelegateSink(_ => loop.Cancel(second)));
        second = loop.Submit(new Request { PromptTokens = (int[])[4, 5, 6], MaxTokens = 4 }, cancelled);
        while (loop.Step())
            loop.CheckIntegrity();

        Assert.Empty(cancelled.Tokens);
        Assert.Equal((1, 1, 0), ((int)loop.Statistics.Finished, (int)loop.Statistics.Cancelled, (int)loop.Statistics.KvBytesInUse));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sink_can_cancel_all_requests(bool dispose)
    {
        using var loop = new EngineLoop(new ScriptedModel(), Small);
        var (first, running, finished) = (0, new CollectingSink(), new CollectingSink());
        loop.Submit(new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 4 }, new DelegateSink(_ =>
        {
            first++;
            if (dispose)
                loop.Dispose();
            else
                loop.CancelAll(new OperationCanceledException());
        }));
        loop.Submit(new Request { PromptTokens = (int[])[4, 5, 6], MaxTokens = 4 }, running);
        loop.Submit(new Request { PromptTokens = (int[])[7, 8, 9], MaxTokens = 1 }, finished);
        Assert.True(loop.Step());

        Assert.Equal((1, false), (first, loop.HasWork));
        foreach (var sink in (CollectingSink[])[running, finished])
        {
            Assert.Empty(sink.Tokens);
            Assert.Equal(
                dispose ? typeof(ObjectDisposedException) : typeof(OperationCanceledException), Record.Exception(() => sink.Completion)?.GetType());
        }
    }

    [Fact]
    public void A_request_of_token_ids_does_not_open_the_tokenizer()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", "damaged");
        var checkpoint = new LoadedCheckpoint { Folder = folder.Path, Config = ModelConfig.Parse("{}"), Fingerprint = "damaged" };
        using var loop = new EngineLoop(new ScriptedModel(checkpoint: checkpoint), Small);
        var request = new Request { PromptTokens = (int[])[1, 2, 3], MaxTokens = 4, WantsText = false };
        Assert.Equal(4, loop.Run(request).Tokens.Count);
        Assert.Throws<CheckpointException>(() => loop.Run(request with { WantsText = true }));
    }
}
