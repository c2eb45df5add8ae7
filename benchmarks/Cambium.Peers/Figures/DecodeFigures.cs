using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Decode of one sequence, by storage type.</summary>
internal static class DecodeFigures
{
    private const int Prompt = 16;
    private const int Steps = 32;

    public static void Measure(Session session)
    {
        using var limits = new Limits();
        session.ForEachType((pair, threads) => Measure(session, pair, threads, limits));
    }

    private static void Measure(Session session, ModelPair pair, int threads, Limits limits)
    {
        using var team = new Team(threads);
        using var loop = pair.Cambium.Open(threads, 1024);
        using var llama = pair.Llama.Open(threads, 256);
        var work = new EngineWork(loop, RandomLlama.Vocabulary, session.Cancellation);
        var prompt = Prompts.Random(Prompt, seed: 6);
        var (fma, read) = (limits.Arms(team)[0], limits.Arms(team)[1]);
        var title = $"decode, {pair.Name}";
        var runs = session.Compare($"{title}, {threads} threads",
            [llama.Decode(Report.Llama, [], [prompt], Steps), fma, work.Decode(Report.Cambium, () => [prompt], Steps), read]);
        var bytes = Steps * RandomLlama.ReadShare * new FileInfo(pair.Path).Length;
        double ShareOf(string arm) => runs.Share(arm, bytes, Limits.Read, limits.ReadBytes).Median;
        var figure = PeerFigure.OfRates(title, threads, Steps, runs) with
        {
            LlamaShare = ShareOf(Report.Llama),
            CambiumShare = ShareOf(Report.Cambium),
            Limit = Limits.Read,
        };
        session.Report.Add(pair.File.Name switch
        {
            "Q4_0" => figure.WithLeast(1.1, session.DivergenceOf(pair)),
            "Q8_0" => figure.WithLeast(1.2, session.DivergenceOf(pair)),
            "F32" => figure.WithLeast(0.97, session.DivergenceOf(pair)),
            _ => figure,
        });
    }
}
