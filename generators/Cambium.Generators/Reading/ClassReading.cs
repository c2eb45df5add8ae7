using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;

namespace Cambium.Generators.Reading;

// The output of the first pipeline step. A new field must compare by value and hold no Roslyn object. Positions in the source
// belong in SourceMap only: a position in ClassReading makes every blank line a rebuild.

/// <summary>The content of a class and the positions of its ids.</summary>
internal sealed record ReadClass(ClassReading Reading, SourceMap Places);

/// <summary>The content of a class.</summary>
/// <param name="IsModel">A class with [Model] that is not abstract. Only these are compiled; blocks and abstract models are parts of them.</param>
/// <param name="Entries">A model's methods that can be run, its own and inherited ones; empty for a block and an abstract model.</param>
/// <param name="Unreadable">
/// Ids of expressions that could not be read. Their errors are reported already (here or by C#), so further
/// errors of the compiler at these ids are not.
/// </param>
/// <param name="Surface">Null if C# does not allow a second part of the class.</param>
/// <param name="CanBeModel">The class's form allows the generated base class and members.</param>
internal sealed record ClassReading(
    bool IsModel,
    string Namespace,
    string Accessibility,
    EquatableArray<string> Architectures,
    EquatableArray<EntrySpec> Entries,
    ClassSpec Spec,
    SurfaceSpec? Surface,
    bool CanBeModel,
    EquatableArray<ModelDiagnostic> Diagnostics,
    EquatableArray<int> Unreadable)
{
    public bool HasErrors => Diagnostics.Count + Unreadable.Count > 0;

    /// <summary>The generated part cannot be added, so C# reports properties without implementations or a missing <c>Load</c>.</summary>
    public bool LacksMembers => Surface is null || (IsModel && !CanBeModel);
}

/// <summary>
/// The positions of a class's ids: 0 is the class, then dims, options, weights, children, functions with their operations in pre-order,
/// then positions that only diagnostics use.
/// </summary>
internal sealed record SourceMap(string TypeName, EquatableArray<Place> Places);

/// <summary>A position in a source file.</summary>
internal sealed record Place(string File, int Start, int Length);

/// <summary>The second part of a class: implementations of its partial properties.</summary>
/// <param name="HintName">Name of the file without its ending.</param>
/// <param name="Containers">Headers of the containing types, outermost first.</param>
/// <param name="Header">Header of the class.</param>
/// <param name="BaseClass">The base class that the second part adds; null for a block and for a class that extends a model.</param>
/// <param name="AddsBaseClass">The second part itself adds it. The program of a model adds it otherwise.</param>
internal sealed record SurfaceSpec(
    string HintName,
    string Namespace,
    EquatableArray<string> Containers,
    string Header,
    string Name,
    string? BaseClass,
    bool AddsBaseClass,
    EquatableArray<SurfaceProperty> Properties);

/// <summary>A partial property to implement.</summary>
/// <param name="Modifiers">As in the author's part; C# requires the same on both parts.</param>
/// <param name="Setter"><c>set</c>, <c>init</c> or null.</param>
/// <param name="Field">The field that holds the value of a loaded model; null if the property has no value at run time.</param>
internal sealed record SurfaceProperty(string Modifiers, string Type, string Name, bool HasGetter, string? Setter, string? Field)
{
    /// <summary>The field is visible to the classes that extend this one, whose <c>Load</c> sets it.</summary>
    public bool IsFieldInherited { get; init; }

    /// <summary>XML of the summary; null if the author wrote one.</summary>
    public string? Doc { get; init; }

    /// <summary>The enum of the property's value or values, which the program stores by name; or null.</summary>
    public string? EnumType { get; init; }
}
