using System.Collections.Immutable;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Linking;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Diagnostics;

/// <summary>A mistake with its class.</summary>
internal sealed record ClassMistake(string TypeName, Mistake Mistake)
{
    /// <summary>All that the text of a class shows.</summary>
    /// <param name="find">Finds the blocks that it extends; null for one that is not described.</param>
    public static EquatableArray<ClassMistake> Of(ClassReading reading, Func<ClassKey, ClassSpec?> find) =>
        reading.Mistakes.Select(mistake => new ClassMistake(reading.Spec.TypeName, mistake)).Concat(BaseClasses.Check(reading, find).Where(found => !reading.Unreadable.Contains(found.Mistake.Id))).ToEquatableArray();

    public static EquatableArray<ClassMistake> Of(IEnumerable<CompilerDiagnostic> diagnostics) =>
        diagnostics.Select(static diagnostic => new ClassMistake(
            diagnostic.TypeName,
            new Mistake(diagnostic.Code, diagnostic.Id, diagnostic.Message.Split('\n').ToEquatableArray(), diagnostic.Missing))).ToEquatableArray();
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
        var trees = Trees(compilation);

        // What the author wrote once may have been read several times, such as the body of a loop that is unrolled.
        foreach (var diagnostic in mistakes.Select(entry => Diagnostic(entry.Mistake, places.TryGetValue(entry.TypeName, out var known) ? known : EquatableArray<Place>.Empty, trees)).Distinct())
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            context.ReportDiagnostic(diagnostic);
        }
    }

    /// <summary>The author's files by their paths.</summary>
    public static Dictionary<string, SyntaxTree> Trees(Compilation compilation) =>
        compilation.SyntaxTrees.GroupBy(static tree => tree.FilePath, StringComparer.Ordinal).ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);

    /// <param name="places">Of the mistake's class.</param>
    public static Diagnostic Diagnostic(Mistake mistake, EquatableArray<Place> places, Dictionary<string, SyntaxTree> trees)
    {
        var location = mistake.Id < places.Count ? LocationOf(places[mistake.Id], trees) : Location.None;
        return Microsoft.CodeAnalysis.Diagnostic.Create(Descriptors.Get(mistake.Code), location, mistake.Missing is { } missing ? PropertiesOf(missing) : null, [.. mistake.Arguments]);
    }

    // What a fix needs to know: it reads the class's text, and does not compile the model again.
    private static ImmutableDictionary<string, string?> PropertiesOf(MissingName missing) =>
        ImmutableDictionary<string, string?>.Empty.Add(nameof(MissingName.Name), missing.Name).Add(nameof(MissingName.Role), missing.Role.ToString());

    private static Location LocationOf(Place place, Dictionary<string, SyntaxTree> trees) =>
        trees.TryGetValue(place.File, out var tree) && place.Start + place.Length <= tree.Length
            ? Location.Create(tree, new TextSpan(place.Start, place.Length))
            : Location.None;
}
