using Cambium.Runtime.Tests.Kernels;

namespace Cambium.Runtime.Tests.Cpu;

public sealed class CpuMatmulTests : MatmulSuite<CpuBackend>;

public sealed class CpuGatherTests : GatherSuite<CpuBackend>;

public sealed class CpuAttendTests : AttendSuite<CpuBackend>;

public sealed class CpuRecordedAttentionTests : RecordedAttentionSuite<CpuBackend>;

public sealed class CpuFunctionTests : FunctionSuite<CpuBackend>;

public sealed class CpuRotaryTests : RotarySuite<CpuBackend>;
