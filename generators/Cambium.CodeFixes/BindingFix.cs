using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>CMB008: adds a binding attribute. It guesses the names in the checkpoint from the property's name.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(BindingFix))]
[Shared]
public sealed class BindingFix() : ModelCodeFix(fixesAll: false, "CMB008")
{
    private protected override void Register(ClassContext found)
    {
        if (found.Node.FirstAncestorOrSelf<PropertyDeclarationSyntax>() is not { } property
            || found.Type.GetMembers(property.Identifier.ValueText).OfType<IPropertySymbol>().FirstOrDefault() is not { } symbol)
        {
            return;
        }

        var attribute = Attribute(symbol, [.. found.Names("Dim")]);
        found.Offer($"Add [{attribute}]", root => root.ReplaceNode(
            property,
            ((PropertyDeclarationSyntax)SyntaxFactory.ParseMemberDeclaration($"[{attribute}] {property.WithoutTrivia()}")!)
                .WithTriviaFrom(property)));
    }

    private static string Attribute(IPropertySymbol property, IReadOnlyList<string> dims)
    {
        var name = Naming.Snake(property.Name);
        return property.Type.Name switch
        {
            "Tensor" => $"Weight(\"{name}.weight\", \"{dims.FirstOrDefault() ?? "1"}\")",
            "Rotary" => $"Option(Default = {Size("Head")})",
            "BlockStack" => $"Blocks(\"{name}.{{i}}\", Count = {Size("Layers")})",
            _ => $"Block(\"{name}\")",
        };

        // The dim whose name contains the word, or the first dim.
        string Size(string word)
        {
            var dim = dims
                .Where(dim => dim.Contains(word))
                .OrderByDescending(static dim => dim.EndsWith("Dim", StringComparison.Ordinal) || dim.EndsWith("Size", StringComparison.Ordinal))
                .FirstOrDefault() ?? dims.FirstOrDefault();
            return dim is null ? "\"1\"" : $"nameof({dim})";
        }
    }
}
