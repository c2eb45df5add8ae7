using ScottPlot;

namespace Cambium.Benchmarks;

/// <summary>The ratios as bars with their 10th and 90th percentiles.</summary>
internal static class Chart
{
    private const int Width = 1400;
    private const int RowHeight = 26;
    private const int Margin = 140;

    /// <param name="path">The PNG file.</param>
    /// <param name="machine">The machine, as the title.</param>
    /// <param name="figures">Those without a ratio are left out.</param>
    public static void Save(string path, string machine, IReadOnlyList<PeerFigure> figures)
    {
        var rows = figures.Where(static figure => figure.Ratio is not null).Reverse().ToArray();
        using var plot = new Plot();
        for (var i = 0; i < rows.Length; i++)
        {
            var ratio = rows[i].Ratio!.Value;
            plot.Add.Bar(new Bar
            {
                Position = i,
                Value = ratio.Median,
                Orientation = Orientation.Horizontal,
                FillColor = rows[i].IsMet switch { true => Colors.SeaGreen, false => Colors.IndianRed, _ => Colors.SteelBlue },
                LineWidth = 0,
            });
            var spread = plot.Add.Line(ratio.Low, i, ratio.High, i);
            (spread.LineColor, spread.LineWidth) = (Colors.Black, 2);
        }

        var equal = plot.Add.VerticalLine(1, 1.5f, Colors.Black, LinePattern.Dashed);
        equal.EnableAutoscale = true;
        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, rows.Length).Select(static i => (double)i)], [.. rows.Select(NameOf)]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.SetLimits(0, 1.05 * Math.Max(1, rows.Max(static row => row.Ratio!.Value.High)), -0.7, rows.Length - 0.3);
        plot.Title($"Cambium and llama.cpp on the same files; {machine}", 15);
        plot.XLabel("median ratio, 10th to 90th percentile; above 1, Cambium is faster or needs less (green: target met, red: missed)", 13);
        plot.SavePng(path, Width, Margin + (RowHeight * rows.Length));
    }

    private static string NameOf(PeerFigure figure) => figure.Threads is { } threads ? $"{figure.Work}, {threads} thr." : figure.Work;
}
