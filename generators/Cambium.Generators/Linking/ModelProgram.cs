using Cambium.Compiler;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Spec;
using Cambium.Generators.Diagnostics;
using Cambium.Generators.Writing;

namespace Cambium.Generators.Linking;

/// <summary>The compiler's files for a model, or a stand-in for a model with errors.</summary>
internal sealed record ModelProgram(EquatableArray<GeneratedFile> Files, EquatableArray<CompilerDiagnostic> Diagnostics)
{
    public static ModelProgram Compile(LinkedModel model, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var result = Run(model.Spec, cancellation);
        var foreign = model.Foreign.ToDictionary(static type => type.TypeName, StringComparer.Ordinal);

        // The check of a single class reports its own errors, once for all models.
        var known = new HashSet<UnreadableId>(model.Unreadable);
        if (result.Diagnostics.Count > 0)
        {
            known.UnionWith(model.Spec.Blocks.Prepend(model.Spec.Root).Where(type => !foreign.ContainsKey(type.TypeName))
                .SelectMany(static type => DeclarationChecks.Run(type)).Select(static found => new UnreadableId(found.TypeName, found.Id)));
        }

        var diagnostics = result.Diagnostics
            .Where(found => !known.Contains(new UnreadableId(found.TypeName, found.Id)))
            .SelectMany(found => foreign.TryGetValue(found.TypeName, out var type) ? AtUses(found, type) : [found])
            .ToEquatableArray();

        if (!model.HasErrors && result.Diagnostics.Count == 0 && result.Files.Count > 0)
            return new ModelProgram(model.Surface is null ? EquatableArray<GeneratedFile>.Empty : result.Files, diagnostics);
        return new ModelProgram(
            model.Surface is null
                ? EquatableArray<GeneratedFile>.Empty
                : EquatableArray.Of(UnavailableWriter.Write(model.Surface, model.Spec.Architectures)),
            diagnostics);
    }

    // The project does not contain the source of a referenced block, so its errors are reported at the properties that use it.
    private static IEnumerable<CompilerDiagnostic> AtUses(CompilerDiagnostic found, ForeignClass type) =>
        type.Uses.Select(use =>
            found with { TypeName = use.TypeName, Id = use.Id, Message = $"In the class '{type.Name}' of '{type.Assembly}': {found.Message}" });

    // A bug in the compiler becomes a diagnostic at the model. An exception would take all other generated code with it.
    private static CompilationResult Run(ModelSpec spec, CancellationToken cancellation)
    {
        try
        {
            return ModelCompiler.Compile(spec, cancellation);
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
