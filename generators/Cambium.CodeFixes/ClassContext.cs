using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.CodeFixes;

/// <summary>The class that contains a diagnostic: the part with the diagnostic, and the members of all parts.</summary>
internal sealed class ClassContext
{
    private readonly CodeFixContext _context;

    private ClassContext(CodeFixContext context, SyntaxNode root, SyntaxNode node, TypeDeclarationSyntax declaration, INamedTypeSymbol type) =>
        (_context, Root, Node, Declaration, Type) = (context, root, node, declaration, type);

    public SyntaxNode Root { get; }

    /// <summary>The node that the diagnostic underlines.</summary>
    public SyntaxNode Node { get; }

    public TypeDeclarationSyntax Declaration { get; }

    public INamedTypeSymbol Type { get; }

    public Diagnostic Diagnostic => _context.Diagnostics[0];

    /// <summary>Null if the position is not in a class any more.</summary>
    public static async Task<ClassContext?> Of(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (root is null || model is null || context.Span.End > root.FullSpan.End)
            return null;
        var node = root.FindNode(context.Span);
        if (node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declaration
            || model.GetDeclaredSymbol(declaration, context.CancellationToken) is not INamedTypeSymbol type)
        {
            return null;
        }

        return new ClassContext(context, root, node, declaration, type);
    }

    /// <summary>Names of the properties with an attribute and a type: those of the class in the order of its members, then inherited ones.</summary>
    /// <param name="attribute">Without the ending <c>Attribute</c>.</param>
    public IEnumerable<string> Names(string attribute, SpecialType type = SpecialType.None) =>
        Members().OfType<IPropertySymbol>()
            .Where(property => property.PartialDefinitionPart is null && (type == SpecialType.None || property.Type.SpecialType == type)
                && property.GetAttributes().Any(data => data.AttributeClass?.Name == attribute + "Attribute"))
            .Select(static property => property.Name);

    private IEnumerable<ISymbol> Members()
    {
        foreach (var member in Type.GetMembers())
            yield return member;
        for (var at = Type.BaseType; at is not null; at = at.BaseType)
        {
            foreach (var member in at.GetMembers().Where(static member => member.DeclaredAccessibility != Accessibility.Private))
                yield return member;
        }
    }

    /// <summary>Offers a change of the file.</summary>
    /// <param name="change">From the old syntax root to the new one.</param>
    public void Offer(string title, Func<SyntaxNode, SyntaxNode> change) =>
        _context.RegisterCodeFix(
            CodeAction.Create(title, _ => Task.FromResult(_context.Document.WithSyntaxRoot(change(Root))), title),
            _context.Diagnostics);
}
