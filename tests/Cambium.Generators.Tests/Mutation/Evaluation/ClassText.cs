using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Tests.Mutation.Evaluation;

/// <summary>The source of a class with [Model] or [Block].</summary>
internal sealed class ClassText(ClassDeclarationSyntax syntax)
{
    public static readonly IReadOnlyList<string> Roles = ["Dim", "Option", "StackIndex", "Weight", "Block", "Blocks"];

    public ClassDeclarationSyntax Syntax => syntax;

    public string Name => syntax.Identifier.Text;

    public bool IsModel { get; } = Has(syntax, "Model");

    public bool IsBlock { get; } = Has(syntax, "Block");

    public IReadOnlyList<PropertyDeclarationSyntax> Properties { get; } = [.. syntax.Members.OfType<PropertyDeclarationSyntax>()];

    public IReadOnlyList<MethodDeclarationSyntax> Methods { get; } = [.. syntax.Members.OfType<MethodDeclarationSyntax>()];

    public bool IsAbstract { get; } = syntax.Modifiers.Any(static modifier => modifier.ValueText == "abstract");

    /// <summary>The name of its base class, or null.</summary>
    public string? BaseName => syntax.BaseList?.Types[0].Type.ToString();

    /// <summary>Its base class; set after all classes are read.</summary>
    public ClassText? Base { get; set; }

    /// <summary>The class and its base classes, nearest first.</summary>
    public IEnumerable<ClassText> Lineage()
    {
        for (var at = this; at is not null; at = at.Base)
            yield return at;
    }

    /// <summary>A property of the class or of a base class.</summary>
    public PropertyDeclarationSyntax? Property(string name) =>
        Properties.FirstOrDefault(property => property.Identifier.Text == name) ?? Base?.Property(name);

    /// <summary>A method of the class or of a base class; an override comes before the overridden method.</summary>
    public MethodDeclarationSyntax? Method(string name) => Methods.FirstOrDefault(method => method.Identifier.Text == name) ?? Base?.Method(name);

    public static IEnumerable<AttributeSyntax> RolesOf(PropertyDeclarationSyntax property) =>
        property.AttributeLists.SelectMany(static list => list.Attributes).Where(static attribute => Roles.Contains(attribute.Name.ToString()));

    /// <summary>The role of a property; null if it has none or several.</summary>
    public static AttributeSyntax? RoleOf(PropertyDeclarationSyntax property) => RolesOf(property).ToList() is [var role] ? role : null;

    /// <summary>A positional argument of an attribute, or null.</summary>
    public static ExpressionSyntax? Argument(AttributeSyntax attribute, int place) =>
        attribute.ArgumentList?.Arguments.Where(static argument => argument.NameEquals is null).ElementAtOrDefault(place)?.Expression;

    /// <summary>A named argument of an attribute.</summary>
    public static ExpressionSyntax? Argument(AttributeSyntax attribute, string name) =>
        attribute.ArgumentList?.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.Text == name)?.Expression;

    /// <summary>The value of a string literal or a <c>nameof</c>.</summary>
    public static string? TextOf(ExpressionSyntax? expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: string text } => text,
        InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } } call =>
            call.ArgumentList.Arguments[0].ToString(),
        _ => null,
    };

    private static bool Has(ClassDeclarationSyntax syntax, string name) =>
        syntax.AttributeLists.SelectMany(static list => list.Attributes).Any(attribute => attribute.Name.ToString() == name);
}
