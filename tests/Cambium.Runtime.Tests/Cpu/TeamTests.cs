using Cambium.Checkpoints.Memory;
using Cambium.Runtime.Cpu.Threading;
using Cambium.Text.Templates;
using Xunit;

namespace Cambium.Runtime.Tests.Cpu;

public sealed class TeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    public void Each_item_runs_once_with_any_number_of_threads(int threads)
    {
        using var team = new Team(threads);
        for (var phase = 0; phase < 2000; phase++)
        {
            var items = phase % 41;
            var counts = new int[items];
            team.Run(new Count(counts, threads), items);
            Assert.All(counts, static c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void Parked_threads_wake_up()
    {
        using var team = new Team(2);
        for (var round = 0; round < 3; round++)
        {
            var both = new Meeting();
            team.Run(new Meet(both), 2);
            Assert.Equal(2, both.Arrived);
            Thread.Sleep(20);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_exception_of_an_item_reaches_the_caller(int threads)
    {
        using var team = new Team(threads);
        for (var i = 0; i < 20; i++)
        {
            var e = Assert.Throws<InvalidOperationException>(() => team.Run(new Fail(), 30));
            Assert.Equal("item 17", e.Message);
            var counts = new int[5];
            team.Run(new Count(counts, threads), 5);
            Assert.All(counts, static c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void A_nested_phase_runs_on_the_thread_of_its_item()
    {
        using var team = new Team(2);
        var counts = new int[10 * 7];
        team.Run(new Outer(team, counts), 10);
        Assert.All(counts, static c => Assert.Equal(1, c));
    }

    [Fact]
    public void Concurrent_callers_take_turns()
    {
        using var team = new Team(2);
        var counts = new int[4][];
        Parallel.For(0, 4, i =>
        {
            counts[i] = new int[50];
            for (var round = 0; round < 200; round++)
                team.Run(new Count(counts[i], 2), 50);
        });
        Assert.All(counts, static c => Assert.All(c, static n => Assert.Equal(200, n)));
    }

    [Fact]
    public void The_phase_counter_may_overflow()
    {
        using var team = new Team(2);
        team.SetGeneration(int.MaxValue - 3);
        for (var phase = 0; phase < 10; phase++)
        {
            var counts = new int[9];
            team.Run(new Count(counts, 2), 9);
            Assert.All(counts, static c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void Phases_allocate_nothing()
    {
        using var team = new Team(2);
        var work = new Add(new int[8]);
        team.Run(work, 8);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
                team.Run(work, 8);
        }));
    }

    [Fact]
    public unsafe void Scratch_memory_is_aligned_and_grows_per_thread()
    {
        using var team = new Team(2);
        var small = team.Scratch(0, 100);
        Assert.Equal(0, (nint)small % 64);
        // Between guard pages every request has a block of its own.
        Assert.True(GuardPages.AreOn || small == team.Scratch(0, 50));
        Assert.True(team.Scratch(1, 100) != small);
        var large = team.Scratch(0, 1 << 20);
        large[(1 << 20) - 1] = 1;
    }

    private readonly struct Count(int[] counts, int threads) : IWork
    {
        public void Run(int item, int thread)
        {
            Assert.InRange(thread, 0, threads - 1);
            Interlocked.Increment(ref counts[item]);
        }
    }

    private readonly struct Add(int[] counts) : IWork
    {
        public void Run(int item, int thread) => Interlocked.Increment(ref counts[item]);
    }

    private sealed class Meeting
    {
        public int Arrived;
    }

    /// <summary>Each item waits for the other one, so that one thread alone cannot finish.</summary>
    private readonly struct Meet(Meeting meeting) : IWork
    {
        public void Run(int item, int thread)
        {
            Interlocked.Increment(ref meeting.Arrived);
            var spin = default(SpinWait);
            while (Volatile.Read(ref meeting.Arrived) < 2)
                spin.SpinOnce();
        }
    }

    private readonly struct Fail : IWork
    {
        public void Run(int item, int thread)
        {
            if (item == 17)
                throw new InvalidOperationException("item 17");
        }
    }

    private readonly struct Outer(Team team, int[] counts) : IWork
    {
        public void Run(int item, int thread) => team.Run(new Inner(counts, item, thread), 7);
    }

    private readonly struct Inner(int[] counts, int outer, int outerThread) : IWork
    {
        public void Run(int item, int thread)
        {
            Assert.Equal(outerThread, thread);
            Interlocked.Increment(ref counts[(outer * 7) + item]);
        }
    }
}
