using Cambium.Runtime.Cpu;
using Cambium.Runtime.Cpu.Threading;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed class CpuDeviceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_disposed_device_starts_no_threads(int threads)
    {
        using var model = new TinyModel();
        var device = new CpuDevice(new DeviceOptions { Threads = threads });
        using var store = device.CreateStore(model.CacheSites, 32, 1);
        using var program = device.Open(model, new ProgramLimits(0, 1, 1), store);
        device.Dispose();
        device.Dispose();
        var e = Assert.Throws<ObjectDisposedException>(() => device.RunOnHost(new Work(static () => { }), 1, 8));
        Assert.Contains("has been disposed", e.Message);
        Assert.Throws<ObjectDisposedException>(() => device.Open(model, new ProgramLimits(0, 1, 1), store));
        program.Launch();
        Assert.Throws<ObjectDisposedException>(program.Await);
    }

    [Fact]
    public async Task Disposing_a_device_waits_for_running_work()
    {
        var device = new CpuDevice(new DeviceOptions { Threads = 1 });
        using var started = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var running = Task.Run(() => device.RunOnHost(
            new Work(() =>
            {
                started.Set();
                go.Wait();
            }),
            1,
            8));
        started.Wait();
        var disposing = Task.Run(device.Dispose);
        Assert.NotSame(disposing, await Task.WhenAny(disposing, Task.Delay(50)));
        go.Set();
        await running;
        await disposing;
    }

    [Fact]
    public void A_device_cannot_be_disposed_by_its_own_work()
    {
        using var device = new CpuDevice(new DeviceOptions { Threads = 1 });
        Assert.Throws<InvalidOperationException>(() => device.RunOnHost(new Work(device.Dispose), 1, 8));
        device.RunOnHost(new Work(static () => { }), 1, 8);
    }

    [Fact]
    public unsafe void A_disposed_team_gives_no_scratch_memory()
    {
        var team = new Team(1);
        team.Scratch(0, 8);
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { team.Scratch(0, 8); });
        Assert.Throws<ObjectDisposedException>(() => { team.SharedScratch(8); });
    }

    private sealed class Work(Action act) : IHostWork
    {
        public void Run(int item, Span<byte> scratch) => act();
    }
}
