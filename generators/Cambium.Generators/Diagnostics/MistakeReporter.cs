using Cambium.Compiler.Spec;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Diagnostics;

/// <summary>A mistake with its class.</summary>
internal sealed record ClassMistake(string TypeName, Mistake Mistake)
{
    public static EquatableArray<ClassMistake> Of(ClassReading reading) =>
        reading.Mistakes.Select(mistake => new ClassMistake(reading.Spec.TypeName, mistake)).ToEquatableArray();

    public static EquatableArray<ClassMistake> Of(IEnumerable<CompilerDiagnostic> diagnostics) =>
        diagnostics.Select(static diagnostic => new ClassMistake(
            diagnostic.TypeName,
            new Mistake(diagnostic.Code, diagnostic.Id, diagnostic.Message.Split('\n').ToEquatableArray()))).ToEquatableArray();
}

/// <summary>The mistakes of a whole project.</summary>
internal sealed record AllMistakes(EquatableArray<ClassMistake> Items)
{
    // A block's mistake arrives once for each model that uses it.
    public AllMistakes(IEnumerable<ClassMistake> items)
        : this(items.Distinct().ToEquatableArray())
    {
    }
}

/// <summary>Turns classes and ids back into places in the source.</summary>
internal static class MistakeReporter
{
    /// <param name="compilation">Only here, at the very end: a diagnostic with its real tree obeys <c>#pragma warning</c>.</param>
    public static void Report(SourceProductionContext context, EquatableArray<ClassMistake> mistakes, IEnumerable<SourceMap> maps, Compilation compilation)
    {
        if (mistakes.Count == 0)
            return;
        var places = maps.GroupBy(static map => map.TypeName, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First().Places, StringComparer.Ordinal);
        var trees = compilation.SyntaxTrees.GroupBy(static tree => tree.FilePath, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        foreach (var (typeName, mistake) in mistakes)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            var location = places.TryGetValue(typeName, out var known) && mistake.Id < known.Count ? LocationOf(known[mistake.Id], trees) : Location.None;
            context.ReportDiagnostic(Diagnostic.Create(Descriptors.Get(mistake.Code), location, [.. mistake.Arguments]));
        }
    }

    private static Location LocationOf(Place place, Dictionary<string, SyntaxTree> trees) =>
        trees.TryGetValue(place.File, out var tree) && place.Start + place.Length <= tree.Length
            ? Location.Create(tree, new TextSpan(place.Start, place.Length))
            : Location.None;
}
