using Cambium.Runtime.Cpu;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>Engines that share a model.</summary>
public class TwoEnginesTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 1024, Threads = 1, MaxSequences = 4 };

    [Fact]
    public void Two_engines_run_steps_of_one_model_at_the_same_time()
    {
        using var model = new TinyModel();
        var alone = new[] { Run(model, 3), Run(model, 11) };

        // Both engines are inside a step: each waits for the other there.
        using var inside = new Barrier(2);
        model.BeforeStep = _ => Assert.True(inside.SignalAndWait(TimeSpan.FromSeconds(60)), "The other engine did not start its step.");
        var engines = new[] { 3, 11 }.AsParallel().AsOrdered().WithDegreeOfParallelism(2).WithExecutionMode(ParallelExecutionMode.ForceParallelism);
        var together = engines.Select(first => Run(model, first)).ToArray();
        Assert.Equal(alone[0], together[0]);
        Assert.Equal(alone[1], together[1]);
    }

    [Fact]
    public async Task Disposing_a_model_waits_for_its_running_step()
    {
        var model = new TinyModel();
        using var loop = new EngineLoop(model, Small);
        using var started = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        model.BeforeStep = _ =>
        {
            started.Set();
            go.Wait();
        };
        var running = Task.Run(() => loop.Run(new Request { PromptTokens = (int[])[1, 2], MaxTokens = 1 }));
        started.Wait();
        var disposing = Task.Run(model.Dispose);
        Assert.NotSame(disposing, await Task.WhenAny(disposing, Task.Delay(50)));
        go.Set();
        Assert.Single((await running).Tokens);
        await disposing;
        var e = Assert.Throws<EngineFailedException>(() => loop.Run(new Request { PromptTokens = (int[])[1], MaxTokens = 1 }));
        Assert.IsType<ObjectDisposedException>(e.InnerException);
    }

    [Fact]
    public async Task A_launched_step_ends_with_its_program()
    {
        var model = new TinyModel();
        using var device = TestDevice.Open(new DeviceOptions { Threads = 1 });
        using var store = device.CreateStore(model.CacheSites, 32, 1);
        var program = device.Open(model, new ProgramLimits(0, 1, 1), store);
        program.Launch();
        program.Dispose();
        // It would wait forever for a step that is never awaited.
        await Task.Run(model.Dispose).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void A_model_cannot_be_disposed_by_a_nested_step()
    {
        using var outer = new TinyModel();
        using var inner = new TinyModel();
        using var device = new CpuDevice(new DeviceOptions { Threads = 1 });
        using var other = new CpuDevice(new DeviceOptions { Threads = 1 });
        using var outerLoop = new EngineLoop(outer, Small with { Threads = 0, Device = device });
        using var innerLoop = new EngineLoop(inner, Small with { Threads = 0, Device = other });
        var request = new Request { PromptTokens = (int[])[1], MaxTokens = 1 };
        Exception? refused = null;
        inner.BeforeStep = _ => refused = Record.Exception(outer.Dispose);
        outer.BeforeStep = _ => innerLoop.Run(request);
        Assert.Single(outerLoop.Run(request).Tokens);
        Assert.Contains("disposed from within", Assert.IsType<InvalidOperationException>(refused).Message);
    }

    [Fact]
    public void Engines_can_share_a_device()
    {
        using var model = new TinyModel();
        using var device = TestDevice.Open(new DeviceOptions { Threads = 2 });
        var options = Small with { Threads = 0, Device = device };
        using (var first = new EngineLoop(model, options))
        using (var second = new EngineLoop(model, options))
        {
            var request = new Request { PromptTokens = (int[])[4, 5, 6], MaxTokens = 40 };
            Assert.Equal(first.Run(request).Tokens, second.Run(request).Tokens);
        }

        // The device is still usable: it belongs to the caller.
        using var third = new EngineLoop(model, options);
        Assert.Equal(3, third.Run(new Request { PromptTokens = (int[])[1], MaxTokens = 3 }).Tokens.Count);
    }

    [Fact]
    public async Task An_engine_serves_on_a_given_device()
    {
        using var model = new TinyModel();
        using var device = TestDevice.Open(new DeviceOptions { Threads = 1 });
        var request = new Request { PromptTokens = (int[])[4, 5, 6], MaxTokens = 20 };
        using var loop = new EngineLoop(model, Small);
        await using var engine = new Engine(model, device, Small with { Threads = 0 });
        Assert.Equal(loop.Run(request).Tokens, (await engine.CompleteAsync(request)).Tokens);
    }

    [Fact]
    public void Threads_of_a_given_device_cannot_be_set()
    {
        using var device = new CpuDevice(new DeviceOptions { Threads = 1 });
        var e = Assert.Throws<ArgumentException>(() => new EngineLoop(new TinyModel(), Small with { Threads = 2, Device = device }));
        Assert.Contains("Threads is 2", e.Message);
    }

    [Fact]
    public void A_device_that_is_null_is_refused()
    {
        using var model = new TinyModel();
        Assert.Throws<ArgumentNullException>("device", () => new Engine(model, device: null!));
    }

    // The bits of the logits of every answered token.
    private static int[] Run(TinyModel model, int first)
    {
        var bits = new List<int>();
        using var loop = new EngineLoop(model, Small with { Seed = 1 });
        var observer = new DelegatePromptObserver((_, logits) => bits.AddRange(logits.ToArray().Select(BitConverter.SingleToInt32Bits)));
        int[] prompt = [.. Enumerable.Range(first, 20).Select(static i => i % TinyModel.Vocabulary)];
        loop.Run(new Request { PromptTokens = prompt, MaxTokens = 40, Observer = observer });
        return [.. bits];
    }

    private sealed class DelegatePromptObserver(Action<int, ReadOnlySpan<float>> logits) : IPromptObserver
    {
        public void Logits(int position, ReadOnlySpan<float> values) => logits(position, values);

        public void Hidden(int index, int position, ReadOnlySpan<float> hidden)
        {
        }
    }
}
