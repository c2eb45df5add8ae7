using Cambium.Runtime;
using Cambium.Runtime.Cpu;

namespace Cambium.TestKit;

/// <summary>
/// The base of hand-written models in tests. Their default device is the one that <see cref="TestDevice"/> chooses, so that a test runs on both
/// without a change.
/// </summary>
public abstract class TestModel : CpuModel
{
    public override Device OpenDefaultDevice(DeviceOptions options) => TestDevice.Open(options);
}
