using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>The diagnostics of one class that do not need its model.</summary>
internal static class ClassChecks
{
    /// <summary>
    /// Errors in the referenced blocks that a class uses. If the build does not run the analyzer, also the errors of the class itself.
    /// </summary>
    public static EquatableArray<ClassDiagnostic> Run(ClassReading reading, ProjectInput project)
    {
        var foreign = ForeignBlocks.Check(reading, project.References);
        if (project.AnalyzersRun)
            return foreign;
        return BaseClasses.Check(reading, new ProjectBlocks(project.Blocks, project.References).Find).Concat(foreign).ToEquatableArray();
    }
}
