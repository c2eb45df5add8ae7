using System.Collections.Immutable;
using Cambium.Compiler.Collections;
using Cambium.Compiler;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Linking;
using Cambium.Generators.Reading;
using Cambium.Generators.Reporting;
using Cambium.Generators.Writing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Cambium.Generators;

/// <summary>
/// Reads the classes with [Model] and [Block], compiles each model, and adds the generated files and the diagnostics to the project.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // Read every class. Positions in the source are a separate output: a change of positions alone runs no step below.
        var classes = Classes(context);
        var positions = classes.Select(static (read, _) => read.Places).Collect();
        var readings = classes.Select(static (read, _) => read.Reading).WithTrackingName(StepNames.Spec);

        // Gather the blocks and abstract models that a class can use: those of the project and those that its references describe.
        var blocks = readings.Where(static reading => !reading.IsModel);
        var project = blocks.Collect()
            .Combine(References(context)).Select(static (pair, _) => new ProjectInput(pair.Left.ToEquatableArray(), pair.Right.ToEquatableArray()))
            .Combine(AnalyzersRun(context)).Select(static (pair, _) => pair.Left with { AnalyzersRun = pair.Right });

        // Compile each model with the blocks that it uses.
        var programs = readings.Where(static reading => reading.IsModel)
            .Combine(project).Select(static (pair, _) => LinkedModel.Link(pair.Left, pair.Right)).WithTrackingName(StepNames.Link)
            .Select(static (model, cancellation) => ModelProgram.Compile(model, cancellation)).WithTrackingName(StepNames.Program);

        // Check each class by itself, and join its diagnostics with the compiler's.
        var diagnostics = readings
            .Combine(project).Select(static (pair, _) => ClassChecks.Run(pair.Left, pair.Right)).WithTrackingName(StepNames.ClassDiagnostics)
            .Collect()
            .Combine(programs.Select(static (program, _) => ClassDiagnostic.Of(program.Diagnostics)).Collect())
            .Select(static (pair, _) => pair.Left.AddRange(pair.Right).SelectMany(static found => found).Distinct().ToEquatableArray())
            .WithTrackingName(StepNames.Diagnostics);

        // Add the members that every class gets, with or without errors.
        var surfaces = readings.Select(static (reading, _) => reading.Surface).WithTrackingName(StepNames.Surface);
        context.RegisterSourceOutput(surfaces, static (output, surface) => Add(output, SurfaceWriter.Write(surface)));

        // Add the descriptions of the blocks, for the models of other projects.
        var descriptions = blocks.Select(static (reading, _) => BlockText.Of(reading)).WithTrackingName(StepNames.BlockText);
        context.RegisterSourceOutput(descriptions.Collect(), static (output, texts) => Add(output, BlockSpecsWriter.Write(texts)));

        // Add the program of each model: binding, Load, kernels and report.
        context.RegisterSourceOutput(programs.Select(static (program, _) => program.Files), static (output, files) => Add(output, [.. files]));

        // Report the diagnostics at their positions in the source.
        var report = diagnostics.Combine(positions).Select(static (pair, _) => new ProjectDiagnostics(pair.Left, pair.Right.ToEquatableArray()));
        context.RegisterSourceOutput(
            report.Combine(context.CompilationProvider),
            static (output, pair) => DiagnosticReporter.Report(output, pair.Left, pair.Right));
    }

    // Models come first, so that a new block does not change the index of a model. A changed index would compile the model again.
    private static IncrementalValuesProvider<ReadClass> Classes(IncrementalGeneratorInitializationContext context) =>
        Classes(context, Known.ModelAttribute, ClassReader.ReadModel).Collect()
            .Combine(Classes(context, Known.BlockAttribute, ClassReader.ReadBlock).Collect())
            .SelectMany(static (pair, _) => pair.Left.AddRange(pair.Right));

    private static IncrementalValuesProvider<ReadClass> Classes(
        IncrementalGeneratorInitializationContext context, string attribute,
        Func<GeneratorAttributeSyntaxContext, CancellationToken, ReadClass> read) =>
        context.SyntaxProvider
            .ForAttributeWithMetadataName(attribute, static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax, read)
            .WithTrackingName(StepNames.Read);

    private static IncrementalValueProvider<ImmutableArray<ReferencedAssembly>> References(IncrementalGeneratorInitializationContext context) =>
        context.MetadataReferencesProvider
            .Select(ReferenceReader.Read).WithTrackingName(StepNames.References)
            .Where(static assembly => assembly is not null).Select(static (assembly, _) => assembly!)
            .Collect();

    private static IncrementalValueProvider<bool> AnalyzersRun(IncrementalGeneratorInitializationContext context) =>
        context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            !IsFalse(options, "RunAnalyzers") && !IsFalse(options, "RunAnalyzersDuringBuild"));

    private static bool IsFalse(AnalyzerConfigOptionsProvider options, string property) =>
        options.GlobalOptions.TryGetValue("build_property." + property, out var value)
            && string.Equals(value, "false", StringComparison.OrdinalIgnoreCase);

    private static void Add(SourceProductionContext output, params IEnumerable<GeneratedFile?> files)
    {
        foreach (var file in files)
        {
            if (file is not null)
                output.AddSource(file.HintName, file.Text);
        }
    }
}
