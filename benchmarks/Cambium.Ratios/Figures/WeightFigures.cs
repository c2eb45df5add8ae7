using Cambium.Models;
using Cambium.Runtime;
using Cambium.Runtime.Loading;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Quantized weights: products of few and of many rows, and decode throughput of one sequence.</summary>
internal static class WeightFigures
{
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
        Product[] CopiesOf(WeightStorage storage) => [.. Enumerable.Range(0, copies).Select(_ => new Product(rows, size, size, storage))];
        var products = Enum.GetValues<WeightStorage>().ToDictionary(static storage => storage, CopiesOf);
        var arms = products.Select(pair => new Arm(pair.Key.ToString(), () =>
        {
            foreach (var product in pair.Value)
                product.Run(session.Team);
        }));
        var runs = Interleaved.Run(session.Options.Pairs, [.. arms, .. session.Limits.Arms(session.Team)]);
        session.Report.Group($"[{rows}, {size}] x [{size}, {size}]");
        foreach (var (storage, all) in products)
        {
            var bytes = all.Sum(static product => product.WeightBytes);
            var bandwidth = runs.Share(storage.ToString(), bytes, Limits.Read, session.Limits.ReadBytes);
            session.Report.Add($"{storage}, weights / read bandwidth", "", bandwidth);
            if (storage != WeightStorage.F32)
                session.Report.Add($"{storage} over F32", "x", runs.Speedup(storage.ToString(), nameof(WeightStorage.F32)));
        }

        foreach (var product in products.Values.SelectMany(static all => all))
            product.Dispose();
    }

    private static void Decoding(Session session, int threads)
    {
        const int stepsPerSample = 4;
        static CompiledModel Load(WeightStorage storage) => Llama.Load(SyntheticLlama.Folder(), new LoadOptions { Storage = storage });
        CompiledModel[] models = [.. Enum.GetValues<WeightStorage>().Select(Load)];
        var options = new EngineOptions { Threads = threads, MaxSequences = 1, PoolTokens = 8192 };
        EngineLoop[] loops = [.. models.Select(model => new EngineLoop(model, options))];
        var arms = loops.Select((loop, i) =>
        {
            loop.Submit(new Request { PromptTokens = Enumerable.Range(0, 16).ToArray(), MaxTokens = 8000, EosTokens = [] }, new IgnoringSink());
            loop.Step();
            return new Arm(((WeightStorage)i).ToString(), () =>
            {
                for (var step = 0; step < stepsPerSample; step++)
                    loop.Step();
            });
        });
        var runs = Interleaved.Run(session.Options.Pairs, [.. arms]);
        session.Report.Group($"Llama of 134 million weights, one sequence, {threads} thread{(threads == 1 ? "" : "s")}");
        foreach (var storage in Enum.GetValues<WeightStorage>())
        {
            session.Report.Add($"{storage}", "tok/s", runs.Rate(storage.ToString(), stepsPerSample));
            if (storage != WeightStorage.F32)
                session.Report.Add($"{storage} over F32", "x", runs.Speedup(storage.ToString(), nameof(WeightStorage.F32)));
        }

        foreach (var loop in loops)
            loop.Dispose();
        foreach (var model in models)
            model.Dispose();
    }
}
