using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>CMB004: gives a property the form that the generator implements, <c>public partial int Hidden { get; }</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(PropertyFormFix))]
[Shared]
public sealed class PropertyFormFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["CMB004"];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await ClassContext.Of(context).ConfigureAwait(false) is not { } found || found.Node.FirstAncestorOrSelf<PropertyDeclarationSyntax>() is not { } property)
            return;
        found.Offer($"Write 'partial {property.Type} {property.Identifier.Text} {{ get; }}'", root => root.ReplaceNode(property, Bound(property)));
    }

    private static PropertyDeclarationSyntax Bound(PropertyDeclarationSyntax property)
    {
        // Without attributes and modifiers the type holds what stands before the property.
        var before = property.GetLeadingTrivia();
        var after = property.GetTrailingTrivia();
        var modifiers = property.Modifiers
            .Where(static modifier => !modifier.IsKind(SyntaxKind.StaticKeyword) && !modifier.IsKind(SyntaxKind.PartialKeyword))
            .Select(static modifier => modifier.Text).Append("partial");
        var text = $"{property.AttributeLists.ToString()} {string.Join(" ", modifiers)} {property.Type} {property.Identifier.Text} {{ get; }}";
        return ((PropertyDeclarationSyntax)SyntaxFactory.ParseMemberDeclaration(text.TrimStart())!).WithLeadingTrivia(before).WithTrailingTrivia(after);
    }
}
