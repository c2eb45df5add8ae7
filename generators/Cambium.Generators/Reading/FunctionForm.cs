using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>What the form of a method must be so that it can be read.</summary>
internal static class FunctionForm
{
    /// <summary>Why the method itself cannot be read, or null.</summary>
    public static string? WhyNot(IMethodSymbol method) =>
        !SymbolEqualityComparer.Default.Equals(FirstOfItsName(method), method) ? "another method of the class has this name; functions of a model have no overloads"
        : method.IsGenericMethod ? "it is generic"
        : method.IsAsync ? "it is async; the text is read, not run"
        : method.IsExtern || method.IsPartialDefinition ? "it has no body"
        : Hidden(method) is { } hidden ? $"its base '{hidden.ContainingType.Name}' has a function of this name. Override it, or give one of them another name"
        : null;

    /// <summary>Why a parameter cannot be read, or null. A type that C# cannot resolve is C#'s to report.</summary>
    public static string? WhyNot(IParameterSymbol parameter)
    {
        if (parameter.Type.TypeKind == TypeKind.Error)
            return null;
        var type = parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
        return parameter.RefKind != RefKind.None ? $"its parameter '{parameter.Name}' is passed by reference; parameters are values"
            : KindOf(parameter) is null ? $"its parameter '{parameter.Name}' is {type}; parameters are Tensor, Tokens, int, float, bool, string, enums or Rotary, and Score or Position for lambdas of attention"
            : null;
    }

    /// <summary>C# reports the method: another one has its parameters, or it has a parameter of a type that is unknown.</summary>
    public static bool IsLeftToCSharp(IMethodSymbol method) =>
        method.Parameters.Any(static parameter => parameter.Type.TypeKind == TypeKind.Error)
        || method.ContainingType.GetMembers(method.Name).OfType<IMethodSymbol>().Any(other => !SymbolEqualityComparer.Default.Equals(other, method)
            && other.Arity == method.Arity && other.Parameters.Select(static parameter => parameter.Type).SequenceEqual(method.Parameters.Select(static parameter => parameter.Type), SymbolEqualityComparer.Default));

    /// <summary>Whether every way through the statements ends in a result. Where one does not, C# reports the method.</summary>
    public static bool Returns(EquatableArray<Statement> statements) => statements.Count > 0 && statements[statements.Count - 1] switch
    {
        Return => true,
        If choice => Returns(choice.Then) && Returns(choice.Else),
        _ => false,
    };

    /// <summary>Whether a call of the method can be read; where not, the method's own class reports why.</summary>
    public static bool CanBeCalled(IMethodSymbol method) => WhyNot(method) is null && method.Parameters.All(static parameter => WhyNot(parameter) is null);

    public static bool IsVirtual(IMethodSymbol method) => method.IsVirtual || method.IsAbstract || method.IsOverride;

    public static ParameterKind? KindOf(IParameterSymbol parameter) => parameter.Type switch
    {
        { SpecialType: SpecialType.System_Int32 } => ParameterKind.Int,
        { SpecialType: SpecialType.System_Single or SpecialType.System_Double } => ParameterKind.Float,
        { SpecialType: SpecialType.System_Boolean } => ParameterKind.Bool,
        { SpecialType: SpecialType.System_String } or { TypeKind: TypeKind.Enum } => ParameterKind.Text,
        var type when Known.Is(type, "Rotary") => ParameterKind.Rotary,
        var type when Known.IsTensor(type) => ParameterKind.Tensor,
        var type when Known.Is(type, "Tokens") => ParameterKind.Tokens,
        var type when Known.Is(type, "Score") => ParameterKind.Score,
        var type when Known.Is(type, "Position") => ParameterKind.Position,
        _ => null,
    };

    // Which of two functions of one name is meant depends on the class that one looks from, unless one overrides the other.
    private static ISymbol? Hidden(IMethodSymbol method) =>
        method.IsOverride || method.ContainingType is null ? null
        : Known.Bases(method.ContainingType).SelectMany(type => type.GetMembers(method.Name)).FirstOrDefault(static member => member.DeclaredAccessibility != Accessibility.Private);

    private static ISymbol? FirstOfItsName(IMethodSymbol method) => method.ContainingType.GetMembers(method.Name)
        .Where(static member => member.Locations.Length > 0)
        .OrderBy(static member => member.Locations[0].SourceTree?.FilePath, StringComparer.Ordinal)
        .ThenBy(static member => member.Locations[0].SourceSpan.Start)
        .FirstOrDefault();
}
