using System.CommandLine;
using System.Globalization;
using Cambium.Fuzz.Kinds;
using Cambium.Fuzz.Running;

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var kinds = string.Join(", ", CaseKind.All.Keys);
var kind = new Option<string>("--kind") { Description = $"all, or one of {kinds}.", DefaultValueFactory = static _ => "all" };
var cases = new Option<int>("--cases") { Description = "Cases of all kinds together.", DefaultValueFactory = static _ => 20_000 };
var seed = new Option<int>("--seed") { Description = "Random seed.", DefaultValueFactory = static _ => 1 };
var one = new Option<int?>("--case") { Description = "Runs this case alone, prints its outcome and keeps its files." };
var from = new Option<int>("--from") { Description = "Index of the first case of each kind." };
var to = new Option<int>("--to") { Description = "Index after the last case." };
var keep = new Option<string?>("--keep") { Description = "Folder in which the files of the cases stay." };
var seconds = new Option<double>("--seconds") { Description = "Processor time that a case may take.", DefaultValueFactory = static _ => 30 };
var memory = new Option<int>("--memory") { Description = "Resident memory that a case may take, in MiB.", DefaultValueFactory = static _ => 1536 };
var floats = new Argument<int>("floats");

var child = new Command("child", "Runs cases in this process.") { kind, seed, from, to, keep };
child.Hidden = true;
child.SetAction(parsed => Child.Run(
    parsed.GetRequiredValue(kind), parsed.GetValue(seed), parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(keep)));
var overrun = new Command("overrun", "Writes a float after the end of a buffer of so many floats.") { floats };
overrun.Hidden = true;
overrun.SetAction(parsed => Child.Overrun(parsed.GetValue(floats)));

var command = new RootCommand(
    "Uses mutated files, texts and requests in child processes whose native memory is between guard pages. Every case must succeed or be refused "
    + "with a documented exception. Exit code 0: all do; 1: a process died, hung or took too much memory, or another exception was thrown.")
{
    kind, cases, seed, one, from, keep, seconds, memory, child, overrun,
};
command.SetAction(parsed =>
{
    var name = parsed.GetRequiredValue(kind);
    string[] names = name == "all" ? [.. CaseKind.All.Keys] : [name];
    if (!names.All(CaseKind.All.ContainsKey))
    {
        Console.Error.WriteLine($"--kind is '{name}'; it must be all or one of {kinds}.");
        return 2;
    }

    var time = TimeSpan.FromSeconds(parsed.GetValue(seconds));
    var limits = new Limits(time, 10 * time, (long)parsed.GetValue(memory) << 20);
    var supervisor = new Supervisor(limits);
    if (parsed.GetValue(one) is { } index)
    {
        var folder = parsed.GetValue(keep) ?? Directory.CreateTempSubdirectory("cambium-fuzz-").FullName;
        var alone = supervisor.Run(
            names[0], parsed.GetValue(seed), index, index + 1, folder, static (_, outcome, text) => Console.WriteLine($"{outcome} {text}"));
        Console.WriteLine($"Files: {folder}");
        return alone.Failures.Count == 0 ? 0 : 1;
    }

    var failures = 0;
    foreach (var each in names)
    {
        var first = parsed.GetValue(from);
        var count = (parsed.GetValue(cases) + names.Length - 1) / names.Length;
        var summary = supervisor.Run(
            each, parsed.GetValue(seed), first, first + count, parsed.GetValue(keep),
            static (id, outcome, text) =>
            {
                if (outcome == Child.Failed)
                    Console.WriteLine(new Failure(id, text));
            });
        failures += summary.Failures.Count;
        Console.WriteLine(
            $"{each}: {summary.Cases} cases, {summary.Used} used, {summary.Refused} refused, {summary.Failures.Count} failed; the slowest took "
            + $"{summary.Slowest.Cpu.TotalSeconds:0.0} s (case {summary.Slowest.Index}).");
    }

    Console.WriteLine(failures == 0 ? "No crash, no hang, no undocumented exception." : $"{failures} cases failed.");
    return failures == 0 ? 0 : 1;
});
return command.Parse(args).Invoke();
