using Cambium.Compiler.Lowering;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler;

/// <summary>A file of generated C#.</summary>
/// <param name="HintName">Its name, unique in a project.</param>
public sealed record GeneratedFile(string HintName, string Text);

/// <summary>What became of a model: files, or the reasons why there are none.</summary>
public sealed record CompilationResult(EquatableArray<GeneratedFile> Files, EquatableArray<CompilerDiagnostic> Diagnostics);

/// <summary>The compiler's front door.</summary>
public static class ModelCompiler
{
    public static CompilationResult Compile(ModelSpec spec)
    {
        var (_, diagnostics) = ModelLowering.Lower(spec);
        return new CompilationResult(EquatableArray<GeneratedFile>.Empty, diagnostics);
    }
}
