using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Chunks;
using Cambium.Runtime.Prefixes;

namespace Cambium.Benchmarks;

/// <summary>What learned prefixes cost in decode of the small model: against tokens in their place, against none, and by kind.</summary>
internal static class PrefixFigures
{
    private const int Sequences = 32;
    private const int Warm = 80;

    public static void Measure(Session session)
    {
        using var model = Zoo.Load(session.Options.Model);
        var steps = 1200 + (session.Options.Pairs * 30);
        OneForAll(session, model, steps);
        OneEach(session, model, steps);
        States(session, model, steps);
    }

    private static void OneForAll(Session session, CompiledModel model, int steps)
    {
        const int keys = 512;
        using var prefix = Begin(model, session, steps, tokens: 1, loop => [loop.LoadPrefix(Rows(model, keys, 1))], isShared: true);
        using var tokens = Begin(model, session, steps, keys + 1, static _ => null, isShared: true);
        session.Report.Group($"{Sequences} sequences under {keys} keys");
        Compare(session, "prefix", prefix, "prompt tokens", tokens, 0.97);
        session.Report.Count("pages that the prefix takes", "pages", prefix.Store.Contents == 1 ? 0 : double.NaN, atMost: 0);
    }

    private static void OneEach(Session session, CompiledModel model, int steps)
    {
        const int keys = 16;
        using var prefixes = Begin(
            model, session, steps, 256, loop => [.. Enumerable.Range(0, Sequences).Select(seed => loop.LoadPrefix(Rows(model, keys, seed)))], false);
        using var none = Begin(model, session, steps, 256, static _ => null, isShared: false);
        session.Report.Group($"{Sequences} sequences of 256 tokens, each under a prefix of {keys} keys of its own");
        Compare(session, "prefixes", prefixes, "none", none, 0.95);
    }

    // Sixteen on each path, so that they are a large part of a step.
    private static void States(Session session, CompiledModel model, int steps)
    {
        const int stacked = 16;
        var keys = (model.CacheSites[0].KeySize + 2) / 2;
        using var states = Begin(model, session, steps, 16, loop => Stack(loop, seed => State(model, seed)), isShared: true, stacked);
        using var rows = Begin(model, session, steps, 16, loop => Stack(loop, seed => Rows(model, keys, seed)), isShared: true, stacked);
        using var none = Begin(model, session, steps, 16, static _ => null, isShared: true);
        EngineLoop[] loops = [states, rows, none];
        var runs = Interleaved.Run(
            session.Options.Pairs, [.. ((string[])["states", "rows", "none"]).Zip(loops, static (name, loop) => new Arm(name, () => loop.Step()))]);
        var costs = runs.Seconds("states").Zip(runs.Seconds("rows"), runs.Seconds("none"))
            .Select(static round => (round.First - round.Third) / (round.Second - round.Third));
        session.Report.Group($"{stacked} states (Z, k), and as many prefixes of {keys} keys, above {Sequences} sequences");
        session.Report.Add("cost of a state over that of rows", "x", Estimate.Of(costs), atMost: 1.5);

        static LoadedPrefix[] Stack(EngineLoop loop, Func<int, Prefix> make) =>
            [.. Enumerable.Range(0, stacked).Select(seed => loop.LoadPrefix(make(seed)))];
    }

    private static void Compare(Session session, string name, EngineLoop loop, string other, EngineLoop otherLoop, double target)
    {
        var runs = Interleaved.Run(session.Options.Pairs, [new Arm(name, () => loop.Step()), new Arm(other, () => otherLoop.Step())]);
        session.Report.Add(name, "tok/s", runs.Rate(name, Sequences));
        session.Report.Add(other, "tok/s", runs.Rate(other, Sequences));
        session.Report.Add($"{name} over {other}", "x", runs.Speedup(name, other), atLeast: target);
    }

    // A loop whose sequences decode. Prefixes are stacked, or one for each sequence, or one for all.
    private static EngineLoop Begin(
        CompiledModel model, Session session, int steps, int tokens, Func<EngineLoop, LoadedPrefix[]?> load, bool isShared, int stacked = 1)
    {
        var loop = new EngineLoop(model, new EngineOptions
        {
            Threads = session.Options.Threads,
            MaxSequences = Sequences,
            PoolTokens = Sequences * (tokens + steps + 128),
            Seed = 1,
        });
        var prefixes = load(loop);
        var random = new Random(3);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3, model.OutputWidth))];
        var common = Draw(tokens);
        for (var i = 0; i < Sequences; i++)
        {
            PrefixUse[] path = prefixes switch
            {
                null => [],
                [var only] => [only],
                _ when stacked > 1 => [.. prefixes.Select(static prefix => (PrefixUse)prefix)],
                _ => [prefixes[i]],
            };
            loop.Submit(
                new Request
                {
                    PromptTokens = (int[])[.. isShared ? common : Draw(tokens), .. Draw(4 + (i % 16))],
                    Prefixes = path,
                    MaxTokens = steps,
                    EosTokens = [],
                    WantsText = false,
                    Sampling = new() { Temperature = 1, Seed = (ulong)i },
                },
                new IgnoringSink());
        }

        do
            loop.Step();
        while (loop.Statistics is { Waiting: > 0 } || loop.Statistics.TokensGenerated < Warm * Sequences);
        return loop;
    }

    private static Prefix Rows(CompiledModel model, int rows, int seed)
    {
        var (data, random) = (new RowData(model.CacheSites, rows), new Random(seed));
        var site = model.CacheSites[0];
        for (var layer = 0; layer < site.Layers; layer++)
        {
            for (var head = 0; head < site.KvHeads; head++)
            {
                for (var row = 0; row < rows; row++)
                {
                    Fill(data.Key(0, layer, head, row), random);
                    Fill(data.Value(0, layer, head, row), random);
                }
            }
        }

        return Of(data, hasPositions: false);
    }

    private static Prefix State(CompiledModel model, int seed)
    {
        var (data, random) = (new StateData(model.CacheSites), new Random(seed));
        var site = model.CacheSites[0];
        for (var layer = 0; layer < site.Layers; layer++)
        {
            for (var head = 0; head < site.QueryHeads; head++)
            {
                Fill(data.Z(0, layer, head), random);
                data.K(0, layer, head).Fill(1);
            }
        }

        return Of(data, hasPositions: false);
    }

    private static Prefix Of(NodeData data, bool hasPositions) =>
        new() { Name = "random", Method = "random", Parts = [new PrefixPart.Content(data, hasPositions)] };

    private static void Fill(Span<float> numbers, Random random)
    {
        foreach (ref var number in numbers)
            number = random.NextSingle() - 0.5f;
    }
}
