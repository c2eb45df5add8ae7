namespace Cambium.Compiler.Emit;

/// <summary>Names of the runtime's types as generated code writes them. No other file of the emitters contains a namespace of the runtime.</summary>
public static class RuntimeNames
{
    /// <summary>Version of the runtime's API that generated code calls; raise it with every change that breaks code generated before.</summary>
    public const int Contract = 6;

    // Generated code writes `Runtime::Device` and not `Device`: an author can have a type, a namespace or a member with any of these names, in the
    // same namespace or in the class, and C# looks up the name before :: among aliases only.
    private const string Runtime = "Runtime::";
    private const string Loading = "Loading::";
    private const string Checkpoints = "Checkpoints::";

    /// <summary>The namespace of the CPU kernels.</summary>
    public const string Cpu = "Cpu::";

    /// <summary>The namespace of lists.</summary>
    public const string Collections = "Collections::";

    // The contract between a generated model and the engine.
    public const string CompiledModel = Runtime + "CompiledModel";
    public const string ModelDefinition = Runtime + "ModelDefinition";
    public const string EntryPoint = Runtime + "EntryPoint";
    public const string ResultRows = Runtime + "ResultRows";
    public const string Device = Runtime + "Device";
    public const string DeviceOptions = Runtime + "DeviceOptions";
    public const string ModelProgram = Runtime + "ModelProgram";
    public const string AttentionProduct = Runtime + "AttentionProduct";
    public const string ProgramLimits = Runtime + "ProgramLimits";
    public const string ChunkStore = Runtime + "Chunks.ChunkStore";

    // Reading a checkpoint.
    public const string Binding = Loading + "Binding";
    public const string CheckpointReader = Loading + "CheckpointReader";
    public const string LoadOptions = Loading + "LoadOptions";
    public const string CheckpointException = Checkpoints + "CheckpointException";
    public const string GgufArchitecture = Checkpoints + "GgufArchitecture";
    public const string ModelConfig = Checkpoints + "ModelConfig";
    public const string RotaryTable = Runtime + "Positions.RotaryTable";
    public const string NativeBuffer = Runtime + "Memory.NativeBuffer";

    // Types of the CPU target.
    public const string Step = Cpu + "Step";
    public const string CpuDevice = Cpu + "CpuDevice";
    public const string CpuProgram = Cpu + "CpuProgram";
    public const string PackedWeights = Cpu + "PackedWeights";
    public const string WeightSegment = Cpu + "WeightSegment";
    public const string Parameter = Cpu + "Parameter";

    // Types of the base class library, which generated code writes rarely.
    public const string Disposable = "global::System.IDisposable";
    public const string Span = "global::System.Span";

    /// <summary>Prints the aliases. Inside of a namespace they cannot repeat an alias that the author declares for the whole project.</summary>
    public static void Aliases(CodeWriter writer)
    {
        Alias(Checkpoints, "Cambium.Checkpoints");
        Alias(Collections, "System.Collections.Generic");
        Alias(Cpu, "Cambium.Runtime.Cpu");
        Alias(Loading, "Cambium.Runtime.Loading");
        Alias(Runtime, "Cambium.Runtime");
        writer.Line();

        void Alias(string name, string space) => writer.Line($"using {name.TrimEnd(':')} = global::{space};");
    }
}
