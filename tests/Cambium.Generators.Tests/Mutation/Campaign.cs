using System.Globalization;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>A mutant of one of the sources.</summary>
/// <param name="Name">Name of the source.</param>
/// <param name="File">Index of the changed file.</param>
/// <param name="Sources">Its files with the change.</param>
internal sealed record Trial(string Name, int File, Mutant Mutant, IReadOnlyList<string> Sources);

/// <summary>Mutants of every rule, distributed over all sources, and their outcomes. Seed and number determine them.</summary>
public sealed class Campaign
{
    private const int UsualSeed = 1;
    private const int UsualRandom = 3;

    private readonly Lazy<IReadOnlyList<Outcome>> _outcomes;

    public Campaign()
    {
        Wanted = Setting("CAMBIUM_RANDOM_MUTANTS", 0);
        Seed = Setting("CAMBIUM_SEED", Wanted > 0 ? (int)DateTime.UtcNow.Ticks & 0xffffff : UsualSeed);
        _outcomes = new(() =>
            [.. Trials(Seed, Wanted / Rule.All.Count, Wanted > 0 ? 4 * UsualRandom : UsualRandom).AsParallel().AsOrdered()
                .Select(trial => Outcome.OfAnyKind(trial, Seed))]);
    }

    /// <summary>The number of requested mutants, or 0 for the default.</summary>
    public int Wanted { get; }

    public int Seed { get; }

    internal IReadOnlyList<Outcome> Outcomes => _outcomes.Value;

    /// <summary>This number of mutants of each rule: at least one, and two of a rule that can give valid classes.</summary>
    /// <param name="random">The number of random classes among the sources.</param>
    internal static List<Trial> Trials(int seed, int ofEach, int random)
    {
        var sources = Sources.Names(random, seed).Select(static name => (Name: name, Files: Sources.Get(name))).ToList();
        var files = sources
            .SelectMany(static source => source.Files.Select((text, file) => (source.Name, source.Files, File: file, Root: Rule.Parse(text))))
            .ToList();
        var trials = new List<Trial>();
        foreach (var rule in Rule.All)
        {
            var choice = new Random(seed);
            var places = files.SelectMany(file => rule.Find(file.Root).Select(edit => (Source: file, Edit: edit))).ToList();
            foreach (var (source, edit) in places.OrderBy(_ => choice.Next()).Take(Math.Max(ofEach, rule.Codes.Count == 0 ? 2 : 1)))
            {
                var mutant = Mutant.Of(rule.Name, source.Files[source.File], edit.What, edit.By, edit.Around, rule.Codes);
                trials.Add(new Trial(source.Name, source.File, mutant,
                    [.. source.Files.Select((text, other) => other == source.File ? mutant.Source : text)]));
            }
        }

        return trials;
    }

    private static int Setting(string name, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : usual;
}
