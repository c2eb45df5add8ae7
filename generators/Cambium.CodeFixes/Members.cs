using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>Writes members into a class, in the file's own line endings and indentation.</summary>
internal static class Members
{
    /// <param name="text">One member; lines of it are separated by <c>\n</c> and indented from its own first column.</param>
    /// <param name="after">A member that it follows; null puts it first.</param>
    public static SyntaxNode Insert(SyntaxNode root, TypeDeclarationSyntax declaration, string text, MemberDeclarationSyntax? after, bool blankLine)
    {
        var newLine = root.DescendantTrivia().FirstOrDefault(static trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia)) is { RawKind: not 0 } found ? found.ToString() : "\n";
        var indent = declaration.Members.FirstOrDefault() is { } first ? IndentOf(first) : IndentOf(declaration) + "    ";
        var lines = text.Split('\n').Select(line => line.Length == 0 ? line : indent + line);
        var member = SyntaxFactory.ParseMemberDeclaration((blankLine && declaration.Members.Count > 0 ? newLine : "") + string.Join(newLine, lines) + newLine)!;
        var at = after is null ? 0 : declaration.Members.IndexOf(after) + 1;
        return root.ReplaceNode(declaration, declaration.WithMembers(declaration.Members.Insert(at, member)));
    }

    private static string IndentOf(SyntaxNode node) =>
        node.GetLeadingTrivia().LastOrDefault() is { } last && last.IsKind(SyntaxKind.WhitespaceTrivia) ? last.ToString() : "";
}
