using Cambium.Generators.Tests.EndToEnd;
using Microsoft.CodeAnalysis;
using Xunit;

namespace Cambium.Generators.Tests.Mutation;

/// <summary>
/// Right classes with one mistake: the mistake is ours to report, at its place, and nothing falls over. <c>CAMBIUM_RANDOM_MUTANTS=2000 dotnet test ..</c>
/// tries that many of every model of the zoo and of random classes.
/// </summary>
public sealed class MutationTests
{
    private const int Usual = 12;

    public static TheoryData<string> Models => ["Gpt2", "Llama", "Qwen3", "T5Encoder", "random 1", "random 2", "random 3"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_mistake_is_reported_where_it_is(string model)
    {
        var files = Files(model);
        Verify.Clean(files);
        var mutants = files.SelectMany(static (source, file) => Mutations.Of(source).Select(mutant => (mutant, file))).ToList();
        Assert.True(mutants.Count > 30, $"{mutants.Count} mutants");
        var wanted = int.TryParse(Environment.GetEnvironmentVariable("CAMBIUM_RANDOM_MUTANTS"), out var count) ? count : Usual;

        // Spread over all rules and places.
        var step = Math.Max(1, mutants.Count / wanted);
        var (ours, tried) = (0, 0);
        for (var i = model.Length % step; i < mutants.Count; i += step)
        {
            var (mutant, file) = mutants[i];
            tried++;
            ours += Check(mutant, file, [.. files.Select((source, other) => other == file ? mutant.Source : source)]) ? 1 : 0;
        }

        Assert.True(10 * ours >= 9 * tried, $"C# reports all but {ours} of {tried} mistakes itself.");
    }

    /// <returns>Whether the mistake is ours to report.</returns>
    private static bool Check(Mutant mutant, int file, IReadOnlyList<string> sources)
    {
        var generation = Generation.Run(sources);
        string Story() => $"{mutant.Rule}: expected {string.Join(" or ", mutant.Codes)} at `{mutant.Source.Substring(mutant.Place.Start, mutant.Place.Length)}`, but\n{string.Join("\n", generation.Mistakes)}\n{mutant.Source}";

        Assert.True(generation.Result.Exception is null && generation.Mistakes.All(static mistake => mistake.Id is not ("CMB099" or "AD0001")), Story());
        Verify.NoErrorsInGeneratedText(generation);

        // What C# reports itself is C#'s to say.
        if (generation.CSharp.Any(static item => item.Severity == DiagnosticSeverity.Error))
            return false;
        Assert.True(generation.Mistakes.Any(mistake => mutant.Codes.Contains(mistake.Id) && mistake.Location.SourceTree?.FilePath == $"Source{file}.cs" && mutant.IsAt(mistake.Location.SourceSpan)), Story());
        return true;
    }

    private static IReadOnlyList<string> Files(string model) => model.StartsWith("random ", StringComparison.Ordinal)
        ? [new RandomClass(int.Parse(model["random ".Length..], System.Globalization.CultureInfo.InvariantCulture)).Source]
        : [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Cambium.Models"), "*.cs")
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith(model, StringComparison.Ordinal) || (model == "Qwen3" && name is "LlamaMlp.cs" or "LlamaLayer.cs"))).Order(StringComparer.Ordinal).Select(File.ReadAllText)];
}
