using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Linking;
using Cambium.Generators.Reading;
using Cambium.Generators.Writing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Cambium.Generators;

/// <summary>
/// Reads the classes with [Model] and [Block] and adds three kinds of output that do not wake one another: the surface of each class,
/// the program of each model, and the mistakes.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var models = context.SyntaxProvider
            .ForAttributeWithMetadataName(Known.ModelAttribute, static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax, ClassReader.ReadModel)
            .WithTrackingName(StepNames.Read);
        var blocks = context.SyntaxProvider
            .ForAttributeWithMetadataName(Known.BlockAttribute, static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax, ClassReader.ReadBlock)
            .WithTrackingName(StepNames.Read);

        // From here on places and texts go separate ways.
        var modelSpecs = models.Select(static (read, _) => read.Reading).WithTrackingName(StepNames.Spec);
        var blockSpecs = blocks.Select(static (read, _) => read.Reading).WithTrackingName(StepNames.Spec);
        var places = models.Select(static (read, _) => read.Places).Collect().Combine(blocks.Select(static (read, _) => read.Places).Collect());

        context.RegisterSourceOutput(modelSpecs.Select(static (reading, _) => reading.Surface).WithTrackingName(StepNames.Surface), WriteSurface);
        context.RegisterSourceOutput(blockSpecs.Select(static (reading, _) => reading.Surface).WithTrackingName(StepNames.Surface), WriteSurface);

        var blockTexts = blockSpecs.Select(static (reading, _) => BlockText.Of(reading)).WithTrackingName(StepNames.BlockText);
        context.RegisterSourceOutput(blockTexts.Collect(), static (output, blocks) =>
        {
            if (BlockSpecsWriter.Write(blocks.OfType<BlockText>()) is { } file)
                output.AddSource(file.HintName, file.Text);
        });

        var references = context.MetadataReferencesProvider.Select(ReferenceReader.Read).WithTrackingName(StepNames.References)
            .Where(static assembly => assembly is not null).Select(static (assembly, _) => assembly!).Collect();
        var foreignMistakes = ForeignMistakes(modelSpecs).Collect().Combine(ForeignMistakes(blockSpecs).Collect()).SelectMany(static (all, _) => all.Left.Concat(all.Right));

        var programs = modelSpecs
            .Combine(blockSpecs.Collect())
            .Combine(references)
            .Select(static (all, _) => LinkedModel.Link(all.Left.Left, all.Left.Right, all.Right))
            .WithTrackingName(StepNames.Link)
            .Select(static (model, cancellation) => ModelProgram.Compile(model, cancellation))
            .WithTrackingName(StepNames.Program);
        context.RegisterSourceOutput(programs.Select(static (program, _) => program.Files), static (output, files) =>
        {
            foreach (var file in files)
                output.AddSource(file.HintName, file.Text);
        });

        // ClassAnalyzer reports what one class shows. Where the project switches analyzers off, a class with mistakes would be a class without a word.
        var analyzersAreOff = context.AnalyzerConfigOptionsProvider.Select(static (options, _) => IsFalse(options, "RunAnalyzers") || IsFalse(options, "RunAnalyzersDuringBuild"));
        var mistakes = ClassMistakes(modelSpecs).Collect()
            .Combine(ClassMistakes(blockSpecs).Collect())
            .Combine(programs.Select(static (program, _) => ClassMistake.Of(program.Mistakes)).Collect())
            .Combine(foreignMistakes.Collect())
            .Select(static (all, _) => new AllMistakes(all.Left.Left.Left.Concat(all.Left.Left.Right).Concat(all.Left.Right).Concat(all.Right).SelectMany(static some => some)))
            .WithTrackingName(StepNames.Mistakes);
        context.RegisterSourceOutput(
            mistakes.Combine(places).Combine(context.CompilationProvider),
            static (output, input) => MistakeReporter.Report(output, input.Left.Left.Items, input.Left.Right.Left.Concat(input.Left.Right.Right), input.Right));

        IncrementalValuesProvider<EquatableArray<ClassMistake>> ClassMistakes(IncrementalValuesProvider<ClassReading> classes) =>
            classes.Combine(analyzersAreOff).Where(static pair => pair.Right).Select(static (pair, _) => pair.Left).Combine(blockSpecs.Collect()).Combine(references)
                .Select(static (all, _) => ClassMistake.Of(all.Left.Left, new ProjectBlocks(all.Left.Right, all.Right).Find));

        IncrementalValuesProvider<EquatableArray<ClassMistake>> ForeignMistakes(IncrementalValuesProvider<ClassReading> classes) =>
            classes.Combine(references).Select(static (pair, _) => ForeignBlocks.Mistakes(pair.Left, pair.Right)).WithTrackingName(StepNames.ForeignMistakes);
    }

    private static bool IsFalse(AnalyzerConfigOptionsProvider options, string property) =>
        options.GlobalOptions.TryGetValue("build_property." + property, out var value) && string.Equals(value, "false", StringComparison.OrdinalIgnoreCase);

    private static void WriteSurface(SourceProductionContext output, SurfaceSpec? surface)
    {
        if (surface is null or { Properties.Count: 0 })
            return;
        var file = SurfaceWriter.Write(surface);
        output.AddSource(file.HintName, file.Text);
    }
}
