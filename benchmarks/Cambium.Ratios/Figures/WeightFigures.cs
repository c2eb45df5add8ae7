using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Quantized weights: products of few and of many rows, and decode throughput of one sequence.</summary>
internal static class WeightFigures
{
    private static readonly (string Name, WeightStorage Storage, WeightProducts Products)[] s_arms =
    [
        ("F32", WeightStorage.F32, WeightProducts.Exact),
        ("BF16", WeightStorage.BF16, WeightProducts.Exact),
        ("Int8, exact", WeightStorage.Int8, WeightProducts.Exact),
        ("Int8", WeightStorage.Int8, WeightProducts.Integer),
        ("Int4, exact", WeightStorage.Int4, WeightProducts.Exact),
        ("Int4", WeightStorage.Int4, WeightProducts.Integer),
    ];

    public static void Measure(Session session)
    {
        var size = session.Options.Short ? 512 : 4096;
        foreach (var rows in new[] { 1, 8, 64, 256 })
            Products(session, rows, size);
        foreach (var threads in new[] { 1, session.Options.Threads }.Distinct())
            Decoding(session, threads);
    }

    private static void Products(Session session, int rows, int size)
    {
        // Several copies, so that they do not fit into a cache together.
        var copies = session.Options.Short ? 1 : 4;
        var products = s_arms.ToDictionary(static arm => arm.Name, arm =>
            Enumerable.Range(0, copies).Select(_ => new Product(rows, size, size, arm.Storage, arm.Products)).ToArray());
        var arms = products.Select(pair => new Arm(pair.Key, () =>
        {
            foreach (var product in pair.Value)
                product.Run(session.Team);
        }));
        var runs = Interleaved.Run(session.Options.Pairs, [.. arms, .. session.Limits.Arms(session.Team)]);
        session.Report.Group($"[{rows}, {size}] x [{size}, {size}]");
        foreach (var (name, all) in products)
        {
            var bandwidth = runs.Share(name, all.Sum(static product => product.WeightBytes), Limits.Read, session.Limits.ReadBytes);
            session.Report.Add($"{name}, weights / read bandwidth", "", bandwidth);
            if (name != "F32")
                session.Report.Add($"{name} over F32", "x", runs.Speedup(name, "F32"));
        }

        foreach (var product in products.Values.SelectMany(static all => all))
            product.Dispose();
    }

    private static void Decoding(Session session, int threads)
    {
        const int stepsPerSample = 4;
        CompiledModel[] models =
        [
            .. s_arms.Select(static arm => Llama.Load(SyntheticLlama.Folder(), new LoadOptions { Storage = arm.Storage, Products = arm.Products })),
        ];
        var options = new EngineOptions { Threads = threads, MaxSequences = 1, PoolTokens = 8192 };
        EngineLoop[] loops = [.. models.Select(model => new EngineLoop(model, options))];
        var arms = loops.Select((loop, i) =>
        {
            loop.Submit(new Request { PromptTokens = Enumerable.Range(0, 16).ToArray(), MaxTokens = 8000, EosTokens = [] }, new IgnoringSink());
            loop.Step();
            return new Arm(s_arms[i].Name, () =>
            {
                for (var step = 0; step < stepsPerSample; step++)
                    loop.Step();
            });
        });
        var runs = Interleaved.Run(session.Options.Pairs, [.. arms]);
        session.Report.Group($"Llama of 134 million weights, one sequence, {threads} thread{(threads == 1 ? "" : "s")}");
        foreach (var (name, _, _) in s_arms)
        {
            session.Report.Add(name, "tok/s", runs.Rate(name, stepsPerSample));
            if (name != "F32")
                session.Report.Add($"{name} over F32", "x", runs.Speedup(name, "F32"));
        }

        foreach (var loop in loops)
            loop.Dispose();
        foreach (var model in models)
            model.Dispose();
    }
}
