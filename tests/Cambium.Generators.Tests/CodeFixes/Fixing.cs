using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;
using Xunit;

namespace Cambium.Generators.Tests.CodeFixes;

/// <summary>Applies code fixes in the same way as an editor.</summary>
internal static class Fixing
{
    /// <summary>The titles that a fix offers for the only diagnostic with one of its ids, and the source after each.</summary>
    public static async Task<IReadOnlyList<(string Title, string Source)>> Offers(CodeFixProvider fix, string source)
    {
        var diagnostic = Assert.Single(Generation.Run(source).Diagnostics, item => fix.FixableDiagnosticIds.Contains(item.Id));
        var actions = await Actions(fix, source, diagnostic);
        var offers = new List<(string, string)>();
        foreach (var (action, document) in actions)
        {
            var operation = Assert.Single((await action.GetOperationsAsync(CancellationToken.None)).OfType<ApplyChangesOperation>());
            offers.Add((action.Title, (await operation.ChangedSolution.GetDocument(document.Id)!.GetTextAsync()).ToString()));
        }

        return offers;
    }

    /// <summary>The offers for a diagnostic in the first source of <see cref="Generation.Run"/>.</summary>
    public static async Task<IReadOnlyList<(CodeAction Action, Document Document)>> Actions(CodeFixProvider fix, string source, Diagnostic diagnostic)
    {
        using var workspace = new AdhocWorkspace();
        var project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(),
            VersionStamp.Default,
            "Sample",
            "Sample",
            LanguageNames.CSharp,
            compilationOptions: Generation.Options,
            parseOptions: Generation.Parsing,
            metadataReferences: Generation.References));
        project = project.AddDocument("Usings.cs", Generation.Usings).Project;
        var document = project.AddDocument("Source0.cs", SourceText.From(source));
        var actions = new List<(CodeAction, Document)>();
        await fix.RegisterCodeFixesAsync(
            new CodeFixContext(document, diagnostic.Location.SourceSpan, ImmutableArray.Create(diagnostic),
                (action, _) => actions.Add((action, document)), CancellationToken.None));
        return actions;
    }
}
