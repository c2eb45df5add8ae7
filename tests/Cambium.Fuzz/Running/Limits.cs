namespace Cambium.Fuzz.Running;

/// <summary>What one case may take.</summary>
/// <param name="Cpu">Processor time. Not wall time, so that a busy machine does not change the outcome.</param>
/// <param name="Wall">Wall time, for a case that waits for ever.</param>
/// <param name="Bytes">Resident memory of the process.</param>
internal sealed record Limits(TimeSpan Cpu, TimeSpan Wall, long Bytes)
{
    /// <summary>The managed heap may take three quarters, so that a large managed allocation fails as one and is reported with its stack.</summary>
    public long HeapBytes => Bytes / 4 * 3;
}
