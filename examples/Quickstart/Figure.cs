using System.Globalization;

namespace Quickstart;

/// <summary>What is compared: a name, and how a trial's figure reads.</summary>
internal sealed record Figure(string Name, Func<Trial, string> Of)
{
    public static IReadOnlyList<Figure> All { get; } =
    [
        new("prompt tokens computed", trial => Count(trial.Statistics.TokensPrefilled)),
        new("prompt tokens read from the tree", trial => Count(trial.Statistics.TokensCached)),
        new("keys and values at the peak", trial => Invariant($"{trial.Statistics.PeakKvBytesInUse / 1048576.0:0.0} MiB")),
        new("time in attention", trial => Milliseconds(trial.Statistics.AttentionTime)),
        new("time in all", trial => Milliseconds(trial.Elapsed)),
        new("tokens generated", trial => Count(trial.Statistics.TokensGenerated)),
        new("tokens per second", trial => Count((long)(trial.Statistics.TokensGenerated / Math.Max(1e-9, trial.Elapsed.TotalSeconds)))),
    ];

    public static string Milliseconds(TimeSpan time) => Invariant($"{time.TotalMilliseconds:#,0} ms");

    public static string Count(long count) => Invariant($"{count:#,0}");

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
