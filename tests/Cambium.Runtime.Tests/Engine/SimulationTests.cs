using Cambium.Runtime.Engine;
using Cambium.Runtime.Tests.Sampling;
using Xunit;

namespace Cambium.Runtime.Tests.Engine;

/// <summary>
/// The whole loop under seeded traffic: arrivals, cancellations, slow readers, failing steps, a pool that is too small. After every step everything
/// must add up, and whoever gets an answer gets the one it would get alone.
/// </summary>
public class SimulationTests
{
    private static readonly EngineOptions Options = new() { ChunkSize = 32, Threads = 1, Seed = 1 };

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Everything_adds_up_and_every_answer_is_the_answer_alone(int seed)
    {
        var random = new Random(seed);
        var model = new ScriptedModel();
        var options = Options with
        {
            PoolTokens = 32 * random.Next(6, 24),
            MaxSequences = random.Next(2, 9),
            MaxRowsPerStep = random.Next(1, 90),
            TwoPhase = random.Next(3) switch { 0 => null, 1 => true, _ => false },
        };
        using var loop = new EngineLoop(model, options);
        var prefixes = Enumerable.Range(0, 3).Select(_ => Draw(random, random.Next(20, 90))).ToArray();
        var live = new List<Client>();
        var (answered, cancelled, failed) = (0, 0, 0);
        for (var step = 0; step < 300 || loop.HasWork; step++)
        {
            Assert.True(step < 20000, "The requests never end.");
            if (step < 300 && random.Next(3) == 0)
                live.Add(Submit(loop, random, prefixes));
            foreach (var client in live)
                client.Ready = step > 300 || random.Next(8) > 0;
            if (live.Count > 0 && random.Next(25) == 0)
            {
                var leaving = live[random.Next(live.Count)];
                cancelled += loop.Cancel(leaving.Number) ? 1 : 0;
                live.Remove(leaving);
            }

            model.BeforeStep = random.Next(60) == 0 && step < 300 ? _ => throw new InvalidOperationException("simulated") : null;
            loop.Step();
            loop.CheckIntegrity();
            foreach (var client in live.Where(c => c.Sink.IsDone).ToArray())
            {
                live.Remove(client);
                if (client.Sink.Failure is not null)
                {
                    failed++;
                    continue;
                }

                answered++;
                Assert.Equal(Alone(model, client.Request), client.Sink.Completion.Tokens);
            }
        }

        Assert.Empty(live);
        var statistics = loop.Statistics;
        Assert.Equal((answered, cancelled, failed), ((int)statistics.Finished, (int)statistics.Cancelled, (int)statistics.Failed));
        Assert.Equal((0, 0, 0), (statistics.KvBytesInUse, statistics.Running, statistics.Waiting));
        Assert.True(answered > 20 && statistics.TokensCached > 200, $"{answered} answers and {statistics.TokensCached} shared tokens test nothing.");
    }

    [Fact]
    public void The_simulation_meets_preemption_eviction_and_failures()
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
            var model = new ScriptedModel { BeforeStep = s => trace.Append(s.Rows).Append(',').Append(s.Plan.BlockCount).Append(' ') };
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

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(0, 40)];

    private static int[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(ScriptedModel.Vocabulary))];

    private static Client Submit(EngineLoop loop, Random random, int[][] prefixes)
    {
        var prefix = prefixes[random.Next(prefixes.Length)];
        int[] prompt = [.. prefix[..random.Next(1, prefix.Length + 1)], .. Draw(random, random.Next(0, 12))];
        var client = new Client(new Request { PromptTokens = prompt, MaxTokens = random.Next(1, 60), Sampling = new() { Temperature = random.Next(2) * 3f, Seed = (ulong)random.Next() } });
        client.Number = loop.Submit(client.Request, client);
        return client;
    }

    // The scripted model's scores are 9 for one token and 0 for the others.
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
