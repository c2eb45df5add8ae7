using Cambium.Runtime;
using Cambium.Runtime.Cpu;

namespace Cambium.TestKit;

/// <summary>
/// Chooses the default device of test models. Test classes that run on the second device as well have a derived class that calls
/// <see cref="UseSecond"/> in its constructor. With the environment variable
/// <c>CAMBIUM_ALL_DEVICES=1</c> every test of the process runs on the second device.
/// </summary>
public static class TestDevice
{
    private static readonly bool s_all = Environment.GetEnvironmentVariable("CAMBIUM_ALL_DEVICES") == "1";

    // Follows a test through its tasks; other tests run at the same time.
    private static readonly AsyncLocal<bool> s_isSecond = new();

    /// <summary>Whether the default device is the second one.</summary>
    public static bool IsSecond => s_all || s_isSecond.Value;

    /// <summary>From now on this test runs on the second device.</summary>
    public static void UseSecond() => s_isSecond.Value = true;

    /// <summary>Opens the chosen device.</summary>
    public static Device Open(DeviceOptions options) => IsSecond ? new ScatteredDevice(options) : new CpuDevice(options);
}
