using Cambium.Compiler;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Writing;

namespace Cambium.Generators.Linking;

/// <summary>What the compiler made of a model: its files, or a stand-in that says why there are none.</summary>
internal sealed record ModelProgram(EquatableArray<GeneratedFile> Files, EquatableArray<CompilerDiagnostic> Mistakes)
{
    public static ModelProgram Compile(LinkedModel model, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var result = Run(model.Spec);
        var foreign = model.Foreign.ToDictionary(static type => type.TypeName, StringComparer.Ordinal);

        // What a class shows by itself its own check reports, once for all models.
        var known = new HashSet<UnreadableId>(model.Unreadable);
        if (result.Diagnostics.Count > 0)
        {
            known.UnionWith(model.Spec.Blocks.Prepend(model.Spec.Root).Where(type => !foreign.ContainsKey(type.TypeName))
                .SelectMany(static type => DeclarationChecks.Run(type)).Select(static mistake => new UnreadableId(mistake.TypeName, mistake.Id)));
        }

        var mistakes = result.Diagnostics
            .Where(mistake => !known.Contains(new UnreadableId(mistake.TypeName, mistake.Id)))
            .SelectMany(mistake => foreign.TryGetValue(mistake.TypeName, out var type) ? AtUses(mistake, type) : [mistake])
            .ToEquatableArray();

        if (!model.HasMistakes && result.Diagnostics.Count == 0 && result.Files.Count > 0)
            return new ModelProgram(model.Surface is null ? EquatableArray<GeneratedFile>.Empty : result.Files, mistakes);
        return new ModelProgram(
            model.Surface is null ? EquatableArray<GeneratedFile>.Empty : EquatableArray.Of(UnavailableWriter.Write(model.Surface, model.Spec.Architectures)),
            mistakes);
    }

    // The author has no text of the block; what there is of it are the properties that use it.
    private static IEnumerable<CompilerDiagnostic> AtUses(CompilerDiagnostic mistake, ForeignClass type) =>
        type.Uses.Select(use => mistake with { TypeName = use.TypeName, Id = use.Id, Message = $"In the block '{type.Name}' of '{type.Assembly}': {mistake.Message}" });

    // A mistake in the compiler is a diagnostic at the model, never a crash that takes all other generated code with it.
    private static CompilationResult Run(ModelSpec spec)
    {
        try
        {
            return ModelCompiler.Compile(spec);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            var message = $"{spec.Root.Name}\n{failure.GetType().Name}: {failure.Message}";
            return new CompilationResult(
                EquatableArray<GeneratedFile>.Empty,
                EquatableArray.Of(new CompilerDiagnostic(Descriptors.Internal.Id, message, spec.Root.TypeName, 0)));
        }
    }
}
