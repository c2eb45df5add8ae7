using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Cambium.Benchmarks;

/// <summary>Collects figures; prints them as a table, and writes them as data and as a chart.</summary>
internal sealed class Report(Settings settings, LlamaBuild llama)
{
    /// <summary>Name of the arm of llama.cpp.</summary>
    public const string Llama = "llama.cpp";

    /// <summary>Name of the arm of Cambium.</summary>
    public const string Cambium = "Cambium";

    private readonly List<PeerFigure> _figures = [];
    private readonly Dictionary<string, string> _leftOut = new(StringComparer.Ordinal);
    private readonly MachineLoad.Watch _watch = MachineLoad.Begin();

    public void Add(PeerFigure figure) => _figures.Add(figure);

    /// <summary>Notes a type that is not measured.</summary>
    public void LeaveOut(WeightFile file, string reason) => _leftOut[file.Name] = reason;

    /// <summary>Prints the table and writes the files of the settings, if there is a figure.</summary>
    public void Finish()
    {
        if (_figures.Count == 0 && _leftOut.Count == 0)
            return;
        var load = _watch.End();
        var console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
            console.Profile.Width = 200;
        console.WriteLine(Heading());
        console.WriteLine($"{Llama}: LLamaSharp {llama.LlamaSharp}, its {llama.Library} library; {llama.System}");
        console.WriteLine($"Medians of {settings.Rounds} rounds. A ratio is formed in each round; above 1, {Cambium} is faster or needs less "
            + "[10th .. 90th percentile].");
        console.Write(Table());
        foreach (var (file, reason) in _leftOut)
            console.WriteLine($"{file} is left out: {reason}");
        console.WriteLine($"{load}");
        if (settings.Json is { } json)
            Save(Prepare(json), load);
        if (settings.Png is { } png && _figures.Exists(static figure => figure.Ratio is not null))
            Chart.Save(Prepare(png), Heading(), _figures);
    }

    private static string Heading()
    {
        var machine = Machine.This;
        return $"{machine.Processor}, {machine.Processors} processors, {machine.InstructionSet}, {machine.Runtime}";
    }

    private Table Table()
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("work");
        foreach (var column in (string[])["threads", Llama, Cambium, "unit", "ratio", "target", "", "share of limit"])
            table.AddColumn(column is "unit" or "target" or "" ? new TableColumn(column) : new TableColumn(column).RightAligned());
        foreach (var figure in _figures)
        {
            string[] cells =
            [
                figure.Work,
                figure.Threads?.ToString(CultureInfo.InvariantCulture) ?? "",
                Median(figure.Llama),
                Median(figure.Cambium),
                figure.Unit,
                figure.Ratio?.ToString() ?? "",
                figure.Target,
                figure switch { { IsMet: true } => "met", { IsExactEnough: false } => "missed (KL)", { IsMet: false } => "MISSED", _ => "" },
                figure.Limit is { } limit
                    ? string.Create(CultureInfo.InvariantCulture, $"{100 * figure.LlamaShare:0} / {100 * figure.CambiumShare:0} % of {limit}")
                    : "",
            ];
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }

        return table;
    }

    // A KL divergence has more leading zeros than other figures.
    private static string Median(Estimate value) => Math.Abs(value.Median) is > 0 and < 0.01
        ? value.Median.ToString("0.00E+0", CultureInfo.InvariantCulture)
        : (value with { Rounds = 1 }).ToString();

    private static string Prepare(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return path;
    }

    private void Save(string path, MachineLoad load)
    {
        var data = new
        {
            Date = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture),
            Machine = Machine.This,
            Peer = llama,
            settings.Rounds,
            Load = load,
            LeftOut = _leftOut,
            Figures = _figures,
        };
        var format = new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
        File.WriteAllText(path, JsonSerializer.Serialize(data, format) + "\n");
    }
}
