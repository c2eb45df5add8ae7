using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>The conditions that a method must meet so that it can be read.</summary>
internal static class FunctionForm
{
    /// <summary>Why the method itself cannot be read, or null.</summary>
    public static string? WhyNot(IMethodSymbol method) =>
        !SymbolEqualityComparer.Default.Equals(FirstOfItsName(method), method)
            ? "another method of the class has this name, and a model cannot have overloads"
        : method.IsGenericMethod ? "it is generic"
        : method.IsAsync ? "it is async, but models are compiled, not run"
        : method.IsExtern || method.IsPartialDefinition ? "it has no body"
        : Hidden(method) is { } hidden ? $"its base '{hidden.ContainingType.Name}' has a method of this name. Override it, or rename one of them"
        : null;

    /// <summary>Why a parameter cannot be read, or null. C# reports a type that it cannot resolve.</summary>
    public static string? WhyNot(IParameterSymbol parameter)
    {
        if (parameter.Type.TypeKind == TypeKind.Error)
            return null;
        var type = parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
        if (parameter.RefKind != RefKind.None)
            return $"its parameter '{parameter.Name}' is passed by reference; pass it by value";
        if (KindOf(parameter) is not null)
            return null;
        return $"its parameter '{parameter.Name}' is {type}; parameters are Tensor, Tokens, int, float, bool, string, enums or Rotary, "
            + "and Score or Position for lambdas of attention";
    }

    /// <summary>Whether C# reports the method: another one has the same parameters, or a parameter has an unknown type.</summary>
    public static bool IsLeftToCSharp(IMethodSymbol method) =>
        method.Parameters.Any(static parameter => parameter.Type.TypeKind == TypeKind.Error)
        || method.ContainingType.GetMembers(method.Name).OfType<IMethodSymbol>().Any(other => IsDuplicate(other, method));

    private static bool IsDuplicate(IMethodSymbol other, IMethodSymbol method)
    {
        if (SymbolEqualityComparer.Default.Equals(other, method) || other.Arity != method.Arity)
            return false;
        var types = method.Parameters.Select(static parameter => parameter.Type);
        return other.Parameters.Select(static parameter => parameter.Type).SequenceEqual(types, SymbolEqualityComparer.Default);
    }

    /// <summary>Whether every path through the statements returns a result. If not, C# reports the method.</summary>
    public static bool Returns(EquatableArray<Statement> statements) => statements.Count > 0 && statements[statements.Count - 1] switch
    {
        Return => true,
        If choice => Returns(choice.Then) && Returns(choice.Else),
        _ => false,
    };

    /// <summary>Whether a call of the method can be read. If not, the method's class reports why.</summary>
    public static bool CanBeCalled(IMethodSymbol method) =>
        WhyNot(method) is null && method.Parameters.All(static parameter => WhyNot(parameter) is null);

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

    // Without an override, a call of a hidden method would depend on the static type of its receiver.
    private static ISymbol? Hidden(IMethodSymbol method) =>
        method.IsOverride || method.ContainingType is null ? null
        : Known.Bases(method.ContainingType)
        .SelectMany(type => type.GetMembers(method.Name))
        .FirstOrDefault(static member => member.DeclaredAccessibility != Accessibility.Private);

    private static ISymbol? FirstOfItsName(IMethodSymbol method) => method.ContainingType.GetMembers(method.Name)
        .Where(static member => member.Locations.Length > 0)
        .OrderBy(static member => member.Locations[0].SourceTree?.FilePath, StringComparer.Ordinal)
        .ThenBy(static member => member.Locations[0].SourceSpan.Start)
        .FirstOrDefault();
}
