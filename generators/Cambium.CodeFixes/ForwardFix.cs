using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Cambium.CodeFixes;

/// <summary>CMB003: writes the beginning of a <c>Forward</c> where a model has none.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ForwardFix))]
[Shared]
public sealed class ForwardFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["CMB003"];

    /// <inheritdoc/>
    public override FixAllProvider? GetFixAllProvider() => null;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await ClassContext.Of(context).ConfigureAwait(false) is not { } found || !found.Type.GetMembers("Forward").IsEmpty)
            return;

        // A model begins by looking its tokens up, so a weight that can be a table makes a body that builds.
        var table = found.Names("Weight").OrderByDescending(static name => name.StartsWith("Embed", StringComparison.OrdinalIgnoreCase) || name.EndsWith("Embedding", StringComparison.Ordinal)).FirstOrDefault();
        var body = table is null ? "throw new System.NotImplementedException();" : $"return {table}[tokens];";
        found.Offer("Add Forward", root => Members.Insert(root, found.Declaration, $"public Tensor Forward(Tokens tokens)\n{{\n    {body}\n}}", found.Declaration.Members.LastOrDefault(), blankLine: true));
    }
}
