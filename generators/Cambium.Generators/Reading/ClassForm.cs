using System.Globalization;
using Cambium.Compiler.Types;
using Cambium.Generators.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Cambium.Generators.Reading;

/// <summary>The parts that a class's form allows the generator to add.</summary>
/// <param name="AllowsSecondPart">C# accepts another part of the class.</param>
/// <param name="AllowsBaseClass">C# accepts a part that adds a base class and members to load and run.</param>
internal sealed record ClassForm(bool AllowsSecondPart, bool AllowsBaseClass)
{
    // Members that the generated part of a model declares or inherits.
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "Architectures", "GgufArchitectures", "Load", "Definition", "Checkpoint", "OutputWidth", "CacheSites", "EntryPoints", "ArenaBytes",
        "OpenDefaultDevice", "CreateProgram", "Layout", "Dispose",
        "TheDefinition", "Settings", "Weights", "ArenaSlots", "CpuProgram", "_settings", "_weights", "_entryPoints",
    };

    /// <param name="hasArchitectures">The attribute names architectures.</param>
    public static ClassForm Check(INamedTypeSymbol type, TypeDeclarationSyntax declaration, bool isModel, bool hasArchitectures, IdTable ids)
    {
        var attribute = isModel ? "Model" : "Block";
        var partial = declaration.Modifiers.Any(SyntaxKind.PartialKeyword);
        if (!partial)
            ids.Report(Descriptors.NotPartial.Id, 0, type.Name);

        var simple = true;
        Check(type.IsStatic, "static", "Each loaded checkpoint needs an instance");
        Check(type.IsAbstract && hasArchitectures, "abstract and has architectures", "Name the architectures on the classes that extend it");
        Check(type.IsRecord, "a record", "Make it a class");
        Check(type.IsGenericType, "generic", "Sizes are dims, not type arguments");
        Check(type.ContainingType is not null, "nested", "Move it into its namespace");
        var hasBase = type.BaseType is { SpecialType: not SpecialType.System_Object, TypeKind: not TypeKind.Error };
        if (isModel && Known.IsModelClass(type.BaseType))
            Check(
                !type.BaseType!.IsAbstract,
                $"derived from '{type.BaseType.Name}', which is not abstract",
                "Move the common members to an abstract class with [Model], and extend that");
        else if (isModel)
            Check(hasBase, "derived from another class", "A model can extend an abstract class with [Model]");
        else
            Check(hasBase && !Known.IsBlockClass(type.BaseType), "derived from another class", "A block can extend a class with [Block]");
        if (Known.Bases(type).Count() > CompilerLimits.Bases)
        {
            var limit = CompilerLimits.Bases.ToString(CultureInfo.InvariantCulture);
            simple = false;
            ids.Report(
                Descriptors.TooLarge.Id,
                0,
                $"'{type.Name}' extends more than {limit} classes that extend each other, and a class can extend {limit}; join classes of the chain");
        }

        Check(declaration.ParameterList is not null, "declared with a primary constructor", "Its values come from the checkpoint");
        Check(
            isModel
                && !type.IsAbstract
                && declaration.ParameterList is null
                && !type.InstanceConstructors.Any(static constructor => constructor.Parameters.Length == 0),
            "without a parameterless constructor",
            "`Load` creates it, and its values come from the checkpoint");

        var containersArePartial = declaration.Ancestors()
            .OfType<TypeDeclarationSyntax>()
            .All(static container => container.Modifiers.Any(SyntaxKind.PartialKeyword));

        // Half-typed source contains namespaces and classes without names.
        var named = type.Name.Length > 0
            && declaration.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().All(static space => !space.Name.IsMissing);
        return new ClassForm(named && partial && !type.IsStatic && containersArePartial, named && partial && simple);

        void Check(bool isError, string what, string hint)
        {
            if (!isError)
                return;
            simple = false;
            ids.Report(Descriptors.WrongForm.Id, 0, type.Name, what, attribute, hint);
        }
    }

    /// <summary>Names of the fields that the generator adds to an abstract model. The author's source contains only their properties.</summary>
    private static IEnumerable<string> FieldsOf(INamedTypeSymbol type) =>
        type.GetMembers().OfType<IPropertySymbol>()
            .Where(static property => property.GetAttributes().Any(IsSetting))
            .Select(static property => SurfaceReader.FieldName(property.Name));

    private static bool IsSetting(AttributeData data) =>
        Known.Is(data.AttributeClass, "DimAttribute") || Known.Is(data.AttributeClass, "OptionAttribute");

    /// <summary>Reports members whose names the generated part needs; false if it reported one.</summary>
    public static bool CheckNames(INamedTypeSymbol type, bool isModel, DeclarationReader declarations, IdTable ids)
    {
        if (!isModel)
            return true;
        var inherited = Known.Bases(type).SelectMany(FieldsOf);
        var fields = new HashSet<string>(declarations.Bound.Select(SurfaceReader.FieldName).Concat(inherited), StringComparer.Ordinal);
        var free = !Reserved.Contains(type.Name);
        if (!free)
            ids.Report(Descriptors.NameTaken.Id, 0, type.Name, type.Name);

        // If the fields of two bound members would have one name, the second member is reported.
        var seen = new HashSet<string>(inherited, StringComparer.Ordinal);
        var twice = new HashSet<string>(declarations.Bound.Where(name => !seen.Add(SurfaceReader.FieldName(name))), StringComparer.Ordinal);
        bool IsTaken(string name) => Reserved.Contains(name) || fields.Contains(name) || twice.Contains(name);
        foreach (var member in type.GetMembers().Where(member => !member.IsImplicitlyDeclared && IsTaken(member.Name)))
        {
            free = false;
            ids.ReportAt(Descriptors.NameTaken.Id, member.Locations[0], member.Name, type.Name);
        }

        return free;
    }
}
