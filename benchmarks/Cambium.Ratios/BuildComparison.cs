using System.Diagnostics;
using System.Text.Json;

namespace Cambium.Benchmarks;

/// <summary>
/// Compares this build with another one, usually of the commit before. The two run as processes in turn, so a slow minute of the machine
/// slows both of a pair. Figures are matched by their order: a commit may reword their names, but not add or remove one.
/// </summary>
internal sealed class BuildComparison(Options options, string other)
{
    private const double LeastMedian = 0.97;

    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    // A unit of time is better when it is smaller. Shares of a limit are left out: the limit's own noise enters them.
    private static readonly Dictionary<string, bool> IsSmallerBetter =
        new(StringComparer.Ordinal) { ["ms"] = true, ["us"] = true, ["tok/s"] = false, ["GB/s"] = false, ["GFLOP/s"] = false };

    /// <returns>Whether every figure met the target.</returns>
    /// <exception cref="ArgumentException">The other build does not exist, or measures other figures.</exception>
    public bool Run()
    {
        if (!File.Exists(other))
            throw new ArgumentException($"--with is '{other}', which does not exist; build that commit and give its Cambium.Ratios.dll.");
        var own = typeof(BuildComparison).Assembly.Location;
        var (ratios, figures) = (new List<List<double>>(), Array.Empty<Figure>());
        for (var pair = 0; pair < options.Pairs; pair++)
        {
            // Every second pair begins with the other build.
            Figure[] first = Measure(pair % 2 == 0 ? own : other), second = Measure(pair % 2 == 0 ? other : own);
            var (ours, theirs) = pair % 2 == 0 ? (first, second) : (second, first);
            if (ours.Length != theirs.Length || ours.Zip(theirs).Any(static both => both.First.Unit != both.Second.Unit))
                throw new ArgumentException($"'{other}' measures other figures than this build; compare commits with the same figures.");
            figures = ours;
            while (ratios.Count < ours.Length)
                ratios.Add([]);
            for (var i = 0; i < ours.Length; i++)
            {
                var (current, reference) = (ours[i].Value.Median, theirs[i].Value.Median);
                ratios[i].Add(IsSmallerBetter[ours[i].Unit] ? reference / current : current / reference);
            }

            Console.Error.Write($"\r{pair + 1} of {options.Pairs} pairs");
        }

        Console.Error.WriteLine();
        return Report(figures, ratios);
    }

    private bool Report(Figure[] figures, List<List<double>> ratios)
    {
        Console.WriteLine($"Speed against {other}: median of {options.Pairs} interleaved pairs [10th .. 90th percentile]; "
            + $"target: median >= {LeastMedian}, interval not wholly below 1");
        var met = true;
        for (var i = 0; i < figures.Length; i++)
        {
            var ratio = Estimate.Of(ratios[i]);
            var isMet = ratio is { Median: >= LeastMedian, High: >= 1 };
            met &= isMet;
            if (i == 0 || figures[i].Group != figures[i - 1].Group)
                Console.WriteLine(figures[i].Group);
            Console.WriteLine($"  {figures[i].Name,-46} {ratio} x   {(isMet ? "met" : "MISSED")}");
        }

        return met;
    }

    private Figure[] Measure(string build)
    {
        var data = Path.GetTempFileName();
        try
        {
            string[] size = options.Short ? ["--short"] : ["--pairs", "3"];
            string[] arguments = [build, .. options.Commands, "--threads", $"{options.Threads}", .. size, "--model", options.Model, "--json", data];
            using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new ArgumentException($"'{build}' ended with exit code {process.ExitCode}.");
            using var document = JsonDocument.Parse(File.ReadAllText(data));
            return [.. document.RootElement.GetProperty("figures").EnumerateArray()
                .Select(static figure => figure.Deserialize<Figure>(Format)!)
                .Where(static figure => IsSmallerBetter.ContainsKey(figure.Unit))];
        }
        finally
        {
            File.Delete(data);
        }
    }
}
