using Cambium.Compiler.Collections;
using System.Collections.Immutable;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Cambium.Generators.Reporting;

/// <summary>The diagnostics of a project and the positions of the ids they use.</summary>
internal sealed record ProjectDiagnostics(EquatableArray<ClassDiagnostic> Diagnostics, EquatableArray<SourceMap> Positions);

/// <summary>Turns classes and ids into positions in the source.</summary>
internal static class DiagnosticReporter
{
    /// <param name="compilation">Used only in this last step: a diagnostic with its real tree is subject to <c>#pragma warning</c>.</param>
    public static void Report(SourceProductionContext context, ProjectDiagnostics project, Compilation compilation)
    {
        if (project.Diagnostics.Count == 0)
            return;
        var positions = project.Positions
            .GroupBy(static map => map.TypeName, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.First().Places, StringComparer.Ordinal);
        var trees = Trees(compilation);

        // One source text can be read several times, such as the body of an unrolled loop.
        var diagnostics = project.Diagnostics
            .Select(entry => Diagnostic(entry.Diagnostic, positions.TryGetValue(entry.TypeName, out var known)
            ? known
            : EquatableArray<Place>.Empty, trees))
            .Distinct();
        foreach (var diagnostic in diagnostics)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            context.ReportDiagnostic(diagnostic);
        }
    }

    /// <summary>The project's files by their paths.</summary>
    public static Dictionary<string, SyntaxTree> Trees(Compilation compilation) =>
        compilation.SyntaxTrees.GroupBy(static tree => tree.FilePath, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);

    /// <param name="places">Positions of the ids of the diagnostic's class.</param>
    public static Diagnostic Diagnostic(ModelDiagnostic diagnostic, EquatableArray<Place> places, Dictionary<string, SyntaxTree> trees)
    {
        var location = diagnostic.Id < places.Count ? LocationOf(places[diagnostic.Id], trees) : Location.None;
        var properties = diagnostic.Missing is { } missing ? PropertiesOf(missing) : null;
        return Microsoft.CodeAnalysis.Diagnostic.Create(Descriptors.Get(diagnostic.Code), location, properties, [.. diagnostic.Arguments]);
    }

    // Input of the code fixes, which read the source of the class and do not compile the model again.
    private static ImmutableDictionary<string, string?> PropertiesOf(MissingName missing) =>
        ImmutableDictionary<string, string?>.Empty.Add(nameof(MissingName.Name), missing.Name).Add(nameof(MissingName.Role), missing.Role.ToString());

    private static Location LocationOf(Place place, Dictionary<string, SyntaxTree> trees) =>
        trees.TryGetValue(place.File, out var tree) && place.Start + place.Length <= tree.Length
            ? Location.Create(tree, new TextSpan(place.Start, place.Length))
            : Location.None;
}
