using Cambium.Measuring;
using Cambium.Models;
using Cambium.Runtime;
using Xunit;

namespace Cambium.Cli.Tests;

public sealed class MeasuringTests
{
    private static readonly string Model = Fixtures.InRepository("mistral-window");

    [Fact]
    public void Preparation_of_a_sample_is_not_timed()
    {
        var prepared = 0;
        var runs = Interleaved.Run(3, new Arm("work", static () => Thread.Sleep(5))
        {
            Prepare = () =>
            {
                prepared++;
                Thread.Sleep(200);
            },
        });
        Assert.All(runs.Seconds("work"), static seconds => Assert.InRange(seconds, 0.004, 0.2));
        Assert.True(prepared > 3, $"Prepared {prepared} times.");
    }

    [Fact]
    public void Each_round_begins_with_another_arm()
    {
        var order = new List<string>();
        Arm ArmOf(string name) => new(name, static () => Thread.Sleep(5)) { Prepare = () => order.Add(name) };
        Interleaved.Run(4, ArmOf("a"), ArmOf("b"));
        Assert.Equal(["a", "b", "b", "a", "a", "b", "b", "a"], order[^8..]);
    }

    [Fact]
    public void A_comparison_ends_after_the_sample_that_was_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var (done, samples) = (0.0, 0.0);
        var arm = new Arm("work", static () => Thread.Sleep(5));
        Assert.Throws<OperationCanceledException>(() => Interleaved.Run(
            10,
            [arm],
            (now, all) =>
            {
                (done, samples) = (now, all);
                if (now == 3)
                    cancellation.Cancel();
            },
            cancellation.Token));
        Assert.Equal((3, 11), (done, samples));
    }

    [Fact]
    public void Decoding_work_generates_its_tokens_in_every_sample()
    {
        using var model = Zoo.Load(Model);
        using var loop = new EngineLoop(model, new EngineOptions { Threads = 1, MaxSequences = 3, PoolTokens = 2048, MaxRowsPerStep = 2 });
        var work = new EngineWork(loop, model.OutputWidth, CancellationToken.None);
        var decode = work.Decode("decode", static () => [[1, 2, 3], [1, 2, 4], [5, 6]], steps: 7);
        for (var sample = 0; sample < 3; sample++)
        {
            decode.Prepare!();
            var before = loop.Statistics.TokensGenerated;
            decode.Run();
            Assert.Equal(21, loop.Statistics.TokensGenerated - before);
        }

        work.Cancel();
        Assert.False(loop.HasWork);
    }

    [Fact]
    public void Decoding_that_the_pool_cannot_hold_is_an_error()
    {
        using var model = Zoo.Load(Model);
        using var loop = new EngineLoop(model, new EngineOptions { Threads = 1, MaxSequences = 3, PoolTokens = 128 });
        var work = new EngineWork(loop, model.OutputWidth, CancellationToken.None);
        var decode = work.Decode("decode", static () => [[1, 2], [3, 4], [5, 6]], steps: 200);
        decode.Prepare!();
        Assert.Contains("a pool of 128 tokens", Assert.Throws<InsufficientMemoryException>(decode.Run).Message, StringComparison.Ordinal);
    }
}
