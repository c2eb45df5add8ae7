using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;

namespace Cambium.Generators.Reading;

// What the transform yields. Adding a field here: it must compare by value, it must hold nothing of Roslyn, and places in the
// source belong into SourceMap alone, because a place that reaches ClassReading makes every blank line a rebuild.

/// <summary>A class and where its ids are.</summary>
internal sealed record ReadClass(ClassReading Reading, SourceMap Places);

/// <summary>All that was learnt of one class.</summary>
/// <param name="Entries">What of a model can be run by itself; of a block nothing.</param>
/// <param name="Unreadable">Ids of expressions that could not be read. Their mistake is reported already (here or by C#), so whatever the compiler says of them is not.</param>
/// <param name="Surface">Null where C# allows no second part of the class.</param>
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
    EquatableArray<Mistake> Mistakes,
    EquatableArray<int> Unreadable);

/// <summary>A mistake that the front end met.</summary>
/// <param name="Id">An id of the class; see <see cref="SourceMap"/>.</param>
/// <param name="Arguments">For the descriptor's message.</param>
/// <param name="Missing">A name that stands for nothing, which a fix may declare or correct; or null.</param>
internal sealed record Mistake(string Code, int Id, EquatableArray<string> Arguments, MissingName? Missing = null);

/// <summary>
/// Where the ids of a class are: 0 the class itself, then dims, options, weights, children, functions with their operations in pre-order,
/// then places that only mistakes need.
/// </summary>
internal sealed record SourceMap(string TypeName, EquatableArray<Place> Places);

/// <summary>A place in a source file.</summary>
internal sealed record Place(string File, int Start, int Length);

/// <summary>The second part of a class: implementations of its partial properties.</summary>
/// <param name="HintName">Name of the file without its ending.</param>
/// <param name="Containers">Headers of the containing types, outermost first.</param>
/// <param name="Header">Header of the class.</param>
internal sealed record SurfaceSpec(
    string HintName,
    string Namespace,
    EquatableArray<string> Containers,
    string Header,
    string Name,
    bool IsModel,
    EquatableArray<SurfaceProperty> Properties);

/// <summary>A partial property to implement.</summary>
/// <param name="Modifiers">As the author wrote them; C# wants the same on both parts.</param>
/// <param name="Setter"><c>set</c>, <c>init</c> or null.</param>
/// <param name="Field">The field that holds the value once a checkpoint is loaded, or null where reading the property makes no sense.</param>
internal sealed record SurfaceProperty(string Modifiers, string Type, string Name, bool HasGetter, string? Setter, string? Field)
{
    /// <summary>XML of its summary; null where the author wrote one.</summary>
    public string? Doc { get; init; }

    /// <summary>The enum whose values the property has, one or a list of them, where the program knows them by their names; or null.</summary>
    public string? EnumType { get; init; }
}
