using Cambium.Compiler.Types;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>Recognises the types of the authoring API by name.</summary>
internal static class Known
{
    public const string Namespace = "Cambium";
    public const string ModelAttribute = "Cambium.ModelAttribute";
    public const string BlockAttribute = "Cambium.BlockAttribute";
    public const string EntryPoint = "Forward";

    /// <summary>The base class of every loaded model.</summary>
    public const string CompiledModel = "global::Cambium.Runtime.CompiledModel";

    /// <summary>Full name of the generator's class, which names the folder of its files.</summary>
    public const string GeneratorName = "Cambium.Generators.ModelGenerator";

    public static bool Is(ITypeSymbol? type, string name) =>
        type is { ContainingType: null, ContainingNamespace: { Name: Namespace, ContainingNamespace.IsGlobalNamespace: true } } && type.Name == name;

    public static bool IsTensor(ITypeSymbol? type) => Is(type, "Tensor");

    public static bool IsModelClass(ITypeSymbol? type) => Has(type, "ModelAttribute");

    public static bool IsBlockClass(ITypeSymbol? type) => Has(type, "BlockAttribute");

    /// <summary>Whether a class has [Model] or [Block].</summary>
    public static bool IsClass(ITypeSymbol? type) => type?.GetAttributes().Any(static data => IsClassAttribute(data.AttributeClass)) == true;

    /// <summary>Whether an attribute is [Model] or [Block].</summary>
    public static bool IsClassAttribute(ITypeSymbol? attribute) => Is(attribute, "ModelAttribute") || Is(attribute, "BlockAttribute");

    /// <summary>The models or blocks that a class extends, nearest first; at most one more than a class can have.</summary>
    public static IEnumerable<INamedTypeSymbol> Bases(ITypeSymbol type)
    {
        var count = 0;
        for (var at = type.BaseType; at is not null && IsClass(at) && count <= CompilerLimits.Bases; at = at.BaseType, count++)
            yield return at;
    }

    /// <summary>Whether a class is another one or extends it.</summary>
    public static bool Extends(ITypeSymbol type, ITypeSymbol? other) =>
        SymbolEqualityComparer.Default.Equals(type, other) || Bases(type).Any(extended => SymbolEqualityComparer.Default.Equals(extended, other));

    /// <summary>Methods that are read even if no method that was read calls them.</summary>
    public static bool ReturnsTensors(IMethodSymbol method) =>
        IsTensor(method.ReturnType)
        || (method.ReturnType is INamedTypeSymbol { IsTupleType: true } tuple && tuple.TupleElements.Any(static element => IsTensor(element.Type)));

    public static bool IsNumeric(ITypeSymbol? type) =>
        type?.SpecialType is SpecialType.System_Int32 or SpecialType.System_Single or SpecialType.System_Double or SpecialType.System_Int64;

    public static bool IsInteger(ITypeSymbol? type) => type?.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64;

    private static bool Has(ITypeSymbol? type, string attribute) => type?.GetAttributes().Any(data => Is(data.AttributeClass, attribute)) == true;
}
