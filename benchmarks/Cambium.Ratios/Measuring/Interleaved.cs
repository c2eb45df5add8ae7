using System.Diagnostics;

namespace Cambium.Benchmarks;

/// <summary>
/// Runs arms in turn, so that whatever the machine does in the meantime happens to all of them, and so that each round gives a ratio of neighbours.
/// </summary>
internal sealed class Interleaved
{
    // A sample is repeated to at least this long: far above the clock's resolution and a fork of the team.
    private const double LeastSeconds = 4e-3;
    private const double WarmSeconds = 0.25;

    private readonly Dictionary<string, double[]> _seconds = new(StringComparer.Ordinal);

    private Interleaved()
    {
    }

    /// <param name="rounds">How often every arm is measured.</param>
    /// <param name="arms">In the order of the first round; each round begins with another.</param>
    public static Interleaved Run(int rounds, params IReadOnlyList<Arm> arms)
    {
        var result = new Interleaved();
        var repeats = new int[arms.Count];
        for (var i = 0; i < arms.Count; i++)
        {
            repeats[i] = WarmUp(arms[i]);
            result._seconds.Add(arms[i].Name, new double[rounds]);
        }

        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < arms.Count; i++)
            {
                var which = (i + round) % arms.Count;
                result._seconds[arms[which].Name][round] = Time(arms[which], repeats[which]);
            }
        }

        return result;
    }

    /// <summary>Seconds of one run of the arm, round by round.</summary>
    public IReadOnlyList<double> Seconds(string arm) => _seconds[arm];

    /// <summary>Milliseconds of one run.</summary>
    public Estimate Milliseconds(string arm) => Estimate.Of(_seconds[arm].Select(static s => 1e3 * s));

    /// <summary>How many times as fast the first arm is as the second.</summary>
    public Estimate Speedup(string arm, string over) => Estimate.Of(_seconds[over].Zip(_seconds[arm], static (slow, fast) => slow / fast));

    /// <summary>Units of work per second.</summary>
    public Estimate Rate(string arm, double units) => Estimate.Of(_seconds[arm].Select(s => units / s));

    /// <summary>The arm's rate as a share of what the limit's arm reaches in the same round.</summary>
    /// <param name="arm">What is measured.</param>
    /// <param name="units">Its work.</param>
    /// <param name="limit">The arm that does nothing else.</param>
    /// <param name="limitUnits">That arm's work.</param>
    public Estimate Share(string arm, double units, string limit, double limitUnits) =>
        Estimate.Of(_seconds[arm].Zip(_seconds[limit], (own, best) => units / own * best / limitUnits));

    private static double Time(Arm arm, int repeats)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++)
            arm.Run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }

    // Long enough for the run-time compiler to have settled, too.
    private static int WarmUp(Arm arm)
    {
        var (best, spent) = (double.MaxValue, 0.0);
        for (var i = 0; i < 2 || spent < WarmSeconds; i++)
        {
            var seconds = Time(arm, 1);
            best = Math.Min(best, seconds);
            spent += seconds;
        }

        return (int)Math.Clamp(Math.Ceiling(LeastSeconds / best), 1, 1e6);
    }
}
