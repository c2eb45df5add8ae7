using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>Prefill of 512 tokens, by storage type.</summary>
internal static class PrefillFigures
{
    private const int Tokens = 512;

    public static void Measure(Session session)
    {
        using var limits = new Limits();
        session.ForEachType((pair, threads) => Measure(session, pair, threads, limits));
    }

    private static void Measure(Session session, ModelPair pair, int threads, Limits limits)
    {
        using var team = new Team(threads);
        using var loop = pair.Cambium.Open(threads, 4 * Tokens);
        using var llama = pair.Llama.Open(threads, Tokens);
        var work = new EngineWork(loop, RandomLlama.Vocabulary, session.Cancellation);
        var random = new Random(5);
        // With the limits between them, each engine is the first of the two in half of the rounds.
        var (fma, read) = (limits.Arms(team)[0], limits.Arms(team)[1]);
        var title = $"prefill of {Tokens}, {pair.Name}";
        var runs = session.Compare($"{title}, {threads} threads",
        [
            llama.Prefill(Report.Llama, Prompts.Random(Tokens, seed: 4)), fma,
            work.Prefill(Report.Cambium, () => Prompts.Random(Tokens, random)), read,
        ]);
        double ShareOf(string arm) =>
            runs.Share(arm, RandomLlama.PrefillFlops(Tokens), Limits.Fma, FmaPeak.Flops(threads)).Median;

        var figure = PeerFigure.OfRates(title, threads, Tokens, runs) with
        {
            LlamaShare = ShareOf(Report.Llama),
            CambiumShare = ShareOf(Report.Cambium),
            Limit = Limits.Fma,
        };
        session.Report.Add(pair.File.Name switch
        {
            "Q8_0" or "Q4_0" => figure.WithLeast(1.1, session.DivergenceOf(pair)),
            // The target is a share of the peak with 256-bit registers. On a wider machine, CAMBIUM_SIMD=256 measures against it.
            "F32" when Simd.Width == 8 => figure with { Target = ">= 70 % of FMA peak", IsMet = figure.CambiumShare >= 0.7 },
            _ => figure,
        });
    }
}
