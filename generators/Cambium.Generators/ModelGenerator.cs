using Cambium.Generators.Diagnostics;
using Cambium.Generators.Linking;
using Cambium.Generators.Reading;
using Cambium.Generators.Writing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

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

        var programs = modelSpecs
            .Combine(blockSpecs.Collect())
            .Select(static (pair, _) => LinkedModel.Link(pair.Left, pair.Right))
            .WithTrackingName(StepNames.Link)
            .Select(static (model, cancellation) => ModelProgram.Compile(model, cancellation))
            .WithTrackingName(StepNames.Program);
        context.RegisterSourceOutput(programs.Select(static (program, _) => program.Files), static (output, files) =>
        {
            foreach (var file in files)
                output.AddSource(file.HintName, file.Text);
        });

        var mistakes = modelSpecs.Select(static (reading, _) => ClassMistake.Of(reading)).Collect()
            .Combine(blockSpecs.Select(static (reading, _) => ClassMistake.Of(reading)).Collect())
            .Combine(programs.Select(static (program, _) => ClassMistake.Of(program.Mistakes)).Collect())
            .Select(static (all, _) => new AllMistakes(all.Left.Left.Concat(all.Left.Right).Concat(all.Right).SelectMany(static some => some)))
            .WithTrackingName(StepNames.Mistakes);
        context.RegisterSourceOutput(
            mistakes.Combine(places).Combine(context.CompilationProvider),
            static (output, input) => MistakeReporter.Report(output, input.Left.Left.Items, input.Left.Right.Left.Concat(input.Left.Right.Right), input.Right));
    }

    private static void WriteSurface(SourceProductionContext output, SurfaceSpec? surface)
    {
        if (surface is null or { Properties.Count: 0 })
            return;
        var file = SurfaceWriter.Write(surface);
        output.AddSource(file.HintName, file.Text);
    }
}
