using System.Globalization;

namespace Quickstart;

/// <summary>What is compared: a name, and how the figure of an outcome reads.</summary>
internal sealed record Figure(string Name, Func<Outcome, string> Of)
{
    public static IReadOnlyList<Figure> All { get; } =
    [
        new("prompt tokens computed", outcome => Count(outcome.Statistics.TokensPrefilled)),
        new("prompt tokens read from the tree", outcome => Count(outcome.Statistics.TokensCached)),
        new("keys and values at the peak", outcome => Invariant($"{outcome.Statistics.PeakKvBytesInUse / 1048576.0:0.0} MiB")),
        new("chunks read by attention", outcome => Count(outcome.Statistics.ChunkReads)),
        new("time in attention", outcome => Milliseconds(outcome.Statistics.AttentionTime)),
        new("time in all", outcome => Milliseconds(outcome.Elapsed)),
        new("tokens generated", outcome => Count(outcome.Statistics.TokensGenerated)),
        new("tokens per second", outcome => Count((long)(outcome.Statistics.TokensGenerated / Math.Max(1e-9, outcome.Elapsed.TotalSeconds)))),
    ];

    /// <summary>The figure of a trial, nothing before it runs.</summary>
    public string Text(Trial trial) => trial.Outcome is { } outcome ? Of(outcome) : "";

    public static string Milliseconds(TimeSpan time) => Invariant($"{time.TotalMilliseconds:#,0} ms");

    public static string Count(long count) => Invariant($"{count:#,0}");

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
