namespace Cambium.Benchmarks;

/// <summary>What choosing rows and planning attention costs in a step of many sequences.</summary>
internal static class PlanningFigures
{
    // Long enough to see plans made anew and plans reused in their usual proportion.
    private const int StepsPerRound = 16;

    public static void Measure(Session session)
    {
        foreach (var sequences in session.Options.Short ? [16] : new[] { 32, 256 })
        {
            var rounds = session.Options.Pairs;
            using var small = new SmallModel(session, sequences, (rounds + 2) * StepsPerRound);
            Round(small);
            var first = small.Loop.Statistics;
            var samples = Enumerable.Range(0, rounds).Select(_ => Round(small)).ToArray();
            var last = small.Loop.Statistics;

            session.Report.Group($"small model, {sequences} sequences below a prompt of 1500 tokens, steps of one token each");
            session.Report.Add("step", "ms", Estimate.Of(samples.Select(static s => s.Step * 1e3)));
            session.Report.Add("planning", "us", Estimate.Of(samples.Select(static s => s.Plan * 1e6)));
            session.Report.Add("planning / step", "%", Estimate.Of(samples.Select(static s => 100 * s.Plan / s.Step)), atMost: sequences == 256 ? 2 : null);
            session.Report.Note($"plans: {last.PlansBuilt - first.PlansBuilt} made, {last.PlansReused - first.PlansReused} reused");
        }
    }

    private static (double Step, double Plan) Round(SmallModel small)
    {
        var before = small.Loop.Statistics;
        for (var i = 0; i < StepsPerRound; i++)
            small.Loop.Step();
        var after = small.Loop.Statistics;
        return ((after.StepTime - before.StepTime).TotalSeconds / StepsPerRound, (after.PlanTime - before.PlanTime).TotalSeconds / StepsPerRound);
    }
}
