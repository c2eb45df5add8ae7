using Cambium.Constraints;
using Cambium.Runtime.Tests.Sampling;
using Cambium.Text;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

/// <summary>The whole loop under seeded traffic. <c>CAMBIUM_SIMULATIONS=100000 dotnet test ..</c> runs 100,000 seeds.</summary>
public class SimulationTests
{
    private static readonly EngineOptions Options = new() { ChunkSize = 32, Threads = 1, Seed = 1 };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Counts_add_up_and_answers_equal_answers_alone(int seed)
    {
        try
        {
            using var simulation = new Simulation(seed);
            simulation.Run();
        }
        catch (Exception failure)
        {
            Assert.Fail(
                $"{failure.Message}\nReplay: CAMBIUM_SIMULATION={seed} dotnet test tests/Cambium.Runtime.Tests -c Release --filter "
                    + $"Counts_add_up\n{failure.StackTrace}");
        }
    }

    [Fact]
    public void Simulations_cover_all_kinds_of_events()
    {
        var met = new Simulation.Counts();
        for (var seed = 0; seed < 60; seed++)
        {
            using var simulation = new Simulation(seed);
            simulation.Run();
            met += simulation.Met;
        }

        Assert.True(met is { Answered: > 500, Forked: > 100, Constrained: > 100, Cancelled: > 50, Poisoned: > 20, Overdue: > 20, Refused: > 20,
            Retries: > 20, Preemptions: > 100, Evictions: > 500, Overtakes: > 50, Pins: > 20, Cached: > 5000, Hits: > 100, Prefixed: > 200,
            Unloaded: > 100, Awaited: > 10 }, met.ToString());
    }

    [Fact]
    public void Simulations_cover_preemption_eviction_and_failures()
    {
        long preemptions = 0, evictions = 0;
        for (var seed = 0; seed < 6; seed++)
        {
            var random = new Random(seed);
            using var loop = new EngineLoop(new ScriptedModel(), Options with { PoolTokens = 32 * 7, MaxSequences = 6, MaxRowsPerStep = 40 });
            var prefixes = new[] { Draw(random, 40), Draw(random, 70) };
            for (var i = 0; i < 20; i++)
                Submit(loop, random, prefixes).Ready = true;
            while (loop.HasWork)
            {
                Assert.True(loop.Step());
                loop.CheckIntegrity();
            }

            preemptions += loop.Statistics.Preemptions;
            evictions += loop.Statistics.Evictions;
        }

        Assert.True(preemptions > 5, $"{preemptions} preemptions.");
        Assert.True(evictions > 50, $"{evictions} evictions.");
    }

    [Fact]
    public void Equal_calls_give_equal_steps()
    {
        static string Trace()
        {
            var trace = new System.Text.StringBuilder();
            var model = new ScriptedModel { BeforeStep = s => trace.Append(s.Rows).Append(',').Append(s.Plan.Blocks.Count).Append(' ') };
            using var loop = new EngineLoop(model, Options with { PoolTokens = 32 * 8, MaxSequences = 5, MaxRowsPerStep = 30 });
            var random = new Random(4);
            var prefixes = new[] { Draw(random, 50) };
            for (var i = 0; i < 12; i++)
                Submit(loop, random, prefixes).Ready = true;
            while (loop.Step())
            {
            }

            return trace.ToString();
        }

        Assert.Equal(Trace(), Trace());
    }

    /// <summary>A few hundred fixed seeds, one seed to replay, or the requested number from a first seed that depends on the day.</summary>
    public static TheoryData<int> Seeds()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_SIMULATION"), out var one))
            return [one];
        return int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_SIMULATIONS"), out var count)
            ? [.. Enumerable.Range((int)(DateTime.UtcNow.Date.Ticks / TimeSpan.TicksPerDay) << 12, count)]

            // A seed that once failed: a sequence starved in one tenant's share of the pool while rows of another share were placed.
            : [-1264140711, .. Enumerable.Range(0, 300)];
    }

    private static int[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(ScriptedModel.Vocabulary))];

    private static Client Submit(EngineLoop loop, Random random, int[][] prefixes)
    {
        var prefix = prefixes[random.Next(prefixes.Length)];
        int[] prompt = [.. prefix[..random.Next(1, prefix.Length + 1)], .. Draw(random, random.Next(0, 12))];
        var client = new Client(new Request { PromptTokens = prompt, MaxTokens = random.Next(1, 60),
            Sampling = new() { Temperature = random.Next(2) * 3f, Seed = (ulong)random.Next() } });
        client.Number = loop.Submit(client.Request, client);
        return client;
    }

    // The logits of the scripted model are 9 for one token and 0 for the others.
    private static List<int> Alone(ScriptedModel model, Request request)
    {
        var tokens = request.PromptTokens.ToArray().ToList();
        var scores = new float[ScriptedModel.Vocabulary];
        for (var i = 0; i < request.MaxTokens; i++)
        {
            Array.Clear(scores);
            scores[model.Script(tokens[^1], tokens.Count - 1)] = 9;
            tokens.Add(Draws.Choose(scores, request.Sampling, tokens));
        }

        return tokens[request.PromptTokens.Length..];
    }

    private sealed class Client(Request request) : ITokenSink
    {
        public Request Request { get; } = request;

        public CollectingSink Sink { get; } = new();

        public long Number { get; set; }

        public bool Ready { get; set; }

        public void Next(in GeneratedToken token) => Sink.Next(token);

        public void Fail(Exception reason) => Sink.Fail(reason);
    }
}
