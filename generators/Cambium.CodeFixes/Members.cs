using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>Inserts members into a class with the file's line endings and indentation.</summary>
internal static class Members
{
    /// <param name="text">One member without indentation; its lines are separated by <c>\n</c>.</param>
    /// <param name="after">The member before it; null inserts it first.</param>
    public static SyntaxNode Insert(SyntaxNode root, TypeDeclarationSyntax declaration, string text, MemberDeclarationSyntax? after, bool blankLine)
    {
        var endOfLine = root.DescendantTrivia().FirstOrDefault(static trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia));
        var newLine = endOfLine.RawKind != 0 ? endOfLine.ToString() : "\n";
        var indent = declaration.Members.FirstOrDefault() is { } first ? IndentOf(first) : IndentOf(declaration) + "    ";
        var lines = text.Split('\n').Select(line => line.Length == 0 ? line : indent + line);
        var before = blankLine && declaration.Members.Count > 0 ? newLine : "";
        var member = SyntaxFactory.ParseMemberDeclaration(before + string.Join(newLine, lines) + newLine)!;
        var at = after is null ? 0 : declaration.Members.IndexOf(after) + 1;
        return root.ReplaceNode(declaration, declaration.WithMembers(declaration.Members.Insert(at, member)));
    }

    private static string IndentOf(SyntaxNode node) =>
        node.GetLeadingTrivia().LastOrDefault() is { } last && last.IsKind(SyntaxKind.WhitespaceTrivia) ? last.ToString() : "";
}
