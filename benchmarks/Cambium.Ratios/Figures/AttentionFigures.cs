using Cambium.Runtime.Cpu.Threading;

namespace Cambium.Benchmarks;

/// <summary>
/// Attention of one decode step, 32 sequences, 32 heads of 128, chunks of 64: one kernel with different storage and plans.
/// </summary>
internal static class AttentionFigures
{
    private const string Dense = "dense";
    private const string Sequences = "per sequence";
    private const string TwoPhase = "two-phase";
    private const string Automatic = "automatic";
    private const string Rows = "32-row product";

    public static void Measure(Session session)
    {
        using var product = new Product(32, 4096, 4096);
        foreach (var prompt in session.Options.Short ? [1024] : new[] { 1024, 2048, 4096 })
        {
            // The number of layers is chosen so that every case reads 4 GiB if nothing is shared.
            var layers = session.Options.Short ? 1 : 4096 / prompt;
            using var dense = new AttentionCase(AttentionSizes.Equal(prompt), 0, sharedStorage: false, layers);
            Compare(session, product, prompt, "none", dense, dense);
            foreach (var (name, shared) in new[] { ("half", prompt / 2), ("all", prompt) })
            {
                using var privately = new AttentionCase(AttentionSizes.Equal(prompt), shared, sharedStorage: false, layers);
                using var together = new AttentionCase(AttentionSizes.Equal(prompt), shared, sharedStorage: true, layers);
                Compare(session, product, prompt, name, privately, together);
            }
        }
    }

    private static void Compare(
        Session session, Product product, int prompt, string shared, AttentionCase privately, AttentionCase together)
    {
        Arm ArmOf(string name, AttentionCase attention, bool? twoPhase)
        {
            var step = attention.Plan(session.Team, twoPhase);
            return new Arm(name, () => attention.Run(step));
        }

        Arm[] arms =
        [
            ArmOf(Dense, privately, false),
            ArmOf(Sequences, together, false),
            ArmOf(TwoPhase, together, true),
            ArmOf(Automatic, together, null),
        ];
        var report = session.Report;
        report.Group($"{prompt} tokens, shared: {shared} ({together.Layers} layer{(together.Layers == 1 ? "" : "s")} in turn, times are of one)");
        report.Count("results that differ between the four", "floats", Differences(arms, privately, together), atMost: 0);

        var limits = session.Limits;
        var peak = FmaPeak.Flops(session.Team.Threads);
        var runs = Interleaved.Run(
            session.Options.Pairs, [.. arms, new Arm(Rows, () => product.Run(session.Team)), .. limits.Arms(session.Team)]);
        foreach (var arm in arms)
            report.Add(arm.Name, "ms", Estimate.Of(runs.Seconds(arm.Name).Select(s => 1e3 * s / together.Layers)));
        report.Add("dense / read bandwidth", "", runs.Share(Dense, privately.BytesUnshared, Limits.Read, limits.ReadBytes), atLeast: 0.8);
        report.Add("two-phase / FMA peak", "", runs.Share(TwoPhase, together.Flops, Limits.Fma, peak), atLeast: shared == "all" ? 0.45 : null);
        report.Add(
            "two-phase / 32-row product, FLOP/s", "", runs.Share(TwoPhase, together.Flops, Rows, product.Flops),
            atLeast: shared == "all" ? 0.8 : null);
        report.Add("two-phase over per sequence", "x", runs.Speedup(TwoPhase, Sequences), atLeast: 0.95);
        report.Add("automatic over per sequence", "x", runs.Speedup(Automatic, Sequences), atLeast: 0.95);
        if (shared != "none")
        {
            report.Add("two-phase over dense", "x", runs.Speedup(TwoPhase, Dense));
            report.Add("per sequence over dense", "x", runs.Speedup(Sequences, Dense));
        }
    }

    private static int Differences(Arm[] arms, AttentionCase privately, AttentionCase together)
    {
        arms[0].Run();
        var expected = privately.Results.ToArray();
        var different = 0;
        foreach (var arm in arms[1..])
        {
            arm.Run();
            var results = together.Results;
            for (var i = 0; i < expected.Length; i++)
            {
                if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(results[i]))
                    different++;
            }
        }

        return different;
    }
}
