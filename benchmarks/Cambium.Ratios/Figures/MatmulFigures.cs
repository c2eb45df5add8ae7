namespace Cambium.Benchmarks;

/// <summary>Products: large ones against the FMA peak, those of few rows against the read bandwidth for their weights.</summary>
internal static class MatmulFigures
{
    public static void Measure(Session session)
    {
        foreach (var n in session.Options.Short ? [256] : new[] { 512, 1024, 2048 })
            Measure(session, n, n, n);
        foreach (var m in new[] { 1, 4, 8, 14, 32 })
            Measure(session, m, session.Options.Short ? 512 : 4096, session.Options.Short ? 512 : 4096);
    }

    private static void Measure(Session session, int m, int k, int n)
    {
        const string name = "product";
        using var product = new Product(m, k, n);
        var arm = new Arm(name, () => product.Run(session.Team));
        var runs = Interleaved.Run(session.Options.Pairs, [arm, .. session.Limits.Arms(session.Team)]);
        session.Report.Group($"[{m}, {k}] x [{k}, {n}]");
        session.Report.Add("time", "ms", runs.Milliseconds(name));
        session.Report.Add("rate", "GFLOP/s", runs.Rate(name, product.Flops / 1e9));
        var peak = runs.Share(name, product.Flops, Limits.Fma, FmaPeak.Flops(session.Team.Threads));
        session.Report.Add("of FMA peak", "", peak, atLeast: m >= 1024 ? 0.86 : null);
        if (m > 32)
            return;
        var bandwidth = runs.Share(name, product.WeightBytes, Limits.Read, session.Limits.ReadBytes);
        session.Report.Add("weights / read bandwidth", "", bandwidth, atLeast: m == 1 ? 0.98 : null);
    }
}
