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
using Cambium.Compiler.Types;

namespace Cambium.Compiler;

/// <summary>A file for the author's project.</summary>
public sealed record GeneratedFile(string HintName, string Text);

/// <summary>The result of a compilation: files, or the errors that prevent them.</summary>
public sealed record CompilationResult(EquatableArray<GeneratedFile> Files, EquatableArray<CompilerDiagnostic> Diagnostics);

/// <summary>Compiles the description of a class to the files of a model. The same description gives the same bytes on every machine.</summary>
public static class ModelCompiler
{
    private static readonly IReadOnlyList<ITarget> Targets = [new CpuTarget()];

    public static CompilationResult Compile(ModelSpec spec, CancellationToken cancellation = default)
    {
        try
        {
            var (module, diagnostics) = ModelLowering.Lower(spec, cancellation);
            if (module is null)
                return new CompilationResult(EquatableArray<GeneratedFile>.Empty, diagnostics);
            var plan = Plan(spec, PassPipeline.Run(module, (_, _) => cancellation.ThrowIfCancellationRequested()), cancellation);
            return new CompilationResult(
                EquatableArray.Of(
                    new GeneratedFile(FileName(spec, "Program"), HostEmitter.Emit(plan, [.. Targets.Select(target => target.Begin(plan))])),
                    new GeneratedFile(FileName(spec, "Report"), Report.Print(plan))),
                diagnostics);
        }
        catch (UnsupportedGraphException unsupported)
        {
            var origin = unsupported.Origin == Origin.None ? new Origin(spec.Root.TypeName, 0) : unsupported.Origin;
            return Refused(DiagnosticCodes.NotSupported, unsupported.Message, origin);
        }
        catch (LimitExceededException failure)
        {
            return Refused(DiagnosticCodes.TooLarge, failure.Message, new Origin(spec.Root.TypeName, 0));
        }
        catch (OverflowException)
        {
            return Refused(
                DiagnosticCodes.NotSupported,
                $"a size of '{spec.Root.Name}' has a factor that does not fit into 64 bits",
                new Origin(spec.Root.TypeName, 0));
        }
    }

    private static CompilationResult Refused(string code, string message, Origin origin) => new(
        EquatableArray<GeneratedFile>.Empty,
        EquatableArray.Of(new CompilerDiagnostic(code, message, origin.TypeName, origin.Id)));

    /// <summary>Everything that is decided before a target prints.</summary>
    /// <param name="module">The graph after the passes.</param>
    public static ProgramPlan Plan(ModelSpec spec, Module module, CancellationToken cancellation = default) =>
        ProgramPlanner.Build(spec, KernelPipeline.Run(module, (_, _) => cancellation.ThrowIfCancellationRequested()));

    // @ escapes a name that is a keyword of C#; the name of a file must not contain it.
    private static string FileName(ModelSpec spec, string part) => $"{spec.Root.TypeName.Replace("@", "")}.{part}.g.cs";
}
