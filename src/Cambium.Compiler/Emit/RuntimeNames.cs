namespace Cambium.Compiler.Emit;

/// <summary>Names of the runtime's types as generated code writes them. No other file of the emitters contains a namespace of the runtime.</summary>
internal static class RuntimeNames
{
    /// <summary>Version of the runtime's API that generated code calls; raise it with every change that breaks code generated before.</summary>
    public const int Contract = 5;

    // The contract between a generated model and the engine.
    public const string CompiledModel = "global::Cambium.Runtime.CompiledModel";
    public const string ModelDefinition = "global::Cambium.Runtime.ModelDefinition";
    public const string EntryPoint = "global::Cambium.Runtime.EntryPoint";
    public const string ResultRows = "global::Cambium.Runtime.ResultRows";
    public const string Device = "global::Cambium.Runtime.Device";
    public const string DeviceOptions = "global::Cambium.Runtime.DeviceOptions";
    public const string ModelProgram = "global::Cambium.Runtime.ModelProgram";
    public const string ProgramLimits = "global::Cambium.Runtime.ProgramLimits";
    public const string ChunkStore = "global::Cambium.Runtime.Chunks.ChunkStore";

    // Reading a checkpoint.
    public const string BindingType = "global::Cambium.Runtime.Loading.Binding";
    public const string CheckpointReader = "global::Cambium.Runtime.Loading.CheckpointReader";
    public const string CheckpointException = "global::Cambium.Checkpoints.CheckpointException";
    public const string GgufArchitecture = "global::Cambium.Checkpoints.GgufArchitecture";
    public const string LoadOptions = "global::Cambium.Runtime.Loading.LoadOptions";
    public const string ModelConfig = "global::Cambium.Checkpoints.ModelConfig";
    public const string RotaryTable = "global::Cambium.Runtime.Positions.RotaryTable";
    public const string Parameter = "global::Cambium.Runtime.Cpu.Parameter";
    public const string NativeBuffer = "global::Cambium.Runtime.Memory.NativeBuffer";

    /// <summary>The namespace of the CPU kernels; generated code calls it <see cref="Cpu"/>.</summary>
    public const string CpuNamespace = "global::Cambium.Runtime.Cpu";

    // Aliases that generated code declares.
    public const string Cpu = "Cpu";
    public const string Binding = "CheckpointBinding";

    // Types of the CPU target, under its alias.
    public const string Step = Cpu + ".Step";
    public const string CpuDevice = Cpu + ".CpuDevice";
    public const string CpuProgram = Cpu + ".CpuProgram";
    public const string PackedWeights = Cpu + ".PackedWeights";
    public const string WeightSegment = Cpu + ".WeightSegment";
}
