using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Emit;
using Cambium.Compiler.Emit.Cpu;
using Cambium.Compiler.Emit.Host;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Plan;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler;

/// <summary>A file for the author's project.</summary>
public sealed record GeneratedFile(string HintName, string Text);

/// <summary>The result of a compilation: files, or the errors that prevent them.</summary>
public sealed record CompilationResult(EquatableArray<GeneratedFile> Files, EquatableArray<CompilerDiagnostic> Diagnostics);

/// <summary>Compiles the description of a class to the files of a model. The same description gives the same bytes on every machine.</summary>
public static class ModelCompiler
{
    private static readonly IReadOnlyList<ITarget> Targets = [new CpuTarget()];

    public static CompilationResult Compile(ModelSpec spec)
    {
        try
        {
            var (module, diagnostics) = ModelLowering.Lower(spec);
            if (module is null)
                return new CompilationResult(EquatableArray<GeneratedFile>.Empty, diagnostics);
            var plan = Plan(spec, PassPipeline.Run(module));
            return new CompilationResult(
                EquatableArray.Of(
                    new GeneratedFile(FileName(spec, "Program"), HostEmitter.Emit(plan, [.. Targets.Select(target => target.Begin(plan))])),
                    new GeneratedFile(FileName(spec, "Report"), Report.Print(plan))),
                diagnostics);
        }
        catch (UnsupportedGraphException unsupported)
        {
            return Refused(unsupported.Message, unsupported.Origin == Origin.None ? new Origin(spec.Root.TypeName, 0) : unsupported.Origin);
        }
        catch (OverflowException)
        {
            return Refused($"a size of '{spec.Root.Name}' has a factor that does not fit into 64 bits", new Origin(spec.Root.TypeName, 0));
        }
    }

    private static CompilationResult Refused(string message, Origin origin) => new(
        EquatableArray<GeneratedFile>.Empty,
        EquatableArray.Of(new CompilerDiagnostic(DiagnosticCatalog.NotSupported, message, origin.TypeName, origin.Id)));

    /// <summary>Everything that is decided before a target prints.</summary>
    /// <param name="module">The graph after the passes.</param>
    public static ProgramPlan Plan(ModelSpec spec, Module module) => ProgramPlanner.Build(spec, KernelPipeline.Run(module));

    // @ escapes a name that is a keyword of C#; the name of a file must not contain it.
    private static string FileName(ModelSpec spec, string part) => $"{spec.Root.TypeName.Replace("@", "")}.{part}.g.cs";
}
