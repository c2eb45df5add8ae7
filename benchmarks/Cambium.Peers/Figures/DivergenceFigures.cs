namespace Cambium.Benchmarks;

/// <summary>The loss of quality by quantization: the KL divergence from f32 of both engines.</summary>
internal static class DivergenceFigures
{
    public static void Measure(Session session) => session.ForEachType(pair =>
    {
        var cost = session.DivergenceOf(pair);
        session.Report.Add(new PeerFigure($"KL divergence from f32, {pair.Name}", null, "nats")
        {
            Llama = Counted(cost.Llama),
            Cambium = Counted(cost.Cambium),
            // Without quantization both are rounding errors.
            Ratio = pair.File == WeightFile.F32 ? null : Counted(cost.Llama / cost.Cambium),
            Target = pair.File == WeightFile.F32 ? "" : $">= {1 / PeerDivergence.Most:0.00}",
            IsMet = pair.File == WeightFile.F32 ? null : cost.IsSmallEnough,
        });
    });

    private static Estimate Counted(double value) => new(value, value, value, 1);
}
