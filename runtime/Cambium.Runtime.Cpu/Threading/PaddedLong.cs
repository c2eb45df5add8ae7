using System.Runtime.InteropServices;

namespace Cambium.Runtime.Cpu.Threading;

/// <summary>A counter alone in its cache lines, so that threads that spin on it do not slow down writers of neighbouring data.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedLong
{
    [FieldOffset(128)]
    public long Value;
}
