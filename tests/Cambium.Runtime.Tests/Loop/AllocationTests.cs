using Cambium.Runtime.Cpu;
using Cambium.Runtime.Sampling;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

public class AllocationTests
{
    // All options that change logits, and none.
    private static readonly SamplingOptions[] Ways =
    [
        new(),
        new() { Temperature = 0.5f },
        new() { Temperature = 1, TopK = 17, TopP = 0.9f },
        new() { Temperature = 2, MinP = 0.01f, TypicalP = 0.8f, RepetitionPenalty = 1.1f },
        new() { PresencePenalty = 0.2f, FrequencyPenalty = 0.1f, LogitBias = new Dictionary<int, float> { [3] = -1 } },
    ];

    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    [InlineData(true)]
    public void A_thousand_steps_allocate_nothing(bool? twoPhase)
    {
        // The JIT may replace a method on the thread that runs it, and counts its own allocations for that thread, once. Allocations of the loop
        // repeat in each attempt.
        var bytes = long.MaxValue;
        for (var attempt = 0; attempt < 3 && bytes != 0; attempt++)
            bytes = BytesOfAThousandSteps(twoPhase);
        Assert.Equal(0, bytes);
    }

    private static long BytesOfAThousandSteps(bool? twoPhase)
    {
        const int ChunkSize = 32;
        // The second device allocates a task for each step.
        using var device = new CpuDevice(new DeviceOptions { Threads = 1 });
        var options = new EngineOptions { ChunkSize = ChunkSize, PoolTokens = 8 * 1300, Device = device, MaxSequences = 8, TwoPhase = twoPhase };
        using var loop = new EngineLoop(new ScriptedModel(), options);
        // Prompts of different lengths reach chunk boundaries in different steps.
        for (var i = 0; i < 5; i++)
            loop.Submit(new Request { PromptTokens = Enumerable.Range(0, 3 + (7 * i)).Select(t => t % 5).ToArray(), MaxTokens = 1100,
                Sampling = Ways[i] }, new Sink());
        for (var i = 0; i < 40; i++)
            loop.Step();

        var before = loop.Statistics;
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            loop.Step();
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        var after = loop.Statistics;
        Assert.Equal(5000, after.TokensGenerated - before.TokensGenerated);
        Assert.True(after.PlansBuilt - before.PlansBuilt > 1000 / ChunkSize, "No plan was built.");
        Assert.True(after.PlansReused - before.PlansReused > 500, "No plan was reused.");
        Assert.True(after.KvBytesInUse > before.KvBytesInUse);
        return bytes;
    }

    private sealed class Sink : ITokenSink
    {
        public bool Ready => true;

        public void Next(in GeneratedToken token)
        {
        }

        public void Fail(Exception reason)
        {
        }
    }
}
