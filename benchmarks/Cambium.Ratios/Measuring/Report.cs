using System.Globalization;
using System.Text.Json;

namespace Cambium.Benchmarks;

/// <summary>Prints figures as they are measured, and writes them to a file at the end.</summary>
internal sealed class Report
{
    private readonly Options _options;
    private readonly List<Figure> _figures = [];
    private readonly List<object> _loads = [];
    private string _command = "";
    private string _group = "";
    private MachineLoad.Watch _watch;

    public Report(Options options)
    {
        _options = options;
        var machine = Machine.This;
        Console.WriteLine($"{machine.Processor}, {machine.Processors} processors, {machine.InstructionSet}, {machine.Runtime}, {machine.System}");
        Console.WriteLine($"{options.Threads} threads; medians of {options.Pairs} interleaved rounds [10th .. 90th percentile]; "
            + "shares are of the limits of the machine in the same rounds");
    }

    public void Begin(string command)
    {
        _command = command;
        Console.WriteLine();
        Console.WriteLine($"== {command}");
        _watch = MachineLoad.Begin();
    }

    public void Group(string name)
    {
        _group = name;
        Console.WriteLine(name);
    }

    public void Add(string name, string unit, Estimate value, double? atLeast = null, double? atMost = null)
    {
        var figure = new Figure($"{_command}: {_group}", name, unit, value, atLeast, atMost);
        _figures.Add(figure);
        var target = figure.Met is { } met
            ? string.Create(CultureInfo.InvariantCulture, $"   target {(atLeast is null ? "<=" : ">=")} {atLeast ?? atMost}: ")
                + (met ? "met" : "MISSED")
            : "";
        Console.WriteLine($"  {name,-46} {value} {unit}{target}");
    }

    /// <summary>Adds a number that is counted, not timed.</summary>
    public void Count(string name, string unit, double value, double? atMost = null) =>
        Add(name, unit, new Estimate(value, value, value, 1), null, atMost);

    public void Note(string text) => Console.WriteLine($"  {text}");

    public void End()
    {
        var load = _watch.End();
        _loads.Add(new { Command = _command, load.Others, load.Stolen });
        Console.WriteLine($"  ({load})");
    }

    public void Save()
    {
        if (_options.Json is not { } path)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var data = new
        {
            Date = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture),
            Machine = Machine.This,
            _options.Threads,
            _options.Pairs,
            Loads = _loads,
            Figures = _figures,
        };
        var format = new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
        File.WriteAllText(path, JsonSerializer.Serialize(data, format) + "\n");
    }
}
