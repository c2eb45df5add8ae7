using Cambium.Runtime.Cache;
using Cambium.Runtime.Cpu;
using Xunit;

namespace Cambium.Runtime.Tests.Loop;

// The tests of the engine that run on the second device in every run. CAMBIUM_ALL_DEVICES=1 runs all tests of the process on it.

/// <inheritdoc/>
public sealed class EngineLoopOnSecondDeviceTests : EngineLoopTests
{
    public EngineLoopOnSecondDeviceTests() => TestDevice.UseSecond();
}

/// <inheritdoc/>
public sealed class SharingOnSecondDeviceTests : SharingNeverChangesABitTests
{
    public SharingOnSecondDeviceTests() => TestDevice.UseSecond();
}

/// <inheritdoc/>
public sealed class TwoEnginesOnSecondDeviceTests : TwoEnginesTests
{
    public TwoEnginesOnSecondDeviceTests() => TestDevice.UseSecond();
}

/// <summary>The second device next to the first.</summary>
public class SecondDeviceTests
{
    private static readonly EngineOptions Small = new() { ChunkSize = 32, PoolTokens = 2048, MaxSequences = 4, MaxRowsPerStep = 20 };

    [Fact]
    public void Both_devices_give_the_same_bits()
    {
        using var model = new TinyModel();
        using var cpu = new CpuDevice(new DeviceOptions { Threads = 2 });
        using var scattered = new ScatteredDevice(new DeviceOptions { Threads = 2 });
        Assert.Equal(Answer(cpu), Answer(scattered));

        string Answer(Device device)
        {
            using var loop = new EngineLoop(model, Small with { Device = device });
            var request = new Request { PromptTokens = Enumerable.Range(0, 70).Select(static i => i % TinyModel.Vocabulary).ToArray(), MaxTokens = 50, LogProbabilities = 4 };
            return string.Join(' ', loop.Run(request).LogProbabilities.Select(static token => BitConverter.SingleToInt32Bits(token.Chosen.LogProbability)));
        }
    }

    [Fact]
    public void A_saved_tree_of_another_device_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "tree");
        using var model = new TinyModel();
        using var cpu = new CpuDevice(new DeviceOptions { Threads = 1 });
        using var scattered = new ScatteredDevice(new DeviceOptions { Threads = 1 });
        using var first = new EngineLoop(model, Small with { Device = cpu });
        first.Run(new Request { PromptTokens = new int[70], MaxTokens = 1 });
        Assert.Equal(2, first.Save(path));
        using var second = new EngineLoop(model, Small with { Device = scattered });
        Assert.Contains("\"scattered ", Assert.Throws<TreeFileException>(() => second.Load(path)).Message);
        Assert.Equal(0, second.Statistics.KvBytesCached);
    }
}
