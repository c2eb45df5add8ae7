using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Reading;

namespace Cambium.Generators.Linking;

/// <summary>The diagnostics of one class that do not need its model.</summary>
internal static class ClassChecks
{
    private static readonly HashSet<string> OfTheForm = new(StringComparer.Ordinal) { Descriptors.NotPartial.Id, Descriptors.WrongForm.Id,
        Descriptors.NameTaken.Id };

    /// <summary>
    /// Errors in the referenced blocks that the class uses; and its own where the build does not run the analyzer that reports them, or where C# has
    /// errors because of them and a build ends before its analyzers report.
    /// </summary>
    public static EquatableArray<ClassDiagnostic> Run(ClassReading reading, ProjectInput project)
    {
        var foreign = ForeignBlocks.Check(reading, project.References);
        if (project.AnalyzersRun)
        {
            return reading.LacksMembers
                ? reading.Diagnostics.Where(static found => OfTheForm.Contains(found.Code))
                    .Select(found => new ClassDiagnostic(reading.Spec.TypeName, found)).Concat(foreign).ToEquatableArray()
                : foreign;
        }

        return BaseClasses.Check(reading, new ProjectBlocks(project.Blocks, project.References).Find).Concat(foreign).ToEquatableArray();
    }
}
