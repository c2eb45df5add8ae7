namespace Cambium.Benchmarks;

/// <summary>Whether the planner's choice between two-phase attention and one sequence after the other is right, over many shapes of steps: one decoding step, the same kernel and the same storage.</summary>
internal static class ChoiceFigures
{
    private const string Plain = "per sequence";
    private const string Forced = "two-phase";
    private const string Automatic = "automatic";

    // Keys and values of a case: beyond any cache, or within one.
    private const long Large = 256L << 20;

    public static void Measure(Session session)
    {
        var (worst, worstCase) = (double.MaxValue, "");
        foreach (var (name, sizes, shared) in Cases(session.Options.Short))
        {
            foreach (var isCached in (bool[])[false, true])
            {
                var bytes = 8L * sizes.Keys * sizes.KvHeads * sizes.HeadSize;
                if (isCached && bytes > 16 << 20)
                    continue;
                using var attention = new AttentionCase(sizes, shared, sharedStorage: true, isCached ? 1 : (int)Math.Clamp(Large / bytes, 1, 256));
                var arms = new[] { (Plain, (bool?)false), (Forced, true), (Automatic, null) }.Select(arm =>
                {
                    var step = attention.Plan(session.Team, arm.Item2);
                    return new Arm(arm.Item1, () => attention.Run(step));
                });
                var runs = Interleaved.Run(session.Options.Pairs, [.. arms]);
                session.Report.Group($"{name}{(isCached ? ", in cache" : "")}");
                session.Report.Add("two-phase over per sequence", "x", runs.Speedup(Forced, Plain));
                var automatic = runs.Speedup(Automatic, Plain);
                session.Report.Add("automatic over per sequence", "x", automatic, atLeast: 0.97);
                if (automatic.Median < worst)
                    (worst, worstCase) = (automatic.Median, name);
            }
        }

        session.Report.Note($"worst: {worst:0.000}x, {worstCase}");
    }

    private static IEnumerable<(string Name, AttentionSizes Sizes, int Shared)> Cases(bool isShort)
    {
        foreach (var (heads, kvHeads, size) in new[] { (32, 32, 128), (32, 8, 64), (8, 1, 64) })
        {
            foreach (var sequences in isShort ? [4] : new[] { 2, 5, 16, 64 })
            {
                foreach (var (shared, own) in new[] { (64, 64), (64, 1024), (1024, 64), (512, 512) })
                    yield return ($"{sequences} sequences, {shared} shared and {own} own tokens, {heads} heads over {kvHeads} of {size}", new([.. Enumerable.Repeat(shared + own, sequences)], heads, kvHeads, size), shared);
                yield return ($"{sequences} sequences, 256 shared and 64 own tokens but one with 2048, {heads} heads over {kvHeads} of {size}", new([.. Enumerable.Range(0, sequences).Select(i => 256 + (i == sequences / 2 ? 2048 : 64))], heads, kvHeads, size), 256);
            }
        }
    }
}
