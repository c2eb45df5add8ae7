using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>CMB004: changes a property to the form that the generator implements, <c>public partial int Hidden { get; }</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(PropertyFormFix))]
[Shared]
public sealed class PropertyFormFix() : ModelCodeFix(fixesAll: true, "CMB004")
{
    private protected override void Register(ClassContext found)
    {
        if (found.Node.FirstAncestorOrSelf<PropertyDeclarationSyntax>() is not { } property)
            return;
        found.Offer($"Write 'partial {property.Type} {property.Identifier.Text} {{ get; }}'", root => root.ReplaceNode(property, Bound(property)));
    }

    private static PropertyDeclarationSyntax Bound(PropertyDeclarationSyntax property)
    {
        // The new text has no trivia before its first token, so the property's own trivia is kept.
        var before = property.GetLeadingTrivia();
        var after = property.GetTrailingTrivia();
        var modifiers = property.Modifiers
            .Where(static modifier => !modifier.IsKind(SyntaxKind.StaticKeyword) && !modifier.IsKind(SyntaxKind.PartialKeyword))
            .Select(static modifier => modifier.Text).Append("partial");
        var text = $"{property.AttributeLists.ToString()} {string.Join(" ", modifiers)} {property.Type} {property.Identifier.Text} {{ get; }}";
        return ((PropertyDeclarationSyntax)SyntaxFactory.ParseMemberDeclaration(text.TrimStart())!)
            .WithLeadingTrivia(before)
            .WithTrailingTrivia(after);
    }
}
