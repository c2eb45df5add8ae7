namespace Cambium.Structure.Tests;

/// <summary>The layers of the repository, lowest first. A new folder needs a line here.</summary>
internal static class Layers
{
    public static Layering CompilerAndGenerator { get; } = new(
        ["src/Polyfills", "src/Cambium.Compiler", "generators/Cambium.Generators", "generators/Cambium.CodeFixes"],
        [
            "src/Polyfills",
            "src/Cambium.Compiler/Collections",
            "src/Cambium.Compiler/Types",
            "src/Cambium.Compiler/Ops",
            "src/Cambium.Compiler/Spec",
            "src/Cambium.Compiler/Spec/Serialization",
            "src/Cambium.Compiler/Diagnostics",
            "src/Cambium.Compiler/Graph",
            "src/Cambium.Compiler/Lowering",
            "src/Cambium.Compiler/Passes",
            "src/Cambium.Compiler/Kernels",
            "src/Cambium.Compiler/Plan",
            "src/Cambium.Compiler/Emit",
            "src/Cambium.Compiler/Emit/Host",
            "src/Cambium.Compiler/Emit/Cpu",
            "src/Cambium.Compiler",
            "generators/Cambium.Generators/Diagnostics",
            "generators/Cambium.Generators/Reading",
            "generators/Cambium.Generators/Writing",
            "generators/Cambium.Generators/Linking",
            "generators/Cambium.Generators/Reporting",
            "generators/Cambium.Generators",
            "generators/Cambium.CodeFixes",
        ]);

    public static Layering Runtime { get; } = new(
        [
            "runtime/Cambium.Checkpoints", "runtime/Cambium.Text", "runtime/Cambium.Constraints", "runtime/Cambium.Runtime",
            "runtime/Cambium.Runtime.Cpu", "runtime/Cambium.Engine",
        ],
        [
            "runtime/Cambium.Checkpoints/Memory",
            "runtime/Cambium.Checkpoints/Blocks",
            "runtime/Cambium.Checkpoints/Storage",
            "runtime/Cambium.Checkpoints/Safetensors",
            "runtime/Cambium.Checkpoints/Gguf",
            "runtime/Cambium.Checkpoints/Configuration",
            "runtime/Cambium.Checkpoints/Sources",
            "runtime/Cambium.Text/Unicode",
            "runtime/Cambium.Text/Files",
            "runtime/Cambium.Text/Patterns",
            "runtime/Cambium.Text/Vocabularies",
            "runtime/Cambium.Text/Normalization",
            "runtime/Cambium.Text/PreTokenization",
            "runtime/Cambium.Text/Models",
            "runtime/Cambium.Text/PostProcessing",
            "runtime/Cambium.Text/Decoding",
            "runtime/Cambium.Text",
            "runtime/Cambium.Text/Templates",
            "runtime/Cambium.Constraints/Grammars",
            "runtime/Cambium.Constraints/Regex",
            "runtime/Cambium.Constraints/Json",
            "runtime/Cambium.Constraints/Automaton",
            "runtime/Cambium.Constraints",
            "runtime/Cambium.Runtime/Memory",
            "runtime/Cambium.Runtime/Chunks",
            "runtime/Cambium.Runtime/Positions",
            "runtime/Cambium.Runtime/Steps",
            "runtime/Cambium.Runtime/Loading",
            "runtime/Cambium.Runtime",
            "runtime/Cambium.Runtime/Prefixes",
            "runtime/Cambium.Runtime.Cpu/Threading",
            "runtime/Cambium.Runtime.Cpu",
            "runtime/Cambium.Engine/Options",
            "runtime/Cambium.Engine/Sampling",
            "runtime/Cambium.Engine/Cache",
            "runtime/Cambium.Engine/Scheduling",
            "runtime/Cambium.Engine/Prefixes",
            "runtime/Cambium.Engine/Requests",
            "runtime/Cambium.Engine/Telemetry",
            "runtime/Cambium.Engine/Conversations",
            "runtime/Cambium.Engine/WholeSequences",
            "runtime/Cambium.Engine/Loop",
            "runtime/Cambium.Engine/Hosting",
            "runtime/Cambium.Engine",
        ]);

    public static Layering Tool { get; } = new(
        ["src/Cambium.Cli"],
        [
            "src/Cambium.Cli",
            "src/Cambium.Cli/Measuring",
            "src/Cambium.Cli/Answers",
            "src/Cambium.Cli/Chats",
            "src/Cambium.Cli/Texts",
            "src/Cambium.Cli/Sequences",
            "src/Cambium.Cli/Commands",
            "src/Cambium.Cli/Tool.cs",
            "src/Cambium.Cli/Program.cs",
        ])
    {
        Assembly = "Cambium.Cli",
        UsesBuiltLibraries = true,
    };
}
