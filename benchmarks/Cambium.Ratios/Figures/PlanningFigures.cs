namespace Cambium.Benchmarks;

/// <summary>The cost of scheduling and planning attention in a step of many sequences.</summary>
internal static class PlanningFigures
{
    // Long enough for new and reused plans in their usual proportion.
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
            var share = Estimate.Of(samples.Select(static s => 100 * s.Plan / s.Step));
            session.Report.Add("planning / step", "%", share, atMost: sequences == 256 ? 2 : null);
            session.Report.Note($"plans: {last.PlansBuilt - first.PlansBuilt} made, {last.PlansReused - first.PlansReused} reused");
        }
    }

    private static (double Step, double Plan) Round(SmallModel small)
    {
        var before = small.Loop.Statistics;
        for (var i = 0; i < StepsPerRound; i++)
            small.Loop.Step();
        var after = small.Loop.Statistics;
        static double Seconds(TimeSpan from, TimeSpan to) => (to - from).TotalSeconds / StepsPerRound;
        return (Seconds(before.StepTime, after.StepTime), Seconds(before.PlanTime, after.PlanTime));
    }
}
