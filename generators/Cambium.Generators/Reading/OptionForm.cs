using System.Globalization;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Compiler.Types;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>The values that an option's property type allows.</summary>
internal static class OptionForm
{
    private const string NameAttribute = "ConfigNameAttribute";

    /// <summary>The kind of one value and whether the option is a list; null for a type that an option cannot have.</summary>
    public static (OptionKind Kind, bool IsList)? Of(ITypeSymbol type) =>
        Known.Is(type, "Rotary") ? (OptionKind.Rotary, false)
        : KindOf(ElementOf(type)) is { } kind ? (kind, !SymbolEqualityComparer.Default.Equals(ElementOf(type), type))
        : null;

    /// <summary>The enum of an option, or of the values of a list; or null.</summary>
    public static INamedTypeSymbol? EnumOf(ITypeSymbol type) => ElementOf(type) is INamedTypeSymbol { TypeKind: TypeKind.Enum } found ? found : null;

    /// <summary>The spellings of an enum's members in a config.</summary>
    public static EquatableArray<ChoiceSpec> Choices(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IFieldSymbol>().Where(static field => field.HasConstantValue)
            .Select(static field => new ChoiceSpec(field.Name, Spellings(field)))
            .ToEquatableArray();

    private static EquatableArray<string> Spellings(IFieldSymbol field)
    {
        var attribute = field.GetAttributes().FirstOrDefault(static data => Known.Is(data.AttributeClass, NameAttribute));
        return attribute?.ConstructorArguments is [{ Kind: TypedConstantKind.Array, Values: { IsDefault: false } values }]
            ? values.Select(static value => value.Value as string).OfType<string>().ToEquatableArray()
            : EquatableArray<string>.Empty;
    }

    /// <summary>An attribute's default as invariant text; null if its type is not the option's.</summary>
    public static string? DefaultOf(OptionKind kind, ITypeSymbol type, TypedConstant given) => (kind, given.Value) switch
    {
        (OptionKind.Enum, { } value) => SymbolEqualityComparer.Default.Equals(given.Type, EnumOf(type)) ? MemberOf(given.Type!, value) : null,
        _ when given.Kind == TypedConstantKind.Enum => null,
        (OptionKind.Int or OptionKind.Float, int number) => number.ToString(CultureInfo.InvariantCulture),
        (OptionKind.Float, float number) => number.ToString("R", CultureInfo.InvariantCulture),
        (OptionKind.Float, double number) => number.ToString("R", CultureInfo.InvariantCulture),
        (OptionKind.Bool, bool truth) => truth ? "true" : "false",
        (OptionKind.Text, string text) => text,
        _ => null,
    };

    /// <summary>The name of an enum's value; the first name if several have the value.</summary>
    public static string? MemberOf(ITypeSymbol type, object value) =>
        type.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(field => Equals(field.ConstantValue, value))?.Name;

    private static OptionKind? KindOf(ITypeSymbol type) => type switch
    {
        { SpecialType: SpecialType.System_Int32 } => OptionKind.Int,
        { SpecialType: SpecialType.System_Single } => OptionKind.Float,
        { SpecialType: SpecialType.System_Boolean } => OptionKind.Bool,
        { SpecialType: SpecialType.System_String } => OptionKind.Text,
        { TypeKind: TypeKind.Enum } => OptionKind.Enum,
        _ => null,
    };

    private static ITypeSymbol ElementOf(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol { Rank: 1 } array => array.ElementType,
        INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Collections_Generic_IReadOnlyList_T } list => list.TypeArguments[0],
        _ => type,
    };
}
