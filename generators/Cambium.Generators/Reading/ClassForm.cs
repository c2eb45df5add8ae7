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
        "Architectures", "Load", "Definition", "Checkpoint", "OutputWidth", "CacheSites", "EntryPoints", "ArenaBytes", "Prepare", "Layout", "Run", "Dispose",
        "TheDefinition", "Settings", "Weights", "ArenaSlots", "Cpu", "CheckpointBinding", "_settings", "_weights", "_entryPoints", "_offsets",
    };

    public static ClassForm Check(INamedTypeSymbol type, TypeDeclarationSyntax declaration, bool isModel, IdTable ids)
    {
        var attribute = isModel ? "Model" : "Block";
        var partial = declaration.Modifiers.Any(SyntaxKind.PartialKeyword);
        if (!partial)
            ids.Report(Descriptors.NotPartial.Id, 0, type.Name);

        var simple = true;
        Check(type.IsStatic, "static", "Each loaded checkpoint needs an instance");
        Check(isModel && type.IsAbstract && !type.IsStatic, "abstract", "Write what is common as a block and use it in several models");
        Check(type.IsRecord, "a record", "Make it a class");
        Check(type.IsGenericType, "generic", "Sizes are dims, not type arguments");
        Check(type.ContainingType is not null, "nested", "Move it into its namespace");
        Check(
            type.BaseType is { SpecialType: not SpecialType.System_Object, TypeKind: not TypeKind.Error } && (isModel || !Known.IsBlockClass(type.BaseType)),
            "derived from another class",
            isModel ? "Its base class is the generator's; write what is common as a block" : "A block can extend a block: give the base class [Block]");
        Check(declaration.ParameterList is not null, "declared with a primary constructor", "Its values come from the checkpoint");
        Check(isModel && declaration.ParameterList is null && !type.InstanceConstructors.Any(static constructor => constructor.Parameters.Length == 0), "without a constructor that has no parameters", "`Load` makes it, and its values come from the checkpoint");

        var containersArePartial = declaration.Ancestors().OfType<TypeDeclarationSyntax>().All(static container => container.Modifiers.Any(SyntaxKind.PartialKeyword));

        // Half-typed source contains namespaces and classes without names.
        var named = type.Name.Length > 0 && declaration.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().All(static space => !space.Name.IsMissing);
        return new ClassForm(named && partial && !type.IsStatic && containersArePartial, named && partial && simple);

        void Check(bool wrong, string what, string hint)
        {
            if (!wrong)
                return;
            simple = false;
            ids.Report(Descriptors.WrongForm.Id, 0, type.Name, what, attribute, hint);
        }
    }

    /// <summary>Reports members whose names the generated part needs; false if it reported one.</summary>
    public static bool CheckNames(INamedTypeSymbol type, bool isModel, DeclarationReader declarations, IdTable ids)
    {
        if (!isModel)
            return true;
        var fields = new HashSet<string>(declarations.Bound.Select(SurfaceReader.FieldName), StringComparer.Ordinal);
        var free = !Reserved.Contains(type.Name);
        if (!free)
            ids.Report(Descriptors.NameTaken.Id, 0, type.Name, type.Name);

        // If the fields of two bound members would have one name, the second member is reported.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var twice = new HashSet<string>(declarations.Bound.Where(name => !seen.Add(SurfaceReader.FieldName(name))), StringComparer.Ordinal);
        foreach (var member in type.GetMembers().Where(member => !member.IsImplicitlyDeclared && (Reserved.Contains(member.Name) || fields.Contains(member.Name) || twice.Contains(member.Name))))
        {
            free = false;
            ids.ReportAt(Descriptors.NameTaken.Id, member.Locations[0], member.Name, type.Name);
        }

        return free;
    }
}
