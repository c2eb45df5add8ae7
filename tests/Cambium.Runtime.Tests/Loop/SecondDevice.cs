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

/// <summary>Some seeds of <see cref="SimulationTests"/>.</summary>
public sealed class SimulationOnSecondDeviceTests
{
    public SimulationOnSecondDeviceTests() => TestDevice.UseSecond();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Counts_add_up_and_answers_equal_answers_alone(int seed)
    {
        using var simulation = new Simulation(seed);
        simulation.Run();
    }
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
            int[] prompt = [.. Enumerable.Range(0, 70).Select(static i => i % TinyModel.Vocabulary)];
            var answer = loop.Run(new Request { PromptTokens = prompt, MaxTokens = 50, LogProbabilities = 4 });
            return string.Join(' ', answer.LogProbabilities.Select(static token => BitConverter.SingleToInt32Bits(token.Chosen.LogProbability)));
        }
    }

    [Fact]
    public void A_program_for_the_cpu_is_refused_by_another_device()
    {
        using var model = new TinyModel();
        using var device = new ScatteredDevice(new DeviceOptions { Threads = 1 });
        using var store = device.CreateStore(model.CacheSites, 32, 1);
        var e = Assert.Throws<ArgumentException>(() => model.CreateProgram(device, new ProgramLimits(0, 1, 1), store));
        Assert.Contains("cannot run on 'scattered CPU", e.Message);
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
