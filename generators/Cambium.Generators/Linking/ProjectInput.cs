using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>The inputs of a class that are the same for the whole project.</summary>
/// <param name="Blocks">The project's blocks.</param>
/// <param name="References">The referenced assemblies that describe blocks.</param>
internal sealed record ProjectInput(EquatableArray<ClassReading> Blocks, EquatableArray<ReferencedAssembly> References)
{
    /// <summary>Whether the build runs <c>ClassAnalyzer</c>. If not, the generator reports the diagnostics of single classes, too.</summary>
    public bool AnalyzersRun { get; init; } = true;
}
