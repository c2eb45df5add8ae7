using System.Diagnostics;

namespace Cambium.Measuring;

/// <summary>
/// Runs arms in turn, so that changes of the machine affect all of them and each round gives ratios of neighbouring runs.
/// </summary>
internal sealed class Interleaved
{
    // Minimum time of a sample: far above the clock resolution and the cost of starting the threads.
    private const double LeastSeconds = 4e-3;
    private const double WarmSeconds = 0.25;

    // A sample that takes longer has compiled its code and touched its pages in its first run.
    private const double LongSeconds = 1;

    private readonly Dictionary<string, double[]> _seconds = new(StringComparer.Ordinal);

    private Interleaved()
    {
    }

    /// <param name="rounds">Measurements per arm.</param>
    /// <param name="arms">The arms in the order of the first round. Each round begins with another arm.</param>
    public static Interleaved Run(int rounds, params IReadOnlyList<Arm> arms) =>
        Run(rounds, arms, static (_, _) => { }, CancellationToken.None);

    /// <inheritdoc cref="Run(int, IReadOnlyList{Arm})"/>
    /// <param name="report">Receives (samples done, samples in total), the run before the first round included.</param>
    /// <param name="cancellation">Checked between samples.</param>
    /// <param name="rest">Time before each sample in which nothing runs.</param>
    public static Interleaved Run(
        int rounds, IReadOnlyList<Arm> arms, Action<double, double> report, CancellationToken cancellation, TimeSpan rest = default)
    {
        var result = new Interleaved();
        var repeats = new int[arms.Count];
        double done = 0, total = (rounds + 1) * arms.Count;
        void Count()
        {
            report(++done, total);
            cancellation.ThrowIfCancellationRequested();
        }

        for (var i = 0; i < arms.Count; i++)
        {
            repeats[i] = WarmUp(arms[i]);
            result._seconds.Add(arms[i].Name, new double[rounds]);
            Count();
        }

        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < arms.Count; i++)
            {
                var which = (i + round) % arms.Count;
                Thread.Sleep(rest);
                result._seconds[arms[which].Name][round] = Time(arms[which], repeats[which]);
                Count();
            }
        }

        return result;
    }

    /// <summary>Seconds of one run of the arm, round by round.</summary>
    public IReadOnlyList<double> Seconds(string arm) => _seconds[arm];

    /// <summary>Milliseconds of one run.</summary>
    public Estimate Milliseconds(string arm) => Estimate.Of(_seconds[arm].Select(static s => 1e3 * s));

    /// <summary>How many times as fast the first arm is as the second.</summary>
    public Estimate Speedup(string arm, string over) =>
        Estimate.Of(_seconds[over].Zip(_seconds[arm], static (slow, fast) => slow / fast));

    /// <summary>Units of work per second.</summary>
    public Estimate Rate(string arm, double units) => Estimate.Of(_seconds[arm].Select(s => units / s));

    /// <summary>The rate of an arm as a share of the rate of a limit in the same round.</summary>
    /// <param name="arm">The measured arm.</param>
    /// <param name="units">Work of one run, in FLOPs or bytes.</param>
    /// <param name="limit">The arm of the limit.</param>
    /// <param name="limitUnits">Work of one run of the limit, in the same unit.</param>
    public Estimate Share(string arm, double units, string limit, double limitUnits) =>
        Estimate.Of(_seconds[arm].Zip(_seconds[limit], (own, best) => units / own * best / limitUnits));

    private static double Time(Arm arm, int repeats)
    {
        if (arm.Prepare is { } prepare)
        {
            var seconds = 0.0;
            for (var i = 0; i < repeats; i++)
            {
                prepare();
                seconds += Time(arm with { Prepare = null }, 1);
            }

            return seconds / repeats;
        }

        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++)
            arm.Run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }

    // Also long enough for tiered compilation.
    private static int WarmUp(Arm arm)
    {
        var (best, spent) = (double.MaxValue, 0.0);
        for (var i = 0; (i < 2 && spent < LongSeconds) || spent < WarmSeconds; i++)
        {
            var seconds = Time(arm, 1);
            best = Math.Min(best, seconds);
            spent += seconds;
        }

        return (int)Math.Clamp(Math.Ceiling(LeastSeconds / best), 1, 1e6);
    }
}
