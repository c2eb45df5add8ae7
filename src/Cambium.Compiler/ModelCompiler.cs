using System.Security.Cryptography;
using System.Text;
using Cambium.Compiler.Collections;
using Cambium.Compiler.Diagnostics;
using Cambium.Compiler.Emit;
using Cambium.Compiler.Emit.Cpu;
using Cambium.Compiler.Graph;
using Cambium.Compiler.Kernels;
using Cambium.Compiler.Lowering;
using Cambium.Compiler.Spec;

namespace Cambium.Compiler;

/// <summary>A file for the author's project.</summary>
public sealed record GeneratedFile(string HintName, string Text);

/// <summary>What a compilation gave: files, or the reasons why there are none.</summary>
public sealed record CompilationResult(EquatableArray<GeneratedFile> Files, EquatableArray<CompilerDiagnostic> Diagnostics);

/// <summary>From what the front end read to the files of a model. The same spec gives the same bytes on every machine.</summary>
public static class ModelCompiler
{
    public static CompilationResult Compile(ModelSpec spec)
    {
        var (module, diagnostics) = ModelLowering.Lower(spec);
        if (module is null)
            return new CompilationResult(EquatableArray<GeneratedFile>.Empty, diagnostics);
        try
        {
            var plan = Plan(PassPipeline.Run(module));
            var names = new ModelNames(plan.Module, MembersOf(spec.Root));
            var hash = Hash(plan.Module);
            var program = ProgramEmitter.Emit(spec, plan, names, WeightLayout.Build(plan.Module, names), hash);
            return new CompilationResult(
                EquatableArray.Of(
                    new GeneratedFile(FileName(spec, "Program"), program),
                    new GeneratedFile(FileName(spec, "Report"), Report.Print(plan, hash))),
                diagnostics);
        }
        catch (UnsupportedGraphException unsupported)
        {
            var origin = unsupported.Origin == Origin.None ? new Origin(spec.Root.TypeName, 0) : unsupported.Origin;
            return new CompilationResult(
                EquatableArray<GeneratedFile>.Empty,
                EquatableArray.Of(new CompilerDiagnostic(DiagnosticCatalog.NotSupported, unsupported.Message, origin.TypeName, origin.Id)));
        }
    }

    private static IEnumerable<string> MembersOf(ClassSpec type) =>
        type.Dims.Select(static dim => dim.Name)
            .Concat(type.Options.Select(static option => option.Name))
            .Concat(type.Weights.Select(static weight => weight.Name))
            .Concat(type.Children.Select(static child => child.Name))
            .Concat(type.Functions.Select(static function => function.Name));

    // A name that C# must escape is written with @, which a file's name cannot have.
    private static string FileName(ModelSpec spec, string part) => $"{spec.Root.TypeName.Replace("@", "")}.{part}.g.cs";

    /// <summary>Kernels and arena of a module that went through the passes.</summary>
    public static MemoryPlan Plan(Module module) => MemoryPlan.Build(KernelBuilder.Build(module));

    /// <summary>Identity of what is computed: part of the key under which keys and values are cached.</summary>
    private static string Hash(KernelModule module)
    {
        var text = new StringBuilder(KernelText.Print(module));
        foreach (var weight in module.Module.Weights)
            text.Append(GraphPrinter.Print(weight)).Append('\n').Append(weight.IsComputed ? GraphPrinter.Print(module.Module[weight.Name]) : "");
        foreach (var dim in module.Module.Dims)
            text.Append(GraphPrinter.Print(dim)).Append('\n');
        foreach (var option in module.Module.Options)
            text.Append(GraphPrinter.Print(option)).Append('\n');
        using var sha = SHA256.Create();
        return string.Concat(sha.ComputeHash(Encoding.UTF8.GetBytes(text.ToString())).Select(static value => value.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
