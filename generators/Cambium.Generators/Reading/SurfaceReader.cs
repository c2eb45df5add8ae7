using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Reading;

/// <summary>Gathers the properties that the second part of a class must implement, even if the class has errors.</summary>
internal static class SurfaceReader
{
    // Generated files do not have the author's usings, so types have their full names.
    private static readonly SymbolDisplayFormat FullType =
        SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static SurfaceSpec Read(
        INamedTypeSymbol type,
        TypeDeclarationSyntax declaration,
        bool isModel,
        bool canBeModel,
        IEnumerable<IPropertySymbol> properties,
        DeclarationReader declarations)
    {
        var containers = declaration.Ancestors().OfType<TypeDeclarationSyntax>().Reverse().Select(Header).ToEquatableArray();
        var bound = new HashSet<string>(declarations.Bound, StringComparer.Ordinal);

        // A field name that the author's members use is reported, and the property gets no field.
        var fields = new HashSet<string>(type.MemberNames, StringComparer.Ordinal);
        var docs = MemberDocs.Of(declarations);
        var surface = new List<SurfaceProperty>();
        foreach (var property in properties)
        {
            // C# reports a type that it cannot resolve, and should do so only in the author's part.
            if (!property.IsPartialDefinition
                || property.PartialImplementationPart is not null
                || property.IsIndexer
                || !IsOurs(property)
                || Hides(property)
                || (property.GetMethod is null && property.SetMethod is null) || property.Name.Length == 0 || Unresolved(property.Type)
                || property.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is not PropertyDeclarationSyntax syntax)
            {
                continue;
            }

            var field = isModel && bound.Contains(property.Name) ? FieldName(property.Name) : null;
            surface.Add(new SurfaceProperty(
                string.Join(" ", syntax.Modifiers.Select(static modifier => modifier.Text)),
                property.Type.ToDisplayString(FullType),
                Escape(property.Name),
                property.GetMethod is not null,
                property.SetMethod is null ? null : property.SetMethod.IsInitOnly ? "init" : "set",
                field is not null && fields.Add(field) ? field : null)
            {
                IsFieldInherited = type.IsAbstract,
                Doc = !MemberDocs.IsDocumented(syntax) && docs.TryGetValue(property.Name, out var doc) ? doc : null,
                EnumType = OptionForm.EnumOf(property.Type)?.ToDisplayString(FullType),
            });
        }

        var baseClass = isModel && !Known.IsModelClass(type.BaseType) ? Known.CompiledModel : null;
        return new SurfaceSpec(
            type.ToDisplayString(),
            ClassReader.NamespaceOf(type),
            containers,
            Header(declaration),
            Escape(type.Name),
            baseClass,
            AddsBaseClass: canBeModel && type.IsAbstract,
            surface.ToEquatableArray());
    }

    /// <summary>The field of a dim or an option, which the generated <c>Load</c> sets.</summary>
    public static string FieldName(string property) => "_" + char.ToLowerInvariant(property[0]) + property.Substring(1);

    private static bool IsOurs(IPropertySymbol property) =>
        property.GetAttributes()
            .Any(static data =>
                data.AttributeClass is { ContainingNamespace: { Name: Known.Namespace, ContainingNamespace.IsGlobalNamespace: true } })
        || DeclarationReader.RoleOf(property) is not null;

    private static bool Unresolved(ITypeSymbol type) =>
        type.TypeKind == TypeKind.Error
        || (type is INamedTypeSymbol { IsGenericType: true } generic && generic.TypeArguments.Any(Unresolved))
        || (type is IArrayTypeSymbol array && Unresolved(array.ElementType));

    // C# rejects a public property of an internal type. It should do so only in the author's part.
    private static bool Hides(IPropertySymbol property) => IsVisible(property) && !IsVisible(property.Type);

    private static bool IsVisible(ISymbol symbol)
    {
        if (symbol is INamedTypeSymbol { IsGenericType: true } generic && !generic.TypeArguments.All(IsVisible))
            return false;
        for (var at = symbol; at is not null and not INamespaceSymbol; at = at.ContainingSymbol)
        {
            if (at is not ITypeParameterSymbol and not IArrayTypeSymbol
                && at.DeclaredAccessibility is not (Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal))
            {
                return false;
            }
        }

        return true;
    }

    private static string Header(TypeDeclarationSyntax declaration)
    {
        var keyword = declaration is RecordDeclarationSyntax { ClassOrStructKeyword.Text: { Length: > 0 } kind }
            ? $"record {kind}"
            : declaration.Keyword.Text;
        return $"partial {keyword} {declaration.Identifier.Text}{declaration.TypeParameterList}";
    }

    private static string Escape(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;
}
