using System.Composition;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>CMB102 and CMB103: an undefined name in an attribute. Offers the most similar names of the class, and declares a missing dim.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(NameFix))]
[Shared]
public sealed class NameFix() : ModelCodeFix(fixesAll: false, "CMB102", "CMB103")
{
    private protected override void Register(ClassContext found)
    {
        // The properties of the compiler's MissingName. Without them the error is another one.
        var properties = found.Diagnostic.Properties;
        if (!properties.TryGetValue("Name", out var name) || name is null || !properties.TryGetValue("Role", out var role)
            || found.Node.FirstAncestorOrSelf<MemberDeclarationSyntax>() is not { } member)
        {
            return;
        }

        var candidates = role switch
        {
            "Weight" => found.Names("Weight"),
            "BoolOption" => found.Names("Option", SpecialType.System_Boolean),
            _ => found.Names("Dim").Concat(found.Names("Option", SpecialType.System_Int32)),
        };
        var own = (member as PropertyDeclarationSyntax)?.Identifier.Text;
        var uses = Uses(member, name);
        foreach (var candidate in Naming.Nearest(name, candidates.Where(candidate => candidate != own)))
        {
            if (uses.Count > 0)
                found.Offer($"Change '{name}' to '{candidate}'", root => root.ReplaceTokens(uses, (use, _) => Renamed(use, name, candidate)));
        }

        if (role == "Dim" && SyntaxFacts.IsValidIdentifier(name) && found.Type.GetMembers(name).IsEmpty)
        {
            var last = found.Declaration.Members.OfType<PropertyDeclarationSyntax>().LastOrDefault(IsDim);
            var dim = $"[Dim(\"{Naming.Snake(name)}\")] public partial int {name} {{ get; }}";
            found.Offer($"Add the dim '{name}'", root => Members.Insert(root, found.Declaration, dim, last, blankLine: false));
        }
    }

    private static bool IsDim(PropertyDeclarationSyntax property) => property.AttributeLists.ToString().StartsWith("[Dim", StringComparison.Ordinal);

    /// <summary>The tokens in a member's attributes that contain the name: strings, and arguments of <c>nameof</c>.</summary>
    private static List<SyntaxToken> Uses(MemberDeclarationSyntax member, string name) =>
        [.. member.DescendantNodes().OfType<AttributeArgumentSyntax>()
            .SelectMany(static argument => argument.DescendantTokens())
            .Where(token => token.IsKind(SyntaxKind.IdentifierToken)
                ? token.Text == name && token.Parent is IdentifierNameSyntax
                : token.IsKind(SyntaxKind.StringLiteralToken) && Word(name).IsMatch(token.Text))];

    private static SyntaxToken Renamed(SyntaxToken use, string name, string candidate)
    {
        if (use.IsKind(SyntaxKind.IdentifierToken))
            return SyntaxFactory.Identifier(use.LeadingTrivia, candidate, use.TrailingTrivia);
        var text = Word(name).Replace(use.Text, candidate);
        return SyntaxFactory.Literal(use.LeadingTrivia, text, text, use.TrailingTrivia);
    }

    private static Regex Word(string name) => new($@"\b{Regex.Escape(name)}\b", RegexOptions.CultureInvariant);
}
