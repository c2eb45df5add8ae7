using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>Reads the entry points of a class: <c>Forward</c> of a model, and methods with [EntryPoint].</summary>
internal sealed class EntryReader(INamedTypeSymbol type, bool isModel, IdTable ids)
{
    private static readonly string[] RowNames = ["All", "First", "Last"];

    /// <param name="functions">The class's methods that were read.</param>
    public EquatableArray<EntrySpec> Read(EquatableArray<FunctionSpec> functions)
    {
        var entries = new List<EntrySpec>();
        if (isModel)
            ReadForward(functions, entries);
        foreach (var function in functions.Where(static function => function.Name != Known.EntryPoint))
        {
            if (MethodOf(function.Name) is not { } method || Attribute(method) is not { } attribute)
                continue;
            if ((isModel ? WhyNot(method) : "this is a block, and only a model has entry points") is { } why)
                ids.Report(Descriptors.WrongEntryPoint.Id, function.Id, method.Name, why);
            else
                entries.Add(Entry(method, attribute));
        }

        return entries.ToEquatableArray();
    }

    private void ReadForward(EquatableArray<FunctionSpec> functions, List<EntrySpec> entries)
    {
        var method = MethodOf(Known.EntryPoint);

        // Reported at the function's id, so that the compiler does not report it again.
        if ((method is null ? "it has none" : WhyNot(method)) is { } why)
            ids.Report(Descriptors.NoForward.Id, functions.FirstOrDefault(static function => function.Name == Known.EntryPoint)?.Id ?? 0, type.Name, why);
        else
            entries.Add(Entry(method!, Attribute(method!)));
    }

    private IMethodSymbol? MethodOf(string name) => type.GetMembers(name).OfType<IMethodSymbol>().FirstOrDefault();

    private static AttributeData? Attribute(IMethodSymbol method) => method.GetAttributes().FirstOrDefault(static data => Known.Is(data.AttributeClass, "EntryPointAttribute"));

    private static EntrySpec Entry(IMethodSymbol method, AttributeData? attribute)
    {
        var rows = attribute?.NamedArguments.FirstOrDefault(static pair => pair.Key == "Rows").Value.Value is int value && value >= 0 && value < RowNames.Length ? value : 0;
        return new EntrySpec(method.Name, RowNames[rows], method.Parameters.Select(ShapeOf).ToEquatableArray());
    }

    private static string? ShapeOf(IParameterSymbol parameter) =>
        parameter.GetAttributes().FirstOrDefault(static data => Known.Is(data.AttributeClass, "ShapeAttribute"))?.ConstructorArguments is [{ Value: string shape }] ? shape : null;

    private static string? WhyNot(IMethodSymbol method)
    {
        static bool IsUnknown(ITypeSymbol type) => type.TypeKind == TypeKind.Error;
        if (!IsUnknown(method.ReturnType) && !Known.IsTensor(method.ReturnType))
            return $"it returns {method.ReturnType.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}, but the result must be a Tensor";
        if (method.IsStatic)
            return "it is static";
        if (method.Parameters.Length == 0 || (!IsUnknown(method.Parameters[0].Type) && !Known.Is(method.Parameters[0].Type, "Tokens")))
            return "its first parameter is not Tokens";
        return method.Parameters.Skip(1).Where(static parameter => !IsUnknown(parameter.Type) && !Known.Is(parameter.Type, "Tokens")).Select(static parameter =>
            !Known.IsTensor(parameter.Type) ? $"'{parameter.Name}' is {parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}, but inputs are Tokens and Tensor"
            : string.IsNullOrWhiteSpace(ShapeOf(parameter)) ? $"'{parameter.Name}' needs the shape of its rows: [Shape(\"Hidden\")] Tensor {parameter.Name}"
            : null).FirstOrDefault(static why => why is not null);
    }
}
