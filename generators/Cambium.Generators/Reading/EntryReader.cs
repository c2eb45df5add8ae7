using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;

namespace Cambium.Generators.Reading;

/// <summary>Reads the entry points of a class: <c>Forward</c> of a model, and methods with [EntryPoint].</summary>
internal sealed class EntryReader(INamedTypeSymbol type, bool isModel, IdTable ids)
{
    private static readonly string[] RowNames = ["All", "First", "Last"];

    /// <param name="functions">The class's own methods that were read.</param>
    /// <returns>Empty for a block and for an abstract model, whose entry points are only checked.</returns>
    public EquatableArray<EntrySpec> Read(EquatableArray<FunctionSpec> functions)
    {
        var entries = new List<EntrySpec>();
        if (isModel)
            ReadForward(functions, entries);
        foreach (var function in functions.Where(static function => function.Name != Known.EntryPoint))
        {
            if (MethodOf(type, function.Name) is not { } method || Attribute(method) is not { } attribute)
                continue;
            if ((isModel ? WhyNot(method) : "this is a block, and only a model has entry points") is { } why)
                ids.Report(Descriptors.WrongEntryPoint.Id, function.Id, method.Name, why);
            else
                entries.Add(Entry(method, attribute));
        }

        // The class that declares an inherited entry point reports its errors.
        var inherited = Inherited()
            .Where(static method => method.Name != Known.EntryPoint && Attribute(method) is not null && WhyNot(method) is null);
        foreach (var method in inherited.Where(method => entries.All(entry => entry.Function != method.Name)))
            entries.Add(Entry(method, Attribute(method)));
        return type.IsAbstract ? EquatableArray<EntrySpec>.Empty : entries.ToEquatableArray();
    }

    private void ReadForward(EquatableArray<FunctionSpec> functions, List<EntrySpec> entries)
    {
        var own = MethodOf(type, Known.EntryPoint);
        var method = own ?? Inherited().FirstOrDefault(static inherited => inherited.Name == Known.EntryPoint);
        if (method is null && type.IsAbstract)
            return;
        if ((method is null ? "it has none" : WhyNot(method)) is not { } why)
            entries.Add(Entry(method!, Attribute(method!)));
        else if (own is not null || method is null)
            ids.Report(
                Descriptors.NoForward.Id,
                functions.FirstOrDefault(static function => function.Name == Known.EntryPoint)?.Id ?? 0,
                type.Name,
                why);
    }

    private IEnumerable<IMethodSymbol> Inherited()
    {
        if (!isModel)
            return [];
        return Known.Bases(type)
            .SelectMany(static extended => extended.GetMembers().OfType<IMethodSymbol>())
            .Where(static method => method.MethodKind == MethodKind.Ordinary);
    }

    private static IMethodSymbol? MethodOf(INamedTypeSymbol type, string name) => type.GetMembers(name).OfType<IMethodSymbol>().FirstOrDefault();

    private static AttributeData? Attribute(IMethodSymbol method) =>
        method.GetAttributes().FirstOrDefault(static data => Known.Is(data.AttributeClass, "EntryPointAttribute"));

    private static EntrySpec Entry(IMethodSymbol method, AttributeData? attribute)
    {
        var rows = attribute?.NamedArguments.FirstOrDefault(static pair => pair.Key == "Rows").Value.Value as int? ?? 0;
        return new EntrySpec(method.Name, RowNames.ElementAtOrDefault(rows) ?? RowNames[0], method.Parameters.Select(ShapeOf).ToEquatableArray())
        {
            Results = method.ReturnType is INamedTypeSymbol { IsTupleType: true } tuple
                ? tuple.TupleElements.Select(static element => element.Name).ToEquatableArray()
                : EquatableArray<string>.Empty,
        };
    }

    private static string? ShapeOf(IParameterSymbol parameter)
    {
        var attribute = parameter.GetAttributes().FirstOrDefault(static data => Known.Is(data.AttributeClass, "ShapeAttribute"));
        return attribute?.ConstructorArguments is [{ Value: string shape }] ? shape : null;
    }

    private static string? WhyNot(IMethodSymbol method)
    {
        if (WhyNot(method.ReturnType) is { } result)
            return result;
        if (method.IsStatic)
            return "it is static";
        if (method.Parameters.Length == 0 || (!IsUnknown(method.Parameters[0].Type) && !Known.Is(method.Parameters[0].Type, "Tokens")))
            return "its first parameter is not Tokens";
        return method.Parameters.Skip(1)
            .Where(static parameter => !IsUnknown(parameter.Type) && !Known.Is(parameter.Type, "Tokens"))
            .Select(WhyNot)
            .FirstOrDefault(static why => why is not null);
    }

    /// <summary>Why a method with such a result cannot be an entry point. Several results are a tuple of tensors with names.</summary>
    private static string? WhyNot(ITypeSymbol result)
    {
        if (IsUnknown(result) || Known.IsTensor(result))
            return null;
        if (result is not INamedTypeSymbol { IsTupleType: true } tuple)
            return $"it returns {Text(result)}, but the result must be a Tensor";
        if (tuple.TupleElements.FirstOrDefault(static element => !IsUnknown(element.Type) && !Known.IsTensor(element.Type)) is { } other)
            return $"its result '{other.Name}' is {Text(other.Type)}, but every result must be a Tensor";
        if (tuple.TupleElements.Any(static element => !element.IsExplicitlyNamedTupleElement))
            return $"it returns {Text(result)}, but each of several results needs a name, as in (Tensor Logits, Tensor Hidden)";
        return tuple.TupleElements.GroupBy(static element => EntrySpec.ResultName(element.Name))
            .FirstOrDefault(static group => group.Count() > 1) is { } twice
            ? $"its results {string.Join(" and ", twice.Select(static element => $"'{element.Name}'"))} are both named '{twice.Key}' for the caller"
            : null;
    }

    private static bool IsUnknown(ITypeSymbol type) => type.TypeKind == TypeKind.Error;

    private static string Text(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    private static string? WhyNot(IParameterSymbol parameter)
    {
        if (!Known.IsTensor(parameter.Type))
            return $"'{parameter.Name}' is {Text(parameter.Type)}, but inputs are Tokens and Tensor";
        return string.IsNullOrWhiteSpace(ShapeOf(parameter))
            ? $"'{parameter.Name}' needs the shape of its rows: [Shape(\"Hidden\")] Tensor {parameter.Name}"
            : null;
    }
}
