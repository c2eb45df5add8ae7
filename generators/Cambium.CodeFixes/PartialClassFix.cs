using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>CMB001: makes the class partial.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(PartialClassFix))]
[Shared]
public sealed class PartialClassFix() : ModelCodeFix(fixesAll: true, "CMB001")
{
    private protected override void Register(ClassContext found) =>
        found.Offer($"Make '{found.Type.Name}' partial", root => root.ReplaceNode(found.Declaration, Partial(found.Declaration)));

    private static TypeDeclarationSyntax Partial(TypeDeclarationSyntax declaration)
    {
        // The modifier comes before the keyword and takes over its leading trivia.
        var keyword = declaration.Keyword;
        var partial = SyntaxFactory.Token(keyword.LeadingTrivia, SyntaxKind.PartialKeyword, SyntaxFactory.TriviaList(SyntaxFactory.Space));
        return (TypeDeclarationSyntax)declaration.ReplaceToken(keyword, keyword.WithLeadingTrivia()).AddModifiers(partial);
    }
}
