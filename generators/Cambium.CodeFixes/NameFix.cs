using System.Collections.Immutable;
using System.Composition;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>CMB102 and CMB103: a name in the text of an attribute that the class does not have. Offers the nearest ones that it has, and declares a missing dim.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(NameFix))]
[Shared]
public sealed class NameFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["CMB102", "CMB103"];

    /// <inheritdoc/>
    public override FixAllProvider? GetFixAllProvider() => null;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        // The properties are those of MissingName; without them the mistake is another one.
        var properties = context.Diagnostics[0].Properties;
        if (!properties.TryGetValue("Name", out var name) || name is null || !properties.TryGetValue("Role", out var role)
            || await ClassContext.Of(context).ConfigureAwait(false) is not { } found || found.Node.FirstAncestorOrSelf<MemberDeclarationSyntax>() is not { } member)
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
            var last = found.Declaration.Members.OfType<PropertyDeclarationSyntax>().LastOrDefault(static property => property.AttributeLists.ToString().StartsWith("[Dim", StringComparison.Ordinal));
            found.Offer($"Add the dim '{name}'", root => Members.Insert(root, found.Declaration, $"[Dim(\"{Naming.Snake(name)}\")] public partial int {name} {{ get; }}", last, blankLine: false));
        }
    }

    /// <summary>Where the attributes of a member have the name: in texts, and in <c>nameof</c>.</summary>
    private static List<SyntaxToken> Uses(MemberDeclarationSyntax member, string name) =>
        [.. member.DescendantNodes().OfType<AttributeArgumentSyntax>()
            .SelectMany(static argument => argument.DescendantTokens())
            .Where(token => token.IsKind(SyntaxKind.IdentifierToken) ? token.Text == name && token.Parent is IdentifierNameSyntax : token.IsKind(SyntaxKind.StringLiteralToken) && Word(name).IsMatch(token.Text))];

    private static SyntaxToken Renamed(SyntaxToken use, string name, string candidate)
    {
        if (use.IsKind(SyntaxKind.IdentifierToken))
            return SyntaxFactory.Identifier(use.LeadingTrivia, candidate, use.TrailingTrivia);
        var text = Word(name).Replace(use.Text, candidate);
        return SyntaxFactory.Literal(use.LeadingTrivia, text, text, use.TrailingTrivia);
    }

    private static Regex Word(string name) => new($@"\b{Regex.Escape(name)}\b", RegexOptions.CultureInvariant);
}
