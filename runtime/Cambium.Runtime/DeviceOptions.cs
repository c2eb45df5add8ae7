namespace Cambium.Runtime;

/// <summary>How a device is opened.</summary>
public sealed record DeviceOptions
{
    /// <summary>Threads of the kernels, where they run on the host; 0 means one for every processor.</summary>
    public int Threads { get; init; }
}
