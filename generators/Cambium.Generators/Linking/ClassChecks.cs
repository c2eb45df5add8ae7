using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>The diagnostics of one class that do not need its model.</summary>
internal static class ClassChecks
{
    /// <summary>
    /// Errors in the referenced blocks that the class uses; and its own where the build does not run the analyzer that reports them.
    /// </summary>
    public static EquatableArray<ClassDiagnostic> Run(ClassReading reading, ProjectInput project)
    {
        var foreign = ForeignBlocks.Check(reading, project.References);
        if (project.AnalyzersRun)
            return foreign;
        return BaseClasses.Check(reading, new ProjectBlocks(project.Blocks, project.References).Find).Concat(foreign).ToEquatableArray();
    }
}
