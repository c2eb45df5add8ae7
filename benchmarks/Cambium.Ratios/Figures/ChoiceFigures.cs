namespace Cambium.Benchmarks;

/// <summary>
/// Checks the planner's choice between two-phase attention and attention per sequence, over many shapes of a decode step. Kernel and storage are the
/// same for all variants.
/// </summary>
internal static class ChoiceFigures
{
    private const string Plain = "per sequence";
    private const string Forced = "two-phase";
    private const string Automatic = "automatic";

    // Bytes of keys and values of a case that must not fit into any cache.
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
                var layers = isCached ? 1 : (int)Math.Clamp(Large / bytes, 1, 256);
                using var attention = new AttentionCase(sizes, shared, sharedStorage: true, layers);
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
                var shape = $"{heads} heads over {kvHeads} of {size}";
                foreach (var (shared, own) in new[] { (64, 64), (64, 1024), (1024, 64), (512, 512) })
                {
                    int[] equal = [.. Enumerable.Repeat(shared + own, sequences)];
                    yield return ($"{sequences} sequences, {shared} shared and {own} own tokens, {shape}", new(equal, heads, kvHeads, size), shared);
                }

                int[] unequal = [.. Enumerable.Range(0, sequences).Select(i => 256 + (i == sequences / 2 ? 2048 : 64))];
                var name = $"{sequences} sequences, 256 shared and 64 own tokens but one with 2048, {shape}";
                yield return (name, new(unequal, heads, kvHeads, size), 256);
            }
        }
    }
}
