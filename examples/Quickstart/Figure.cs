using System.Globalization;

namespace Quickstart;

/// <summary>One row of the comparison: a name, and the figure of an outcome as text.</summary>
internal sealed record Figure(string Name, Func<Outcome, string> Of)
{
    public static IReadOnlyList<Figure> All { get; } =
    [
        new("prompt tokens computed", outcome => Count(outcome.Statistics.TokensPrefilled)),
        new("prompt tokens cached", outcome => Count(outcome.Statistics.TokensCached)),
        new("KV cache at its peak", outcome => Invariant($"{outcome.Statistics.PeakKvBytesInUse / 1048576.0:0.0} MiB")),
        new("chunks read by attention", outcome => Count(outcome.Statistics.ChunkReads)),
        new("time in attention", outcome => Milliseconds(outcome.Statistics.AttentionTime)),
        new("total time", outcome => Milliseconds(outcome.Elapsed)),
        new("tokens generated", outcome => Count(outcome.Statistics.TokensGenerated)),
        new("tokens per second", outcome => Count((long)TokensPerSecond(outcome))),
    ];

    /// <summary>The figure of a trial; empty before it runs.</summary>
    public string Text(Trial trial) => trial.Outcome is { } outcome ? Of(outcome) : "";

    private static double TokensPerSecond(Outcome outcome) =>
        outcome.Statistics.TokensGenerated / Math.Max(1e-9, outcome.Elapsed.TotalSeconds);

    public static string Milliseconds(TimeSpan time) => Invariant($"{time.TotalMilliseconds:#,0} ms");

    public static string Count(long count) => Invariant($"{count:#,0}");

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
