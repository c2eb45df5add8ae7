using System.Runtime.InteropServices;

namespace Cambium.Runtime.Cpu.Threading;

/// <summary>A counter alone in its cache lines, so that threads which spin on it don't slow those that write beside it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedLong
{
    [FieldOffset(128)]
    public long Value;
}
